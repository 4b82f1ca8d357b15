"""What pages read, each in one answer: a DAG with groups, mapped tasks, a branch, failed and retried tasks, and one
that a later version has no more."""

from harness import wait_until, write_whole

DAG = """
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator
from airflow.utils.edgemodifier import Label
from airflow.utils.task_group import TaskGroup

with DAG("pages", schedule=None, start_date=datetime(2026, 1, 1), tags=["shown", "etl"],
         dag_display_name="All <b>pages</b>", owner_links={"ana": "https://example.com/ana"},
         on_failure_callback=print,
         default_args={"owner": "ana", "retries": 0}) as dag:
    end = EmptyOperator(task_id="end", trigger_rule="all_done")
    start = BashOperator(task_id="start", bash_command="true", doc_md="**first**")
    with TaskGroup("load", tooltip="Loads the rows.") as load:
        rows = BashOperator.partial(task_id="rows", bash_command="exit $N").expand(
            env=[{"N": "0"}, {"N": "0"}, {"N": "99"}])
        check = BashOperator(task_id="check", bash_command="true", trigger_rule="all_done")
        rows >> check
    way = BranchPythonOperator(task_id="way", python_callable=lambda: "taken")
    taken = BashOperator(task_id="taken", bash_command="true", task_display_name="Taken way")
    other = BashOperator(task_id="other", bash_command="true")
    flaky = BashOperator(task_id="flaky", bash_command="echo 'ValueError: row 7'; exit 1", retries=1, retry_delay=0)
    start >> Label("in") >> load >> end
    start >> way >> Label("usual") >> taken >> end
    way >> Label("else 한") >> other >> end
    start >> flaky >> end
    # gone
"""
GONE = '    gone = BashOperator(task_id="gone", bash_command="true")\n    start >> gone >> end\n'
PAGES = "/api/gale/v1/dags/pages"


def run_once(gale, run):
    gale.trigger("pages", run)
    return gale.wait_for_end("pages", run)[0]


def test_a_dag_with_everything_is_shown_in_one_answer_a_page(gale):
    gale.add_dag("pages", DAG.replace("    # gone\n", GONE))
    assert run_once(gale, "r1") == "success"
    write_whole(gale.dags / "pages.py", DAG)
    token = gale.token()

    def get(path, expected=200):
        status, answer = gale.rest("GET", path, None, token)
        assert status == expected, answer
        return answer

    wait_until(lambda: get(f"{PAGES}/structure")["version_number"] == 2, "the DAG without the task")
    gale.trigger("pages", "r2")
    gale.wait_for_end("pages", "r2")

    # The structure: topological, the group's members together.
    shown = get(f"{PAGES}/structure")
    order = [task["task_id"] for task in shown["tasks"]]
    assert order == ["start", "load.rows", "load.check", "way", "taken", "other", "flaky", "end"], order
    tasks = {task["task_id"]: task for task in shown["tasks"]}
    assert tasks["load.rows"]["is_mapped"] and tasks["load.rows"]["label"] == "rows"
    assert tasks["load.rows"]["group_id"] == "load" and tasks["start"]["group_id"] is None
    assert tasks["start"]["doc_md"] == "**first**" and tasks["flaky"]["retries"] == 1
    assert tasks["start"]["usual_seconds"] > 0 and tasks["flaky"]["usual_seconds"] is None
    assert [group["group_id"] for group in shown["groups"]] == ["load"]
    edges = {(edge["upstream"], edge["downstream"]) for edge in shown["edges"]}
    labels = {(edge["upstream"], edge["downstream"]): edge["label"] for edge in shown["edges"] if edge["label"]}
    assert labels == {("way", "taken"): "usual", ("way", "other"): "else 한", ("start", "load.rows"): "in"}
    assert shown["groups"][0]["tooltip"] == "Loads the rows." and tasks["taken"]["label"] == "Taken way"
    details = get("/api/v2/dags/pages/details")
    assert details["dag_display_name"] == "All <b>pages</b>"
    assert details["owner_links"] == {"ana": "https://example.com/ana"}
    warned = get("/api/v2/dagWarnings?dag_id=pages")
    assert [(one["dag_id"], one["message"]) for one in warned["dag_warnings"]] == [
        ("pages", "on_failure_callback is accepted, but Gale does not act on it yet")]
    assert get("/api/v2/dagWarnings") == warned and get("/api/v2/dagWarnings?dag_id=none")["total_entries"] == 0
    assert get("/api/v2/dagWarnings?offset=1") == {"dag_warnings": [], "total_entries": 1}
    one = get("/api/v2/dags/pages/dagRuns/r2/taskInstances/taken")
    assert (one["task_display_name"], one["dag_display_name"]) == ("Taken way", "All <b>pages</b>")
    assert get("/api/v2/dags/pages/tasks/taken")["task_display_name"] == "Taken way"
    assert get("/api/v2/dags/pages/dagRuns/r2")["dag_display_name"] == "All <b>pages</b>"
    assert ("load.rows", "load.check") in edges and ("start", "load.rows") in edges and ("way", "other") in edges
    assert "gone" in {task["task_id"] for task in get(f"{PAGES}/structure?version_number=1")["tasks"]}
    assert get(f"{PAGES}/structure?version_number=9", 404)["detail"] == "DAG 'pages' has no version 9"
    assert get("/api/gale/v1/dags/none/structure", 404)["detail"] == "DAG 'none' not found"

    # The grid: r1 has the task that is gone, at the end.
    grid = get(f"{PAGES}/grid")
    assert grid["task_ids"] == order + ["gone"] and not grid["has_older"] and grid["median_seconds"] > 0
    letters = {letter: state for letter, state in zip("abcdefghijklm", grid["states"])} | {"-": None}

    def states(run):
        return {task: letters[cell] for task, cell in zip(grid["task_ids"], run["cells"])}

    first, second = grid["runs"]
    assert (first["dag_run_id"], second["dag_run_id"]) == ("r1", "r2")
    assert (first["dag_version"], second["dag_version"]) == (1, 2)
    expected = {"start": "success", "load.rows": "success", "load.check": "success", "way": "success",
                "taken": "success", "other": "skipped", "flaky": "failed", "end": "success"}
    assert states(first) == expected | {"gone": "success"}
    assert states(second) == expected | {"gone": None}
    rows = grid["task_ids"].index("load.rows")
    assert first["mapped"] == [{"task": rows, "counts": {"skipped": 1, "success": 2}}]
    older = get(f"{PAGES}/grid?limit=1")
    assert older["has_older"] and [run["dag_run_id"] for run in older["runs"]] == ["r2"]
    before = second["run_after"].replace("+", "%2B")
    assert [run["dag_run_id"] for run in get(f"{PAGES}/grid?before={before}")["runs"]] == ["r1"]
    assert get(f"{PAGES}/grid?state=failed")["runs"] == []

    # The Gantt: a row a task in that order, the failed try, the mapped one's counts.
    gantt = get(f"{PAGES}/dagRuns/r2/gantt")
    by_task = {row["task_id"]: row for row in gantt["rows"]}
    assert list(by_task) == order and gantt["run"]["dag_run_id"] == "r2"
    flaky = by_task["flaky"]
    assert (flaky["state"], flaky["try_number"], flaky["max_tries"]) == ("failed", 2, 1)
    assert [(one["try_number"], one["state"]) for one in flaky["tries"]] in ([(1, "up_for_retry")], [(1, "failed")])
    assert flaky["tries"][0]["end_date"] <= flaky["start_date"] and "exit" in flaky["reason"]
    mapped = by_task["load.rows"]
    assert mapped["counts"] == {"skipped": 1, "success": 2} and mapped["slowest_seconds"] > 0
    assert mapped["start_date"] < mapped["end_date"] and mapped["tries"] == []
    assert by_task["start"]["queued_when"] <= by_task["start"]["start_date"] and by_task["start"]["counts"] is None
    assert get(f"{PAGES}/dagRuns/r9/gantt", 404)["detail"] == "DAG 'pages' has no run 'r9'"

    # The list.
    page = get("/api/gale/v1/dags?q=PAG&tags=shown&owners=ana&state=success&paused=false")
    assert page["total_entries"] == 1 and page["counts"]["all"] == 1 and page["tags"] == ["etl", "shown"]
    item = page["dags"][0]
    assert [bar["dag_run_id"] for bar in item["last_runs"]] == ["r1", "r2"] and item["running_runs"] == 0
    assert item["median_seconds"] > 0 and item["next_dagrun_run_after"] is None and not item["has_import_errors"]
    assert get("/api/gale/v1/dags?state=failed")["total_entries"] == 0

    # The calendar: two runs, both today.
    days = get(f"{PAGES}/calendar?timezone=Asia/Seoul")["days"]
    assert sum(day["counts"]["success"] for day in days) == 2
    assert get(f"{PAGES}/calendar?from=yesterday", 400)["detail"].startswith("from: 'yesterday' is no day")


def test_the_summary_names_what_failed_last_and_the_line_that_says_why(gale):
    text = "from airflow import DAG\nfrom airflow.operators.bash import BashOperator\n" \
           "with DAG('{id}', schedule=None, start_date=None):\n" \
           "    BashOperator(task_id='t', bash_command=\"echo one; echo 'ValueError: row 7'; echo bye; exit {code}\")\n"
    for dag_id, code in (("bad", 1), ("good", 0)):
        gale.add_dag(dag_id, text.replace("{id}", dag_id).replace("{code}", str(code)))
        gale.trigger(dag_id, "r")
        gale.wait_for_end(dag_id, "r")
    token = gale.token()
    status, summary = gale.rest("GET", "/api/gale/v1/summary?hours=1", None, token)
    assert status == 200, summary
    needs = [(need["dag_id"], need["dag_run_id"], need["task_id"], need["state"], need["last_line"])
             for need in summary["needs_you"]]
    assert needs == [("bad", "r", "t", "failed", "ValueError: row 7")]
    assert (summary["dags"], summary["failed_runs"], summary["finished_today"]) in ((2, 1, 2), (2, 1, 1), (2, 1, 0))
    assert summary["active_runs"] == 0 and summary["slots_total"] > 0
    assert [(row["dag_id"], [run["state"] for run in row["runs"]]) for row in summary["runs"]] == \
        [("bad", ["failed"]), ("good", ["success"])]

    gale.rest("POST", "/api/v2/dags/bad/clearTaskInstances", {"dag_run_id": "r", "dry_run": False}, token)
    status, summary = gale.rest("GET", "/api/gale/v1/summary", None, token)
    assert summary["needs_you"] == [] or summary["needs_you"][0]["try_number"] == 2, "cleared: nobody is needed"
