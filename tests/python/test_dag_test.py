"""dag.test(): the whole DAG in one process."""

import dataclasses

import pytest

from gale import context
from gale.parse_file import run_file

HEAD = """
    from datetime import datetime, timedelta, timezone
    from airflow.exceptions import *
    from airflow.sdk import DAG, Asset, Param, Variable, Connection, chain, get_current_context, task, task_group
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.providers.standard.operators.python import *
    from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
    from airflow.providers.standard.sensors.python import PythonSensor
    """


@dataclasses.dataclass
class Point:
    x: int
    y: list


@pytest.fixture
def run(write, tmp_path):
    """Runs a DAG's body; returns the run, with states(task_id) and value(task_id)."""
    def run_body(body, arguments="", **kwargs):
        source = HEAD + f"\n    with DAG('d'{arguments}):\n" + "\n".join(
            f"        {line}" for line in body.strip().splitlines())
        dags, errors = run_file(write(source))
        assert errors == []
        done = dags[0].test(logical_date="2024-05-06T07:00:00+00:00", **kwargs)
        done.states = {task_id if index < 0 else (task_id, index): state
                       for (task_id, index), state in done.task_states.items()}
        done.value = lambda task_id, index=-1: done.supervisor.returned("d", done.run_id, task_id, index)
        return done
    yield run_body
    context.reset()


def test_results_go_on_and_templates_read_them(run):
    done = run("""
@task
def make(): return {"n": 20, "when": datetime(2024, 1, 1, tzinfo=timezone.utc)}
@task
def add(given, ti=None): return given["n"] + given["when"].day + len(ti.xcom_pull("make"))
say = BashOperator(task_id="say", bash_command="echo {{ ds }} {{ ti.xcom_pull(task_ids='add') }} {{ params.p }}")
add(make()) >> say
""",
               arguments=", params={'p': Param(3, type='integer')}")
    assert done.state == "success"
    assert done.value("add") == 23 and done.value("say") == "2024-05-06 23 3"


def test_a_mapped_task_a_mapped_group_and_what_reduces_them(run):
    done = run("""
@task
def xs(): return [1, 2, 3]
@task
def twice(v): return v * 2
@task
def total(values): return sum(values)
@task_group
def group(v):
    return twice(twice(v))
made = xs()
total(twice.expand(v=made))
group.expand(v=made)
total.override(task_id="tuples")(twice.override(task_id="m").expand(v=made.map(lambda v: v + 1).concat([10])))
""")
    assert done.value("total") == 12 and done.value("tuples") == 2 * (2 + 3 + 4 + 10)
    assert [done.value("group.twice__1", index) for index in range(3)] == [4, 8, 12]


def test_a_task_mapped_over_a_mapped_one_has_an_instance_a_result(run):
    done = run("""
@task
def twice(v): return v * 2
twice.override(task_id="again").expand(v=twice.expand(v=[1, 2, 3]))
""")
    assert [done.value("again", index) for index in range(3)] == [4, 8, 12]


def test_an_instance_may_hold_results_that_all_share(run):
    """The instance joined the DAG by its edges, as a second task of its id."""
    done = run("""
@task
def base(): return 10
@task
def add(base, v): return base + v
add.partial(base=base()).expand(v=[1, 2, 3])
""")
    assert [done.value("add", index) for index in range(3)] == [11, 12, 13]
    assert done.states[("add", 2)] == "success"


def test_a_branch_skips_the_others_and_a_join_goes_on(run):
    done = run("""
@task.branch
def choose(): return "a"
a, b, behind = (EmptyOperator(task_id=name) for name in ("a", "b", "behind"))
join = EmptyOperator(task_id="join", trigger_rule="none_failed_min_one_success")
choose() >> [a, b]
b >> behind
[a, behind] >> join
""")
    assert done.states == {"choose": "success", "a": "success", "b": "skipped", "behind": "skipped", "join": "success"}


def test_a_short_circuit_skips_all_that_follows(run):
    done = run("""
stop = ShortCircuitOperator(task_id="stop", python_callable=lambda: False)
stop >> EmptyOperator(task_id="a") >> EmptyOperator(task_id="b", trigger_rule="all_done")
""")
    assert done.states == {"stop": "success", "a": "skipped", "b": "skipped"}


@pytest.mark.parametrize("raised, state, tries", [
    ("ValueError('x')", "failed", 3), ("AirflowSkipException('x')", "skipped", 1),
    ("AirflowFailException('x')", "failed", 1), ("SystemExit(0)", "failed", 3), ("KeyboardInterrupt()", "failed", 3),
    ("AirflowTaskTimeout('x')", "failed", 3), ("AirflowSensorTimeout('x')", "failed", 1),
    ("MemoryError()", "failed", 3),
    ("AirflowException('x')", "failed", 3)])
def test_what_an_exception_means(run, capfd, raised, state, tries):
    done = run(f"""
@task(retries=2)
def f(): print("tried"); raise {raised}
f() >> EmptyOperator(task_id="after")
""")
    assert done.states["f"] == state
    assert done.states["after"] == {"failed": "upstream_failed", "skipped": "skipped"}[state]
    assert done.state == ("failed" if state == "failed" else "success")
    assert capfd.readouterr().out.count("tried") == tries


def test_callbacks_run_where_airflow_runs_them(run, capfd):
    run("""
def says(word): return lambda context: print("CALLED", word, context["ti"].task_id, context.get("exception"))
every = {f"on_{name}_callback": says(name) for name in ("execute", "success", "failure", "retry", "skipped")}
@task(**every, pre_execute=says("pre"), post_execute=lambda context, result: print("CALLED post", result))
def good(): return 7
@task(**every, retries=1)
def bad(): raise ValueError("no")
@task(**every)
def left(): raise AirflowSkipException("no")
good() >> bad()
left()
""")
    called = [line for line in capfd.readouterr().out.splitlines() if line.startswith("CALLED")]
    assert sorted(called) == sorted([
        "CALLED execute good None", "CALLED pre good None", "CALLED post 7", "CALLED success good None",
        "CALLED execute bad None", "CALLED retry bad no", "CALLED execute bad None", "CALLED failure bad no",
        "CALLED execute left None", "CALLED skipped left no"])


def test_callbacks_of_default_args_are_those_of_the_tasks(run, capfd):
    run("""
@task
def bad(): raise ValueError("no")
bad()
BashOperator.partial(task_id="each").expand(bash_command=["exit 1"])
""", ", default_args={'on_failure_callback': lambda context: print('TOLD', context['ti'].task_id)}")
    assert sorted(line for line in capfd.readouterr().out.splitlines() if "TOLD" in line) == ["TOLD bad", "TOLD each"]


def test_variables_connections_and_another_dags_run(run, tmp_path):
    (tmp_path / "v.json").write_text('{"who": "ann", "conf": {"n": 3}}')
    (tmp_path / "c.json").write_text('{"db": "postgres://me:secret-word@host:5432/schema?a=1"}')
    done = run("""
@task
def read():
    Variable.set("made", 5)
    db = Connection.get("db")
    return [Variable.get("who"), Variable.get("conf", deserialize_json=True)["n"], Variable.get("made"),
            Variable.get("none", default_var="x"), db.host, db.port, db.schema, db.extra_dejson]
read() >> TriggerDagRunOperator(task_id="t", trigger_dag_id="other", conf={"a": "{{ ds }}"}, trigger_run_id="r1")
BashOperator(task_id="b", bash_command="echo {{ var.value.who }} {{ var.json.conf.n }} {{ conn.db.login }}")
""", variable_file_path=tmp_path / "v.json", conn_file_path=tmp_path / "c.json")
    assert done.value("read") == ["ann", 3, "5", "x", "host", 5432, "schema", {"a": "1"}]
    assert done.value("b") == "ann 3 me"
    assert done.supervisor.runs["other", "r1"]["conf"] == {"a": "2024-05-06"}
    assert done.supervisor.masked == ["secret-word"] * 2


def test_sensors_poke_reschedule_time_out_and_return(run):
    done = run("""
seen = []
PythonSensor(task_id="s", python_callable=lambda: seen.append(1) or len(seen) > 2, poke_interval=0.01)
PythonSensor(task_id="again", python_callable=lambda: seen.append(1) or len(seen) > 5, poke_interval=0.01,
             mode="reschedule")
PythonSensor(task_id="late", python_callable=lambda: False, poke_interval=0.01, timeout=0.03)
PythonSensor(task_id="soft", python_callable=lambda: False, poke_interval=0.01, timeout=0.03, soft_fail=True)
@task.sensor(poke_interval=0.01)
def gives():
    from airflow.sdk import PokeReturnValue
    return PokeReturnValue(is_done=True, xcom_value="v")
gives()
""")
    assert done.states == {"s": "success", "again": "success", "late": "failed", "soft": "skipped", "gives": "success"}
    assert done.value("gives") == "v"


@pytest.mark.parametrize("body, said", [
    ("BashOperator(task_id='a', bash_command='{{ nothing.x }}')",
     "gale: cannot render bash_command: 'nothing' is undefined"),
    ("BashOperator(task_id='a', bash_command='{{')", "gale: cannot render bash_command: line 1"),
    ("BashOperator(task_id='a', bash_command='none.sh')",
     "gale: cannot render bash_command: there is no template file"),
    ("PythonOperator(task_id='a', python_callable=lambda: object())", "gale: the value is a builtins.object"),
    ("BranchPythonOperator(task_id='a', python_callable=lambda: 'x') >> EmptyOperator(task_id='b')",
     "gale: the branch chose 'x', which DAG 'd' does not have"),
    ("PythonOperator(task_id='a', python_callable=lambda: Variable.get('nope'))", "Variable nope does not exist"),
    ("PythonOperator(task_id='a', python_callable=lambda: Connection.get('nope'))", "conn_id `nope` isn't defined")])
def test_bad_input_is_one_sentence(run, capfd, body, said):
    done = run(body)
    assert done.states["a"] == "failed"
    text = capfd.readouterr().err
    assert said in text
    if said.startswith("gale:"):
        assert "Traceback" not in text


def test_a_traceback_is_the_users_lines_and_the_log_ends_with_it(run, capfd):
    run("""
@task
def f():
    print("before")
    return 1 / 0
f()
""")
    text = capfd.readouterr().err.rstrip()
    assert text.endswith("ZeroDivisionError: division by zero") and "return 1 / 0" in text
    assert "gale/" not in text


def test_native_rendering_gives_things_and_files_are_templates(run, write):
    write("select {{ params.n }}", "q.sql")
    done = run("""
class Query(BashOperator):
    template_fields = ("bash_command", "env")
    template_ext = (".sql",)
    def execute(self, context): return [self.bash_command, self.env]
Query(task_id="q", bash_command="q.sql", env={"a": "{{ [1, 2] }}"})
""", arguments=", render_template_as_native_obj=True, params={'n': 4}")
    assert done.value("q") == ["select 4", {"a": [1, 2]}]


def test_a_deferred_task_goes_on_when_its_trigger_fires(run):
    done = run("""
from airflow.triggers.base import BaseTrigger, TriggerEvent
from airflow.sdk import BaseOperator
class Fires(BaseTrigger):
    async def run(self):
        yield TriggerEvent({"n": 5})
class Waits(BaseOperator):
    def execute(self, context):
        self.defer(trigger=Fires(), method_name="then", kwargs={"more": 1})
    def then(self, context, event, more):
        return event["n"] + more
Waits(task_id="w")
""")
    assert done.value("w") == 6


def test_an_execution_timeout_is_raised_in_the_task(run):
    done = run("""
@task(execution_timeout=timedelta(milliseconds=50))
def f():
    try:
        while True: sum(range(100))
    except AirflowTaskTimeout:
        get_current_context()["ti"].xcom_push("seen", True)
        raise
f()
""")
    assert done.states == {"f": "failed"}
    assert done.supervisor.xcoms["d", done.run_id, "f", -1, "seen"] is True


def test_a_function_in_another_interpreter(run):
    import sys
    done = run(f"""
@task.external_python(python={sys.executable!r})
def f(a, ds=None):
    import sys
    print("from elsewhere")
    return [a + 1, ds, "gale" in sys.modules]
f(1)
""")
    assert done.value("f") == [2, "2024-05-06", False]


def test_an_assets_event_is_in_the_end(run):
    done = run("""
made = Asset("s3://bucket/made")
@task(outlets=[made])
def f(outlet_events=None):
    outlet_events[made].extra["rows"] = 5
f()
""")
    assert done.state == "success"


def test_xcoms_of_all_kinds_come_back_as_they_were():
    import datetime as dt
    import decimal
    import uuid
    import json
    from gale import xcom_values
    values = [None, True, 5, 1.5, "x", [1, {"a": (1, 2)}], {1, 2}, frozenset({3}), b"x", decimal.Decimal("1.10"),
              dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc), dt.date(2024, 1, 1), dt.timedelta(hours=1), dt.time(3),
              uuid.UUID(int=5), {"__classname__": "a"}, float("inf"), Point(1, [2])]
    for value in values:
        assert xcom_values.decode(json.loads(json.dumps(xcom_values.encode(value)))) == value
    with pytest.raises(Exception, match=r"the value\[0\]\['a'\] is a builtins.object"):
        xcom_values.encode([{"a": object()}])
    with pytest.raises(Exception, match="no class whose values can be made again"):
        xcom_values.decode({"__classname__": "os.system", "__version__": 1, "__data__": "true"})
