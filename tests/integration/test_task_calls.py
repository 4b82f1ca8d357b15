"""What Python tasks ask of a master, and what their ends do there: XComs, skips, looks of sensors, runs they make."""

from test_python_tasks import instance, log, run, xcom

BRANCH = """
def choose(ti):
    ti.xcom_push("before", {"n": 2 ** 70})
    return "left"
from airflow.operators.python import BranchPythonOperator, ShortCircuitOperator
from airflow.operators.empty import EmptyOperator
branch = BranchPythonOperator(task_id="branch", python_callable=choose)
left = BashOperator(task_id="left", bash_command="true")
right = BashOperator(task_id="right", bash_command="true")
join = EmptyOperator(task_id="join", trigger_rule="none_failed_min_one_success")
branch >> [left, right] >> join
short = ShortCircuitOperator(task_id="short", python_callable=lambda: False)
never = BashOperator(task_id="never", bash_command="true")
short >> never >> EmptyOperator(task_id="nor_this", trigger_rule="all_done")
"""


def test_a_branch_and_a_short_circuit_skip_what_they_pass_by(shared):
    state, states = run(shared, "branches", BRANCH)
    assert states == {"branch": "success", "left": "success", "right": "skipped", "join": "success",
                      "short": "success", "never": "skipped", "nor_this": "skipped"}, log(shared, "branches", "branch")
    assert state == "success"
    assert xcom(shared, "branches", "branch", "before") == {"n": 2 ** 70}
    # Cleared alone, it is skipped again.
    shared.cli("tasks", "clear", "branches", "--run-id", "r", "--task-regex", "^right$", "--yes")
    _, states = shared.wait_for_end("branches", "r")
    assert states["right"] == "skipped"


PULLS = """
@task
def make(): return [1, 2, 3]
@task
def twice(n, ti=None):
    ti.xcom_push("index", ti.map_index)
    return 2 * n
@task
def total(values, ti=None):
    values = list(values)
    assert ti.xcom_pull(task_ids="twice", key="index") == [0, 1, 2], ti.xcom_pull(task_ids="twice", key="index")
    assert ti.xcom_pull(task_ids="twice", map_indexes=1) == 4
    assert ti.xcom_pull(task_ids="ghost") is None
    assert ti.xcom_pull(task_ids="make", key="none", default=7) == 7
    return sum(values)
total(twice.expand(n=make()))
"""


def test_results_are_read_by_others_and_mapped_over(shared):
    state = run(shared, "pulls", PULLS)
    assert state[0] == "success", (state, log(shared, "pulls", "total"))
    assert xcom(shared, "pulls", "total") == 12


SENSOR = """
from airflow.sensors.python import PythonSensor
def looked(ti):
    with open({path!r}, "a") as file: file.write(f"{{ti.try_number}}\\n")
    print("a look")
    return len(open({path!r}).readlines()) >= 3
sensor = PythonSensor(task_id="s", python_callable=looked, mode="reschedule", poke_interval=1, timeout=600)
sensor >> BashOperator(task_id="after", bash_command="echo {{{{ ti.try_number }}}}")
"""


def test_a_sensor_comes_again_within_its_try(shared):
    looks = shared.work / "looks"
    state = run(shared, "sensor", SENSOR.format(path=str(looks)))
    assert state == ("success", {"s": "success", "after": "success"}), log(shared, "sensor", "s")
    assert looks.read_text().split() == ["1", "1", "1"], "all looks are one try"
    assert instance(shared, "sensor", "s")["try_number"] == 1
    assert log(shared, "sensor", "s").count("a look") == 3, "its log is that of all of them"


def test_a_task_makes_a_run_and_waits_for_it(shared):
    shared.add_dag("made", "from airflow import DAG\nfrom airflow.operators.bash import BashOperator\n"
                           "from datetime import datetime\n"
                           "with DAG('made', start_date=datetime(2024, 1, 1), schedule=None):\n"
                           "    BashOperator(task_id='x', bash_command='true')\n")
    state = run(shared, "maker", """
from airflow.operators.trigger_dagrun import TriggerDagRunOperator
TriggerDagRunOperator(task_id="t", trigger_dag_id="made", trigger_run_id="by_maker", conf={"a": 1},
                      wait_for_completion=True, poke_interval=1)
""")
    assert state == ("success", {"t": "success"}), log(shared, "maker", "t")
    status, answer = shared.rest("GET", "/api/v2/dags/made/dagRuns/by_maker", token=shared.token())
    assert status == 200 and answer["conf"] == {"a": 1} and answer["triggered_by"] == "operator", answer


def test_what_was_rendered_and_what_an_element_is_called_are_shown(shared):
    state = run(shared, "rendered", """
@task(map_index_template="{{ task.op_kwargs['name'] }}")
def greet(name): return name
greet.expand(name=["ann", "bob"])
PythonOperator(task_id="t", python_callable=lambda day: day, op_kwargs={"day": "{{ run_id }}"})
""")
    assert state[0] == "success", (state, log(shared, "rendered", "t"))
    assert instance(shared, "rendered", "t")["rendered_fields"]["op_kwargs"] == {"day": "r"}
    status, answer = shared.rest("GET", "/api/v2/dags/rendered/dagRuns/r/taskInstances/greet/1", token=shared.token())
    assert status == 200 and answer["rendered_map_index"] == "bob", answer
