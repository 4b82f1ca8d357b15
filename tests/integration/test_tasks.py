"""What tasks may do: fail and be retried, skip, hand on a value, be cleared."""

import json
import sqlite3

from harness import dag_text, one_line_error, wait_until


def test_a_failed_try_is_retried_and_each_try_has_its_log(shared):
    command = f"echo try $AIRFLOW_CTX_TRY_NUMBER; test -e {shared.work}/seen || {{ touch {shared.work}/seen; exit 3; }}"
    shared.add_dag("retrying", dag_text(
        "retrying", f"BashOperator(task_id='t', bash_command={command!r}, retries=2, "
                    "retry_delay=timedelta(seconds=0.1))"))
    shared.trigger("retrying", "r1")
    assert shared.wait_for_end("retrying", "r1") == ("success", {"t": "success"})
    assert "try 1" in shared.cli("tasks", "logs", "retrying", "r1", "t", "--try", "1").stdout
    assert "try 2" in shared.cli("tasks", "logs", "retrying", "r1", "t", "--try", "2").stdout


def test_a_task_without_tries_left_fails_its_successors_and_the_run(shared):
    shared.add_dag("failing", dag_text("failing", """
bad = BashOperator(task_id='bad', bash_command='exit 7')
bad >> BashOperator(task_id='after', bash_command='true')
bad >> BashOperator(task_id='cleanup', bash_command='true', trigger_rule='all_done')
"""))
    shared.trigger("failing", "r1")
    state, tasks = shared.wait_for_end("failing", "r1")
    assert state == "failed"
    assert tasks == {"bad": "failed", "after": "upstream_failed", "cleanup": "success"}


def test_exit_99_skips_the_task_and_what_follows(shared):
    shared.add_dag("skipping", dag_text("skipping", """
skip = BashOperator(task_id='skip', bash_command='exit 99')
skip >> BashOperator(task_id='after', bash_command='true')
"""))
    shared.trigger("skipping", "r1")
    assert shared.wait_for_end("skipping", "r1") == ("success", {"skip": "skipped", "after": "skipped"})


def test_the_last_line_of_stdout_is_the_tasks_xcom(shared):
    shared.add_dag("handing", dag_text(
        "handing", "BashOperator(task_id='t', bash_command='echo first; echo the last line')"))
    shared.trigger("handing", "r1")
    assert shared.wait_for_end("handing", "r1")[0] == "success"
    with sqlite3.connect(f"file:{shared.home}/gale.db?mode=ro", uri=True) as database:
        database.row_factory = sqlite3.Row
        values = [dict(row) for row in database.execute(
            "SELECT xcom.* FROM xcom JOIN dag_run USING (run_key) WHERE dag_id = 'handing'")]
    assert [row["key"] for row in values] == ["return_value"], values
    assert "the last line" in [json.loads(value) for value in values[0].values()
                               if isinstance(value, str) and value.startswith('"')]


def test_what_a_task_was_given_and_left_is_read_by_commands(shared):
    shared.add_dag("valued", dag_text("valued", """
from airflow.operators.python import PythonOperator
def say(words): return words
PythonOperator(task_id='t', python_callable=say, op_args=['of {{ run_id }} 한'])
PythonOperator.partial(task_id='m', python_callable=say).expand(op_kwargs=[{'words': 1}, {'words': '{{ run_id }}'}])
BashOperator(task_id='b', bash_command='true')
"""))
    shared.trigger("valued", "r1")
    assert shared.wait_for_end("valued", "r1")[0] == "success"
    assert "# property: op_args\n# ---" in shared.cli("tasks", "render", "valued", "r1", "t").stdout
    assert {"property": "op_args", "value": ["of r1 한"]} in shared.rows("tasks", "render", "valued", "r1", "t")
    assert {"property": "op_kwargs", "value": {"words": "r1"}} in shared.rows(
        "tasks", "render", "valued", "r1", "m", "--map-index", "1")
    assert "has no rendered fields" in one_line_error(shared.cli("tasks", "render", "valued", "r1", "b", check=False))
    assert "no_such" in one_line_error(shared.cli("tasks", "render", "valued", "r1", "no_such", check=False))
    left = shared.rows("tasks", "xcoms", "valued", "r1", "m")
    assert [(row["map_index"], row["key"], row["value"]) for row in left] == [
        (0, "return_value", 1), (1, "return_value", "r1")]
    assert shared.cli("tasks", "xcoms", "valued", "r1", "t", "--key", "return_value").stdout == "of r1 한\n"
    assert shared.rows("tasks", "xcoms", "valued", "r1", "t", "-k", "return_value") == "of r1 한"
    refused = shared.cli("tasks", "xcoms", "valued", "r1", "t", "-k", "nothing", check=False)
    assert "has no XCom 'nothing'" in one_line_error(refused)


def test_a_task_knows_where_it_is(shared):
    shared.add_dag("knowing", dag_text("knowing", """
BashOperator(task_id='t', env={'MINE': 'yes'}, append_env=True,
             bash_command='echo $AIRFLOW_CTX_DAG_ID/$AIRFLOW_CTX_DAG_RUN_ID/$AIRFLOW_CTX_TASK_ID/$MINE')
"""))
    shared.trigger("knowing", "r1")
    shared.wait_for_end("knowing", "r1")
    assert "knowing/r1/t/yes" in shared.cli("tasks", "logs", "knowing", "r1", "t").stdout


def test_a_cleared_task_and_its_successors_run_again(shared):
    shared.add_dag("clearing", dag_text("clearing", f"""
a = BashOperator(task_id='a', bash_command='echo a >> {shared.work}/cleared')
b = BashOperator(task_id='b', bash_command='echo b >> {shared.work}/cleared')
c = BashOperator(task_id='c', bash_command='echo c >> {shared.work}/cleared')
a >> b >> c
"""))
    shared.trigger("clearing", "r1")
    assert shared.wait_for_end("clearing", "r1")[0] == "success"
    shared.cli("tasks", "clear", "clearing", "-t", "^b$", "-d", "-y")
    wait_until(lambda: (shared.work / "cleared").read_text().split() == ["a", "b", "c", "b", "c"],
               lambda: f"b and c again: {(shared.work / 'cleared').read_text().split()}")
    assert shared.wait_for_end("clearing", "r1")[0] == "success"


def test_a_task_that_runs_too_long_is_killed_with_its_children(shared):
    fifo = shared.work / "never"
    shared.add_dag("slow", dag_text("slow", f"""
BashOperator(task_id='t', bash_command='mkfifo {fifo}; cat {fifo} & echo $! > {shared.work}/child; wait',
             execution_timeout=timedelta(seconds=1))
"""))
    shared.trigger("slow", "r1")
    assert shared.wait_for_end("slow", "r1") == ("failed", {"t": "failed"})
    child = int((shared.work / "child").read_text())

    def gone():
        try:
            with open(f"/proc/{child}/stat", encoding="ascii") as stat:
                return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            return True

    wait_until(gone, "the end of the task's child")


def test_an_output_of_many_lines_arrives_whole_and_in_order(shared):
    shared.add_dag("loud", dag_text("loud", "BashOperator(task_id='t', bash_command='seq 1 20000')"))
    shared.trigger("loud", "r1")
    assert shared.wait_for_end("loud", "r1")[0] == "success"
    numbers = [line for line in shared.cli("tasks", "logs", "loud", "r1", "t").stdout.splitlines()
               if line.isdigit()]
    assert numbers == [str(i) for i in range(1, 20001)]


def test_no_exit_code_skips_where_none_is_named(shared):
    shared.add_dag("unskipping", dag_text("unskipping", """
BashOperator(task_id='none', bash_command='exit 99', skip_on_exit_code=None)
BashOperator(task_id='empty', bash_command='exit 99', skip_on_exit_code=[], retries=-1)
BashOperator(task_id='text', bash_command='exit 99', retries='0')
"""))
    shared.trigger("unskipping", "r1")
    assert shared.wait_for_end("unskipping", "r1") == (
        "failed", {"none": "failed", "empty": "failed", "text": "skipped"})


def test_a_task_outside_its_dates_is_not_in_the_run(shared):
    shared.add_dag("dated", dag_text("dated", """
old = BashOperator(task_id='old', bash_command='true', end_date=datetime(2024, 1, 2))
old >> BashOperator(task_id='now', bash_command='true')
"""))
    shared.cli("dags", "trigger", "dated", "--run-id", "r1", "-e", "2024-01-03T00:00:00")
    assert shared.wait_for_end("dated", "r1") == ("success", {"now": "success"})


def test_what_a_task_took_is_shown(shared):
    shared.add_dag("busy", dag_text(
        "busy", "BashOperator(task_id='t', bash_command='for i in {1..60000}; do :; done')"))
    shared.trigger("busy", "r1")
    assert shared.wait_for_end("busy", "r1")[0] == "success"
    task, = shared.rows("tasks", "states-for-dag-run", "busy", "r1")
    assert task["cpu_seconds"] > 0 and task["rss_mib_max"] > 0
    tries = shared.rest("GET", "/api/v2/dags/busy/dagRuns/r1/taskInstances/t/tries", token=shared.token())[1]
    assert tries["task_instances"][0]["cpu_seconds"] > 0
    assert tries["task_instances"][0]["rss_bytes_max"] > 1 << 20


def test_so_many_failed_runs_in_a_row_pause_the_dag(shared):
    shared.add_dag("doomed", dag_text("doomed", "BashOperator(task_id='t', bash_command='false')",
                                      max_consecutive_failed_dag_runs=2))
    for run in ("r1", "r2"):
        assert shared.dag("doomed")["is_paused"] is False
        shared.trigger("doomed", run)
        assert shared.wait_for_end("doomed", run)[0] == "failed"
    wait_until(lambda: shared.dag("doomed")["is_paused"], "the DAG is paused")


def test_a_template_knows_the_run_that_succeeded_before_and_its_log_begins_as_any(shared):
    shared.add_dag("windows", dag_text("windows", """
names = ("prev_data_interval_start_success", "prev_data_interval_end_success", "prev_execution_date_success")
BashOperator(task_id="asks", bash_command="echo " + " ".join("{{ %s and %s.isoformat() }}" % (n, n) for n in names)
             + " {{ prev_start_date_success < prev_end_date_success if prev_start_date_success else 'first' }}")
BashOperator(task_id="ends", bash_command="exit {{ dag_run.conf.get('code', 0) }}")
BashOperator(task_id="quiet", bash_command="true {{ ds }}")
"""))

    def said(run_id, date, conf="{}"):
        shared.cli("dags", "trigger", "windows", "-r", run_id, "-e", date, "-c", conf)
        shared.wait_for_end("windows", run_id)
        log = shared.cli("tasks", "logs", "windows", run_id, "asks").stdout
        begin, _, output = log.partition("\nOutput:\n")
        assert begin.startswith("Running command: ['/bin/bash', '-c', \"echo ")
        return output.splitlines()[0]

    assert said("one", "2024-03-01T00:00:00Z") == "None None None first"
    assert said("two", "2024-03-02T00:00:00Z", '{"code": 1}').split()[2:] == ["2024-03-01T00:00:00+00:00", "True"]
    assert shared.run_state("windows", "two") == "failed"
    day = "2024-03-01T00:00:00+00:00"
    assert said("three", "2024-03-03T00:00:00Z") == f"{day} {day} {day} True"
    assert said("before", "2024-02-01T00:00:00Z") == "None None None first"
    assert "Output:\nCommand exited" in shared.cli("tasks", "logs", "windows", "one", "quiet").stdout
    with sqlite3.connect(f"file:{shared.home}/gale.db?mode=ro", uri=True) as db:
        quiet = db.execute("SELECT value FROM xcom JOIN dag_run USING (run_key) "
                           "WHERE dag_id = 'windows' AND run_id = 'one' AND task_index = 2").fetchall()
    assert quiet == [('""',)]


def test_the_same_tasks_of_earlier_and_later_runs_are_cleared_with_it(shared):
    shared.add_dag("daily", dag_text("daily", "\n".join([
        "a = BashOperator(task_id='a', bash_command='true')",
        "b = BashOperator(task_id='b', bash_command='exit 1')",
        "c = BashOperator(task_id='c', bash_command='true')", "a >> b"])))
    token = shared.token()
    for day in (1, 2, 3):
        assert shared.rest("POST", "/api/v2/dags/daily/dagRuns",
                           {"dag_run_id": f"r{day}", "logical_date": f"2026-02-0{day}T00:00:00Z"}, token)[0] == 200
    assert shared.rest("POST", "/api/v2/dags/daily/dagRuns",
                       {"dag_run_id": "nodate", "logical_date": None}, token)[0] == 200
    for run in ("r1", "r2", "r3", "nodate"):
        assert shared.wait_for_end("daily", run)[0] == "failed"

    def clear(run, **more):
        return shared.rest("POST", "/api/v2/dags/daily/clearTaskInstances",
                           {"dag_run_id": run, "dry_run": True, "only_failed": False, "task_ids": ["a"], **more}, token)

    def named(answer):
        assert answer[0] == 200, answer
        return sorted((ti["dag_run_id"], ti["task_id"]) for ti in answer[1]["task_instances"])

    assert named(clear("r2", include_past=True)) == [("r1", "a"), ("r2", "a")]
    assert named(clear("r2", include_future=True)) == [("r2", "a"), ("r3", "a")]
    assert named(clear("r2", include_past=True, include_future=True, include_downstream=True, only_failed=True)) == \
        [("r1", "b"), ("r2", "b"), ("r3", "b")]
    assert named(clear("r1", include_past=True, task_ids=None)) == [("r1", "a"), ("r1", "b"), ("r1", "c")]
    status, refused = clear("nodate", include_past=True)
    assert status == 400 and "has no logical date" in str(refused), refused
    # Nothing was cleared so far.
    assert [ti["try_number"] for ti in shared.rest(
        "GET", "/api/v2/dags/daily/dagRuns/~/taskInstances?task_id=a", None, token)[1]["task_instances"]] == [1] * 4
    cleared = clear("r3", dry_run=False, include_past=True, include_downstream=True)
    assert named(cleared) == [(f"r{day}", task) for day in (1, 2, 3) for task in ("a", "b")]
    for run in ("r1", "r2", "r3"):
        def tries(task):
            path = f"/api/v2/dags/daily/dagRuns/{run}/taskInstances/{task}"
            return shared.rest("GET", path, None, token)[1]["try_number"]

        wait_until(lambda: tries("b") == 2 and shared.wait_for_end("daily", run)[0] == "failed", f"{run} runs again")
        assert tries("c") == 1, "it isn't below a"


def test_a_note_stands_at_a_task_in_every_answer_and_its_times_tell_what_it_waited_for(shared):
    shared.add_dag("noted", dag_text("noted", "a = BashOperator(task_id='a', bash_command='true')", max_active_tasks=1))
    token, base = shared.token(), "/api/v2/dags/noted/dagRuns/r/taskInstances"
    shared.trigger("noted", "r")
    assert shared.wait_for_end("noted", "r")[0] == "success"
    note = "<img src=x> 메모 🚀 %2F"
    status, answer = shared.rest("PATCH", f"{base}/a", {"note": note}, token)
    assert status == 200 and [ti["note"] for ti in answer["task_instances"]] == [note]
    assert shared.rest("GET", f"{base}/a", None, token)[1]["note"] == note
    assert shared.rest("GET", base, None, token)[1]["task_instances"][0]["note"] == note
    assert shared.rest("PATCH", f"{base}/a", {"note": "x" * 1001}, token)[0] == 422
    ti = shared.rest("GET", f"{base}/a", None, token)[1]
    assert ti["scheduled_when"] and ti["scheduled_when"] <= ti["queued_when"] <= ti["start_date"]
    shared.rest("POST", "/api/v2/dags/noted/clearTaskInstances",
                {"dag_run_id": "r", "dry_run": False, "only_failed": False}, token)
    wait_until(lambda: shared.rest("GET", f"{base}/a", None, token)[1]["try_number"] == 2, "it runs again")
    assert shared.rest("GET", f"{base}/a", None, token)[1]["note"] == note
    assert shared.cli("tasks", "set-state", "noted", "r", "a", "success", "--note", "by hand").returncode == 0
    assert shared.rest("GET", f"{base}/a", None, token)[1]["note"] == "by hand"
    assert shared.rest("PATCH", f"{base}/a?update_mask=note", {"note": None, "new_state": "failed"}, token)[0] == 200
    ti = shared.rest("GET", f"{base}/a", None, token)[1]
    assert (ti["note"], ti["state"]) == (None, "success")
    events = shared.rest("GET", "/api/v2/eventLogs?dag_id=noted&event=set_note", None, token)[1]["event_logs"]
    assert [event["task_id"] for event in events] == ["a"] * 3
