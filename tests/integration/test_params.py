"""A run's conf is held to the DAG's params, by every door; templates know what Airflow's do."""

from harness import HEADER, one_line_error, wait_until, write_whole


def dag_text(dag_id, command, settings):
    return (f"{HEADER}from airflow.sdk import Param\nwith DAG({dag_id!r}, {settings}):\n"
            f"    BashOperator(task_id='t', bash_command={command!r})\n")


def test_a_conf_that_breaks_a_param_is_refused_by_every_door(shared):
    shared.add_dag("held", dag_text("held", "echo n={{ params.n }}",
                                    "schedule=None, params={'n': Param(5, type='integer', maximum=10)}"))
    token = shared.token()
    status, answer = shared.rest("POST", "/api/v2/dags/held/dagRuns", {"conf": {"n": "not a number"},
                                                                      "logical_date": None}, token=token)
    assert status == 400 and "param 'n'" in answer["detail"], answer
    refused = shared.cli("dags", "trigger", "held", "-r", "r1", "-c", '{"n": 11}', check=False)
    assert "param 'n'" in one_line_error(refused)
    shared.cli("dags", "trigger", "held", "-r", "r2", "-c", '{"n": 7}')
    assert shared.wait_for_end("held", "r2")[0] == "success"
    assert "n=7" in shared.cli("tasks", "logs", "held", "r2", "t").stdout
    details = shared.rest("GET", "/api/v2/dags/held/details", token=token)[1]
    assert details["params"]["n"] == {"value": 5, "description": None, "schema": {"type": "integer", "maximum": 10}}


def test_params_are_shown_in_the_authors_order(shared):
    shared.add_dag("ordered", dag_text(
        "ordered", "true",
        "schedule=None, params={'zone': 'eu', 'day': Param(type='string'), 'n': 5, 'a': Param(1, minimum=0)}"))
    details = shared.rest("GET", "/api/v2/dags/ordered/details", token=shared.token())[1]
    assert list(details["params"]) == ["zone", "day", "n", "a"]
    assert details["params"]["day"] == {"value": None, "description": None, "schema": {"type": "string"}}
    assert details["params"]["n"] == {"value": 5, "description": None, "schema": {}}


def test_a_scheduled_dag_whose_default_breaks_its_own_schema_is_an_import_error(shared):
    write_whole(shared.dags / "broken_default.py", dag_text(
        "broken_default", "true", "schedule='@daily', start_date=datetime(2024, 1, 1), catchup=False, "
        "params={'n': Param(50, type='integer', maximum=10)}"))
    error = wait_until(lambda: next((row["error"] for row in shared.rows("dags", "list-import-errors")
                                     if row["filepath"].endswith("broken_default.py")), None), "the import error")
    assert "param 'n'" in error


def test_a_dag_that_a_module_builds_has_its_filters_and_params(shared):
    """Also inside a template file, and in what that includes."""
    write_whole(shared.dags / "factory.py", """\
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator

def build(name):
    dag = DAG(name, start_date=datetime(2024, 1, 1), schedule=None, user_defined_filters={"shout": str.upper})
    BashOperator(task_id="b", bash_command="loud.sh", params={"who": "x"}, dag=dag)
    return dag
""")
    write_whole(shared.dags / "loud.sh", "echo {{ params.who | shout }}; {% include 'more.inc' %}\n")
    write_whole(shared.dags / "more.inc", "echo {{ 'included' | shout }}")
    shared.add_dag("built", "from airflow import DAG\nfrom factory import build\ndag = build('built')\n")
    shared.cli("dags", "trigger", "built", "-r", "r1")
    assert shared.wait_for_end("built", "r1")[0] == "success", shared.cli("tasks", "logs", "built", "r1", "b").stdout
    log = shared.cli("tasks", "logs", "built", "r1", "b").stdout
    assert "\nX\n" in "\n" + log and "INCLUDED" in log


def test_templates_know_the_run_and_its_neighbours(shared):
    shared.add_dag("neighbours", dag_text(
        "neighbours", "echo {{ prev_ds }} {{ next_ds }} {{ ds }} {{ ti.start_date.year }} {{ dag_run.queued_at.year }} "
        "{{ ti.log_url }}", "schedule='0 0 1 * *', start_date=datetime(2024, 3, 1), end_date=datetime(2024, 3, 2), "
        "catchup=True"))
    run = wait_until(lambda: next(iter(shared.rows("dags", "list-runs", "neighbours")), None), "the run")
    shared.wait_for_end("neighbours", run["run_id"])
    log = shared.cli("tasks", "logs", "neighbours", run["run_id"], "t").stdout
    assert "2024-02-01 2024-04-01 2024-03-01 202" in log, log
    assert f"http://127.0.0.1:{shared.port}/dags/neighbours/runs/" in log, log
