"""partial().expand() and mapped task groups: what the DagSpec says of them, and what is refused."""

import json

import pytest

HEAD = """
from datetime import datetime
from airflow.sdk import DAG, task_group, TaskGroup
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
"""


def spec_of(one_dag, body):
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    return one_dag(f"{HEAD}\nwith DAG('d'):\n{lines}")


def tasks_of(one_dag, body):
    return {task["task_id"]: task for task in spec_of(one_dag, body)["tasks"]}


def test_literals_are_data_in_the_files_order(one_dag):
    task = tasks_of(one_dag, """
BashOperator.partial(task_id="t", retries=2, append_env=True, map_index_template="{{ ti.map_index }}").expand(
    bash_command=["echo b", "echo a"], env={"Z": "1", "A": "2"})
""")["t"]
    assert task["expand"] == {"arguments": [
        {"name": "bash_command", "source": {"literal_json": '["echo b","echo a"]'}},
        {"name": "env", "source": {"literal_json": '{"Z":"1","A":"2"}'}}]}
    assert task["bash"] == {"append_env": True}
    assert (task["operator_name"], task["retries"], task["map_index_template"]) == \
        ("BashOperator", 2, "{{ ti.map_index }}")


def test_a_tasks_result_makes_the_edge(one_dag):
    tasks = tasks_of(one_dag, """
lines = BashOperator(task_id="lines", bash_command="echo '[1, 2]'")
BashOperator.partial(task_id="each", bash_command="echo $X").expand(env=lines.output)
BashOperator.partial(task_id="kwargs").expand_kwargs(lines.output)
BashOperator.partial(task_id="fit").expand(bash_command=lines.output.map(str).zip(["a"], fillvalue="-").concat(["c"]))
""")
    assert tasks["lines"]["downstream_task_ids"] == ["each", "fit", "kwargs"]
    lines = {"xcom": {"task_id": "lines"}}
    assert tasks["each"]["expand"] == {"arguments": [{"name": "env", "source": lines}]}
    assert tasks["each"]["bash"] == {"command": "echo $X", "as_is": ["env"]}
    assert tasks["kwargs"]["expand"] == {"kwargs": lines}
    assert tasks["fit"]["expand"]["arguments"][0]["source"] == {"concat": {"sources": [
        {"zip": {"sources": [{"map": {"source": lines, "function": "str"}}, {"literal_json": '["a"]'}],
                 "has_fill": True, "fill_json": '"-"'}},
        {"literal_json": '["c"]'}]}}


def test_expand_kwargs_over_a_list(one_dag):
    task = tasks_of(one_dag, """
BashOperator.partial(task_id="t", cwd="/tmp").expand_kwargs([
    {"bash_command": "echo {{ prev_start_date_success }}", "env": {"A": "1"}}, {"bash_command": "exit 3",
     "skip_on_exit_code": [3]}])
""")["t"]
    assert json.loads(task["expand"]["kwargs"]["literal_json"])[1] == \
        {"bash_command": "exit 3", "skip_on_exit_code": [3]}
    assert task["bash"] == {"cwd": "/tmp", "templated": True, "needs_previous_success": True}


@pytest.mark.parametrize("call, templated", [
    ('partial(task_id="t").expand(bash_command=["echo 1", "echo {{ ds }}"])', True),
    ('partial(task_id="t").expand(bash_command=["echo 1", "x.sh"])', True),
    ('partial(task_id="t", cwd="/{{ ds }}").expand(bash_command=["echo 1"])', True),
    ('partial(task_id="t", bash_command="true").expand(env=[{"A": "{{ ds }}"}])', True),
    ('partial(task_id="t").expand_kwargs([{"bash_command": "x", "cwd": "/{{ ds }}"}])', True),
    ('partial(task_id="t", bash_command="true").expand(env=[{"A": "1"}])', False)])
def test_a_literal_may_be_a_template(one_dag, call, templated):
    assert tasks_of(one_dag, f"BashOperator.{call}")["t"]["bash"].get("templated", False) is templated


def test_default_args_reach_what_is_shared(one_dag):
    spec = one_dag(HEAD + """
with DAG("d", default_args={"cwd": "/srv", "retries": 3, "env": {"A": "1"}}):
    BashOperator.partial(task_id="t", bash_command="true").expand(env=[{"B": "1"}, {"B": "2"}])
""")
    assert spec["tasks"][0]["retries"] == 3
    assert spec["tasks"][0]["bash"] == {"command": "true", "cwd": "/srv"}


def test_a_mapped_group_and_what_its_tasks_have_of_it(one_dag):
    spec = spec_of(one_dag, """
names = BashOperator(task_id="names", bash_command="echo '[1]'")
@task_group(tooltip="each of them")
def each(name, n):
    first = BashOperator(task_id="first", bash_command=name)
    with TaskGroup("inner"):
        second = BashOperator(task_id="second", bash_command="echo $N $FIRST", env={"N": n, "FIRST": first.output})
    first >> second
    return second
each.partial(n=7).expand(name=names.output) >> EmptyOperator(task_id="after")
with TaskGroup("plain"):
    EmptyOperator(task_id="in_it")
""")
    source = {"xcom": {"task_id": "names"}}
    assert spec["task_groups"] == [
        {"group_id": "each", "expand": {"arguments": [{"name": "name", "source": source}]}, "tooltip": "each of them"},
        {"group_id": "each.inner", "parent_group_id": "each"}, {"group_id": "plain"}]
    tasks = {task["task_id"]: task for task in spec["tasks"]}
    assert tasks["names"]["downstream_task_ids"] == ["each.first"]
    assert tasks["each.first"]["task_group_id"] == "each"
    assert json.loads(tasks["each.first"]["arguments_json"]) == {
        "bash_command": {"__type": "group_argument", "__var": {"group_id": "each", "name": "name"}}}
    assert json.loads(tasks["each.inner.second"]["arguments_json"]) == {
        "env": {"N": 7, "FIRST": {"__type": "xcomref", "__var": {"task_id": "each.first", "key": "return_value"}}}}
    assert tasks["each.inner.second"]["bash"] == {"command": "echo $N $FIRST", "as_is": ["env.FIRST"]}
    assert tasks["each.inner.second"]["downstream_task_ids"] == ["after"]


def test_a_group_over_literals_and_kwargs(one_dag):
    spec = spec_of(one_dag, """
@task_group
def pair(a, b="x"):
    BashOperator(task_id="t", bash_command="echo $A", env={"A": a, "B": b})
pair.expand(a=[1, 2], b=["u", "v"])
pair.expand_kwargs([{"a": 1}, {"a": 2, "b": "w"}])
""")
    assert [group["group_id"] for group in spec["task_groups"]] == ["pair", "pair__1"]
    assert spec["task_groups"][1]["expand"] == {"kwargs": {"literal_json": '[{"a":1},{"a":2,"b":"w"}]'}}
    assert json.loads(spec["tasks"][1]["arguments_json"])["env"]["B"]["__var"] == {"group_id": "pair__1", "name": "b"}


@pytest.mark.parametrize("line, complaint", [
    ('partial(task_id="t").expand()', "no arguments to expand against"),
    ('partial(task_id="t").expand(bash_command="echo")', "unexpected type 'str' for keyword argument bash_command"),
    ('partial(task_id="t").expand(bash_command=3)', "unexpected type 'int' for keyword argument bash_command"),
    ('partial(task_id="t").expand(command=["x"])',
     "BashOperator.expand() got an unexpected keyword argument 'command'"),
    ('partial(task_id="t", wrong=1)', "BashOperator.partial() got an unexpected keyword argument 'wrong'"),
    ('partial(task_id="t", cwd="/").expand(cwd=["/a"])',
     "unmappable or already specified argument: cwd (partial() gives it, too)"),
    ('partial(task_id="t").expand(retries=[1, 2])',
     "argument: retries (it is the same for all instances: give it in partial())"),
    ('partial(bash_command="x").expand(env=[{}])', "BashOperator.partial() wants a task_id"),
    ('partial(task_id="t").expand_kwargs("x")', "wants a list of dicts or what a task returns, not str"),
    ('partial(task_id="t").expand_kwargs([{"bash_command": "x"}, 3])', "not int at 1"),
    ('partial(task_id="t").expand_kwargs([{3: "x"}])', "must be strings, and 3 at 0 is none"),
    ('partial(task_id="t").expand_kwargs([{"pool": "x"}])', "unmappable or already specified argument: pool"),
    ('partial(task_id="t").expand_kwargs([{"worng": "x"}])', "unexpected keyword argument 'worng'")])
def test_refusals_name_file_and_line(error_of, line, complaint):
    error = error_of(f"{HEAD}\nwith DAG('d'):\n    BashOperator.{line}\n")
    assert complaint in error.splitlines()[-1], error
    assert 'some_dag.py", line 8, in <module>' in error


@pytest.mark.parametrize("body, complaint", [
    ('BashOperator.partial(task_id="t").expand(env=[{}])', "task 't': bash_command is empty"),
    ('BashOperator.partial(task_id="t").expand(bash_command=[object()])', "expand(bash_command=) must be JSON: object"),
    ('BashOperator.partial(task_id="t").expand(bash_command=BashOperator(task_id="a", bash_command="x").output["k"])',
     "only what a task returns can be mapped over, not its key 'k'"),
    ('list(BashOperator(task_id="a", bash_command="x").output)', "use .expand()"),
    ('@task_group\ndef g(x):\n    BashOperator.partial(task_id="t").expand(bash_command=["a"])\ng.expand(x=[1])',
     "task 'g.t' is in the mapped task group 'g', and cannot be mapped itself"),
    ('@task_group\ndef g(x):\n    BashOperator(task_id="t", bash_command=f"echo {x}")\ng.expand(x=[1])',
     "'x' of the mapped task group 'g' is another value in each of its instances"),
    ('@task_group\ndef g(x):\n    BashOperator(task_id="t", bash_command="x", trigger_rule="always")\n'
     'g.expand(x=BashOperator(task_id="a", bash_command="x").output)', "its trigger rule cannot be 'always'"),
    ('a = BashOperator(task_id="a", bash_command="x")\n'
     'BashOperator.partial(task_id="t", trigger_rule="always").expand(bash_command=a.output)',
     "task 't' is mapped over what a task returns, so its trigger rule cannot be 'always'"),
    ('@task_group\ndef g(x): pass\ng.expand()', "g.expand() got no arguments to expand against"),
    ('@task_group\ndef g(x): pass\ng.expand(y=[1])', "g.expand() got an unexpected keyword argument 'y'"),
    ('@task_group\ndef g(x): pass\ng.partial(x=1).expand(x=[1])', "argument 'x' is given by partial() already")])
def test_what_cannot_be_mapped_is_said(error_of, body, complaint):
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    assert complaint in error_of(f"{HEAD}\nwith DAG('d'):\n{lines}")


def test_what_tasks_returned_is_no_template(one_dag):
    tasks = tasks_of(one_dag, """
a = BashOperator(task_id="a", bash_command="x")
BashOperator.partial(task_id="one", cwd="/{{ ds }}").expand(bash_command=a.output, env=[{"A": "{{ ds }}"}])
BashOperator.partial(task_id="all").expand_kwargs(a.output)
@task_group
def g(x):
    BashOperator(task_id="t", bash_command=x, env={"A": "{{ ds }}", "B": a.output})
g.expand(x=["{{ no template }}"])
""")
    assert tasks["one"]["bash"] == {"cwd": "/{{ ds }}", "templated": True, "as_is": ["bash_command"]}
    assert tasks["all"]["bash"] == {"as_is": ["bash_command", "cwd", "env"]}
    assert tasks["g.t"]["bash"] == {"as_is": ["bash_command", "env.B"], "templated": True}


@pytest.mark.parametrize("processor, known", [
    ("json.loads", True), ("lambda line: json.loads(line)", True), ("lambda line: json.loads(line)['x']", False),
    ("lambda line: json.dumps(line)", False), ("str", False)])
def test_an_output_that_is_json(parse, processor, known):
    specs, error, warnings = parse(
        f"import json\n{HEAD}\nwith DAG('d'):\n"
        f"    BashOperator(task_id='t', bash_command='echo', output_processor={processor})\n")
    assert (error, warnings) == ("", [])
    task = specs[0]["tasks"][0]
    assert task["bash"]["output_json"] is True if known else "python" in task


@pytest.mark.parametrize("call, kind", [
    ('(task_id="t", bash_command="x", env={"A": BashOperator(task_id="a", bash_command="x").output})', "python"),
    ('(task_id="t", bash_command="echo {{ ti.xcom_pull(task_ids=\'a\') }}")', "python"),
    ('(task_id="t", bash_command="true", env={"A": "{{ var.value.x }}"})', "python"),
    ('(task_id="t", bash_command="true", cwd="{% if conn.db.host %}/{% endif %}")', "python"),
    ('.partial(task_id="t").expand(bash_command=["{{ conn[\'x\'].host }}"])', "python"),
    ('.partial(task_id="t", bash_command="x", on_failure_callback=print).expand(env=[{}])', "python"),
    ('(task_id="t", bash_command="ls var.txt; echo {{ ds }} conn.py")', "bash"),
    ('(task_id="t", bash_command="xcom_pull")', "bash")])
def test_a_bash_task_that_asks_for_results_or_secrets_has_a_python_process(one_dag, call, kind):
    assert kind in tasks_of(one_dag, f"BashOperator{call}")["t"]


def test_a_class_that_makes_its_command_itself_has_a_python_process(one_dag):
    task = tasks_of(one_dag, """
class Own(BashOperator):
    def __init__(self, n, **kwargs): super().__init__(bash_command=f"echo {n}", **kwargs)
Own.partial(task_id="t").expand(n=[1, b"2"])""")["t"]
    assert task["python"]["operator_class"] == ":Own"
    assert task["expand"]["arguments"][0]["source"]["literal_json"] == \
        '[1,{"__type":"object","__var":"builtins:bytes"}]'


def test_a_partial_that_is_never_mapped_is_said(parse):
    specs, error, warnings = parse(f"{HEAD}\nwith DAG('d'):\n    BashOperator.partial(task_id='t', bash_command='x')\n")
    assert (specs[0]["tasks"], error) == ([], "")
    assert warnings == ["BashOperator.partial(task_id='t') was never mapped: it makes no task"]
