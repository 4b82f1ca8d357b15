"""@task and its kin, mapped tasks and groups: what they become in the DagSpec, and what is refused."""

import pytest

HEAD = """
    from airflow.sdk import DAG, Label, chain, dag, setup, task, task_group, teardown
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.providers.standard.operators.python import PythonOperator
    """


def in_dag(body):
    return HEAD + "\n    with DAG('d'):\n" + "\n".join(f"        {line}" for line in body.strip().splitlines())


@pytest.fixture
def tasks(one_dag):
    """The TaskSpecs of a DAG's body, by task_id."""
    return lambda body: {each["task_id"]: each for each in one_dag(in_dag(body))["tasks"]}


def edges(specs):
    return {(before, after) for before, spec in specs.items() for after in spec.get("downstream_task_ids", ())}


def test_a_result_as_an_argument_is_an_edge(tasks):
    found = tasks("""
@task
def make(): return 1
@task
def take(x, y=None): pass
take(make(), y=[make()["key"], {"z": make()}])
""")
    assert edges(found) == {("make", "take"), ("make__1", "take"), ("make__2", "take")}
    assert found["make"]["operator_name"] == "@task"
    assert found["make"]["python"] == {"operator_class": "gale.taskflow:_DecoratedPython", "callable": ":make",
                                       "template_fields": ["templates_dict", "op_args", "op_kwargs"]}


def test_decorators_of_all_kinds(tasks):
    found = tasks("""
for name in ("branch", "short_circuit", "sensor", "bash", "virtualenv", "branch_virtualenv"):
    @getattr(task, name)(task_id=name)
    def f(): return ""
    f()
@task.external_python(python="/usr/bin/python3")
def external(): pass
external()
@task.run_if(lambda context: False)
@task(retries=2)
def maybe(): pass
maybe()
""")
    assert [each["operator_name"] for each in found.values()] == [
        "@task.branch", "@task.short_circuit", "@task.sensor", "@task.bash", "@task.virtualenv",
        "@task.branch_virtualenv", "@task.external_python", "@task"]
    assert found["sensor"]["python"]["is_sensor"] is True
    assert found["maybe"]["retries"] == 2
    assert "python" in found["bash"]  # its command is known once the function has run


def test_hints_tell_multiple_outputs(tasks):
    found = tasks("""
@task
def one() -> dict[str, int]: return {}
@task
def two() -> int: return 1
@task(multiple_outputs=True)
def three(): return {}
one(), two(), three()
""")
    assert [each["python"].get("multiple_outputs", False) for each in found.values()] == [True, False, True]


def test_mapping_is_what_the_spec_has_for_it(tasks):
    found = tasks("""
@task
def xs(): return [1]
@task
def add(x, y): return x + y
made = xs()
add.partial(y=10).expand(x=made)
add.expand(x=[1, 2], y={"a": 1})
add.expand_kwargs([{"x": 1, "y": 2}])
add.partial(y=0).expand(x=made.map(lambda v: v).zip([5], fillvalue=None))
add.partial(y=0).expand(x=made.concat([1]))
BashOperator.partial(task_id="b", env={"A": "1"}).expand(bash_command=["true", "false"])
""")
    assert found["add"]["expand"] == {"arguments": [{"name": "x", "source": {"xcom": {"task_id": "xs"}}}]}
    assert found["add__1"]["expand"] == {"arguments": [
        {"name": "x", "source": {"literal_json": "[1,2]"}}, {"name": "y", "source": {"literal_json": '{"a":1}'}}]}
    assert found["add__2"]["expand"] == {"kwargs": {"literal_json": '[{"x":1,"y":2}]'}}
    zipped = found["add__3"]["expand"]["arguments"][0]["source"]["zip"]
    assert zipped == {"sources": [{"map": {"source": {"xcom": {"task_id": "xs"}}, "function": "<lambda>"}},
                                  {"literal_json": "[5]"}], "has_fill": True, "fill_json": "null"}
    assert "concat" in found["add__4"]["expand"]["arguments"][0]["source"]
    assert found["b"]["expand"]["arguments"][0]["name"] == "bash_command"
    assert {("xs", "add"), ("xs", "add__3"), ("xs", "add__4")} == edges(found)


def test_groups_and_mapped_groups(one_dag):
    spec = one_dag(in_dag("""
@task
def xs(): return [1]
@task_group(tooltip="many")
def each(x):
    @task
    def inner(v): return v
    inner(x)
each.expand(x=xs())
@task_group
def outer():
    @task_group
    def inside():
        EmptyOperator(task_id="e")
    inside()
outer() >> EmptyOperator(task_id="last")
"""))
    assert spec["task_groups"] == [
        {"group_id": "each",
         "expand": {"arguments": [{"name": "x", "source": {"xcom": {"task_id": "xs"}}}]}, "tooltip": "many"},
        {"group_id": "outer"}, {"group_id": "outer.inside", "parent_group_id": "outer"}]
    found = {each["task_id"]: each for each in spec["tasks"]}
    assert edges(found) == {("xs", "each.inner"), ("outer.inside.e", "last")}
    assert found["outer.inside.e"]["task_group_id"] == "outer.inside"


def test_setup_and_teardown_and_with_on_them(tasks):
    found = tasks("""
@setup
def make(): pass
@teardown(on_failure_fail_dagrun=True)
def drop(): pass
@task
def work(): pass
with drop().as_teardown(setups=make()):
    work() >> work()
""")
    assert edges(found) == {("make", "drop"), ("make", "work"), ("work", "work__1"), ("work__1", "drop")}
    assert found["make"]["is_setup"] and found["drop"]["is_teardown"]


def test_override_and_the_file_runs_again_the_same(one_dag):
    source = in_dag("""
@task
def f(): pass
f.override(task_id="g", retries=3)()
f()
PythonOperator(task_id="lambda", python_callable=lambda: 1)
""")
    assert one_dag(source) == one_dag(source)
    first = one_dag(source)["tasks"][0]
    assert (first["task_id"], first["retries"]) == ("g", 3)


def test_a_custom_operator_runs_in_python_and_a_plain_bash_task_does_not(tasks):
    found = tasks("""
class Mine(BashOperator):
    def execute(self, context): return 1
class Same(BashOperator):
    pass
Mine(task_id="mine", bash_command="true")
Same(task_id="same", bash_command="true")
BashOperator(task_id="called", bash_command="true", on_failure_callback=print)
""")
    assert [sorted(set(each) & {"bash", "python"}) for each in found.values()] == [["python"], ["bash"], ["python"]]
    assert found["called"]["python"]["callbacks"] == ["failure"]


@pytest.mark.parametrize("body, complaint", [
    ("task(1)", "use keywords|no positional arguments"),
    ("@task\n        def f(x): pass\n        f()", "missing a required argument: 'x'"),
    ("@task\n        def f(x): pass\n        f.expand(y=[1])", "unexpected keyword argument 'y'"),
    ("@task\n        def f(x): pass\n        f.expand()", "no arguments to expand against"),
    ("@task\n        def f(x): pass\n        f.expand(x=5)", "unexpected type 'int'"),
    ("@task(colour='red')\n        def f(): pass", "@task has no argument 'colour'"),
    ("BashOperator.partial(task_id='a', comand=1)", "unexpected keyword argument 'comand'"),
    ("BashOperator.partial(task_id='a', env={}).expand(env=[{}])", "unmappable or already specified argument: env"),
    ("PythonOperator(task_id='a', python_callable=1)", "python_callable must be a function"),
    ("task.kubernetess(image='x')", "Gale has no @task.kubernetess")])
def test_what_is_refused(error_of, body, complaint):
    import re
    assert re.search(complaint, error_of(HEAD + "\n    with DAG('d'):\n        " + body.replace("        ", "    " * 2)
                                         + "\n"))


def test_a_subdag_becomes_a_group(one_dag):
    spec = one_dag("""
        from airflow import DAG
        from airflow.operators.subdag_operator import SubDagOperator
        from airflow.operators.dummy_operator import DummyOperator
        from datetime import datetime
        args = {"start_date": datetime(2024, 1, 1)}
        def sub(parent, child):
            dag = DAG(f"{parent}.{child}", default_args=args, schedule_interval="@daily")
            DummyOperator(task_id="a", dag=dag) >> DummyOperator(task_id="b", dag=dag)
            return dag
        dag = DAG("d", default_args=args)
        first = DummyOperator(task_id="first", dag=dag)
        section = SubDagOperator(task_id="section", subdag=sub("d", "section"), default_args=args, dag=dag)
        first >> section >> DummyOperator(task_id="last", dag=dag)
        """)
    found = {each["task_id"]: each for each in spec["tasks"]}
    assert edges(found) == {("first", "section.a"), ("section.a", "section.b"), ("section.b", "last")}
