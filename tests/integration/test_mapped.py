"""Mapped tasks and groups from a DAG file, for real: examples/dags/mapped_shards.py."""

import pathlib

from harness import wait_until, write_whole

EXAMPLE = pathlib.Path(__file__).parents[2] / "examples" / "dags" / "mapped_shards.py"


WAITS = """
from airflow.models.dag import DAG
from airflow.operators.bash import BashOperator

with DAG("waits", schedule=None):
    BashOperator.partial(task_id="each", bash_command="echo $N", pool="small").expand(env=[{"N": "1"}] * 5)
"""
RUN = "/api/v2/dags/mapped_shards/dagRuns/r"


def start_the_example(gale):
    write_whole(gale.dags / "mapped_shards.py", EXAMPLE.read_text())
    wait_until(lambda: gale.dag("mapped_shards"), "the example's DAG")
    gale.cli("dags", "unpause", "mapped_shards")
    gale.trigger("mapped_shards", "r")
    assert gale.wait_for_end("mapped_shards", "r")[0] == "success"


def test_the_example_runs_an_instance_for_each_element(gale):
    start_the_example(gale)

    def last_lines(task, number):
        logs = [gale.cli("tasks", "logs", "mapped_shards", "r", task, "--map-index", str(index)).stdout
                for index in range(number)]
        return [log.partition("\nOutput:\n")[2].splitlines()[0] for log in logs]

    assert last_lines("count", 3) == [f"instance {i} counts 2026-0{i + 1}" for i in range(3)]
    assert last_lines("grid", 4) == ["0.1 in /tmp", "0.1 in /", "0.01 in /tmp", "0.01 in /"]
    assert last_lines("tables.load", 2) == ["load users", "load orders"]
    assert last_lines("tables.check", 2) == ["check users", "check orders"]


def test_elements_are_listed_marked_cleared_and_explained_by_their_index(gale):
    start_the_example(gale)
    token = gale.token()

    def ask(method, path, body=None):
        status, answer = gale.rest(method, f"{RUN}{path}", body, token)
        return status, answer

    def elements(path):
        status, page = ask("GET", path)
        assert status == 200, page
        return [(ti["task_id"], ti["map_index"], ti["state"]) for ti in page["task_instances"]], page["total_entries"]

    assert elements("/taskInstances/grid/listMapped?limit=2&order_by=-map_index") == (
        [("grid", 3, "success"), ("grid", 2, "success")], 4)
    assert elements("/taskInstances?map_index=1&task_id=grid&task_id=report") == ([("grid", 1, "success")], 1)
    everywhere = "/api/v2/dags/~/dagRuns/~/taskInstances?task_id=grid&order_by=-map_index"
    status, page = gale.rest("GET", everywhere, None, token)
    assert status == 200 and [ti["map_index"] for ti in page["task_instances"]] == [3, 2, 1, 0], page
    assert ask("GET", "/taskInstances/grid")[0] == 404
    assert ask("GET", "/taskInstances/grid/4")[0] == 404
    assert ask("GET", "/taskInstances/grid/first")[0] == 422
    assert ask("GET", "/taskInstances/grid/2")[1]["map_index"] == 2
    assert elements("/taskInstances/grid/0/tries") == ([("grid", 0, "success")], 1)
    status, xcoms = ask("GET", "/taskInstances/grid/xcomEntries?order_by=map_index")
    assert status == 200 and [x["map_index"] for x in xcoms["xcom_entries"]] == [0, 1, 2, 3], xcoms
    assert ask("GET", "/taskInstances/grid/xcomEntries/return_value?map_index=1")[1]["value"] == "0.1 in /"

    tasks = gale.rest("GET", "/api/v2/dags/mapped_shards/tasks", None, token)[1]["tasks"]
    assert {task["task_id"] for task in tasks if task["is_mapped"]} == {"count", "grid"}

    status, marked = ask("PATCH", "/taskInstances/grid/1", {"new_state": "failed"})
    assert status == 200 and [ti["map_index"] for ti in marked["task_instances"]] == [1], marked
    gale.cli("tasks", "set-state", "mapped_shards", "r", "grid", "failed", "--map-index", "0")
    assert elements("/taskInstances/grid/listMapped?state=failed")[0] == [("grid", 0, "failed"), ("grid", 1, "failed")]
    assert gale.cli("tasks", "state", "mapped_shards", "r", "grid", "--map-index", "1").stdout == "failed\n"
    assert "has no map index 4" in gale.cli("tasks", "state", "mapped_shards", "r", "grid", "--map-index", "4",
                                            check=False).stderr
    shown = gale.cli("tasks", "states-for-dag-run", "mapped_shards", "r").stdout
    assert "map_index" in shown.splitlines()[0] + shown.splitlines()[1], shown
    why = gale.cli("tasks", "explain", "mapped_shards", "r", "grid", "--map-index", "1").stdout
    assert why.startswith("failed: ") and gale.cli("tasks", "explain", "mapped_shards", "r", "grid", "--map-index", "2"
                                                   ).stdout.startswith("success: ")

    clear = {"dag_run_id": "r", "only_failed": False, "task_ids": [["grid", 0], ["grid", 2]], "dry_run": True}
    status, would = gale.rest("POST", "/api/v2/dags/mapped_shards/clearTaskInstances", clear, token)
    assert status == 200 and [ti["map_index"] for ti in would["task_instances"]] == [0, 2], would
    cleared = gale.rows("tasks", "clear", "mapped_shards", "-r", "r", "-t", "grid", "--map-index", "0", "--map-index",
                        "2", "--yes")
    assert [row["map_index"] for row in cleared] == [0, 2], cleared
    gale.wait_for_end("mapped_shards", "r")
    assert elements("/taskInstances/grid/listMapped?order_by=map_index")[0] == [
        ("grid", 0, "success"), ("grid", 1, "failed"), ("grid", 2, "success"), ("grid", 3, "success")]


def test_elements_that_nothing_has_happened_to_are_listed_over_all_runs_too(gale):
    gale.add_dag("waits", WAITS)
    gale.cli("pools", "set", "small", "0", "takes nobody")
    for run in ("r1", "r2"):
        gale.trigger("waits", run)
    token = gale.token()

    def listed(query):
        status, page = gale.rest("GET", f"/api/v2/dags/waits/dagRuns/~/taskInstances?{query}", None, token)
        assert status == 200, page
        return [(ti["dag_run_id"], ti["map_index"]) for ti in page["task_instances"]], page["total_entries"]

    every = [(run, index) for run in ("r1", "r2") for index in range(5)]
    wait_until(lambda: listed("task_id=each&state=scheduled") == (every, 10), "ten scheduled elements")
    assert listed("task_id=each") == (every, 10)
    assert listed("task_id=each&limit=2&offset=4") == (every[4:6], 10)
    assert listed("map_index=4") == ([("r1", 4), ("r2", 4)], 2)
    assert listed("state=none") == ([], 0)
