"""Whose the names and dates of runs are, and when a run that waits says for what: by REST, and by the CLI over gRPC."""

import sqlite3

from harness import HEADER, one_line_error, wait_until

DATE = "2024-05-01T00:00:00Z"


def dag_text(dag_id, settings):
    return f"{HEADER}with DAG({dag_id!r}, {settings}):\n    BashOperator(task_id='t', bash_command='true')\n"


def post(gale, dag_id, body):
    return gale.rest("POST", f"/api/v2/dags/{dag_id}/dagRuns", body, token=gale.token())


def dates(gale, dag_id):
    """The logical date of each run, as the ledger has it."""
    with sqlite3.connect(f"file:{gale.home / 'gale.db'}?mode=ro", uri=True) as ledger:
        return dict(ledger.execute("SELECT run_id, logical_date FROM dag_run WHERE dag_id = ?", (dag_id,)))


def test_the_schedulers_names_are_refused_to_people_and_no_interval_is_lost(shared):
    shared.add_dag("daily", dag_text(
        "daily", "schedule='@daily', start_date=datetime(2024, 1, 1), end_date=datetime(2024, 1, 5), catchup=True, "
        "max_active_runs=1"), unpause=False)
    name = "scheduled__2024-01-02T00:00:00+00:00"
    refused = shared.cli("dags", "trigger", "daily", "-r", name, check=False)
    one_line_error(refused, name, "the scheduler's own")
    status, answer = post(shared, "daily", {"dag_run_id": name, "logical_date": None})
    assert status in (400, 422) and "the scheduler's own" in answer["detail"], answer
    # A date that somebody took by hand isn't run twice.
    shared.cli("dags", "trigger", "daily", "-r", "mine", "-e", "2024-01-03")
    shared.cli("dags", "unpause", "daily")
    wait_until(lambda: len(shared.rows("dags", "list-runs", "daily")) == 5
               and {row["state"] for row in shared.rows("dags", "list-runs", "daily")} == {"success"},
               lambda: f"the five days: {shared.rows('dags', 'list-runs', 'daily')}")
    assert "mine" in dates(shared, "daily") and len(set(dates(shared, "daily").values())) == 5


def test_a_logical_date_has_one_run_by_every_door(shared):
    shared.add_dag("once", dag_text("once", "schedule=None, start_date=datetime(2024, 1, 1)"))
    status, answer = post(shared, "once", {"dag_run_id": "r1", "logical_date": DATE})
    assert status == 200, answer
    assert shared.wait_for_end("once", "r1")[0] == "success"  # out of memory: the ledger knows
    status, answer = post(shared, "once", {"dag_run_id": "r2", "logical_date": DATE})
    assert status == 409 and answer["detail"]["message"].endswith(
        "already has a run of the logical date 2024-05-01T00:00:00Z: 'r1'"), answer
    refused = shared.cli("dags", "trigger", "once", "-r", "r3", "-e", DATE, check=False)
    one_line_error(refused, "already has a run of the logical date 2024-05-01T00:00:00Z: 'r1'")
    assert set(dates(shared, "once")) == {"r1"}
    # No date is no date that another could have.
    for run_id in ("none", "none_too", "none_again"):
        status, answer = post(shared, "once", {"dag_run_id": run_id, "logical_date": None})
        assert status == 200 and answer["logical_date"] is None, answer
        assert shared.wait_for_end("once", run_id)[0] == "success"
    assert list(dates(shared, "once").values()).count(None) == 3


def test_a_run_of_a_later_date_waits_for_it_and_says_so(shared):
    shared.add_dag("later", dag_text(
        "later", "schedule=None, start_date=datetime(2024, 1, 1), end_date=datetime(2100, 1, 1)"))
    shared.cli("dags", "trigger", "later", "-r", "far", "-e", "2099-01-01T00:00:00")
    status, answer = post(shared, "later", {"dag_run_id": "too_far", "logical_date": "2100-01-02T00:00:00Z"})
    assert status in (400, 422) and "after the end_date of DAG 'later'" in answer["detail"], answer
    refused = shared.cli("dags", "trigger", "later", "-r", "too_far", "-e", "2100-01-02", check=False)
    one_line_error(refused, "after the end_date of DAG 'later'")
    shared.cli("dags", "trigger", "later", "-r", "now")
    assert shared.wait_for_end("later", "now")[0] == "success"
    assert shared.run_state("later", "far") == "queued"
    assert "2099-01-01" in shared.cli("tasks", "explain", "later", "far", "t").stdout


def test_whoever_triggers_a_dag_that_is_off_is_told_and_may_switch_it_on(shared):
    shared.add_dag("off", dag_text("off", "schedule=None, start_date=datetime(2024, 1, 1)"), unpause=False)
    said = shared.cli("dags", "trigger", "off", "-r", "r1").stderr
    assert "DAG 'off' is paused" in said and "--unpause" in said
    assert shared.run_state("off", "r1") == "queued"
    told = shared.cli("dags", "trigger", "off", "-r", "r2", "--wait", "--unpause")
    assert "is paused" not in told.stderr
    assert shared.wait_for_end("off", "r1")[0] == "success"


def test_a_refused_run_id_shows_its_bytes_and_all_that_is_allowed(shared):
    shared.add_dag("ids", dag_text("ids", "schedule=None, start_date=datetime(2024, 1, 1)"))
    refused = shared.cli("dags", "trigger", "ids", "-r", "a\nb", check=False)
    one_line_error(refused, "'\\x0a'", "a space")
