"""Why things wait, who serves and holds what, and what workers' machines do, as the real binary tells it."""

import os
import shlex

from harness import Gate, dag_text, wait_until
from test_two_processes import start_worker

OWN = "/api/gale/v1"


def get(gale, path):
    status, answer = gale.rest("GET", OWN + path, token=gale.token())
    assert status == 200, (path, answer)
    return answer


def waits(gale, query=""):
    return {(w["check"]["kind"], w["check"]["subject"]): w for w in get(gale, f"/waits{query}")["waits"]}


def test_a_task_without_a_worker_says_so_in_parts_and_by_cause(home):
    home.start("master")
    home.add_dag("lonely", dag_text("lonely", "BashOperator(task_id='t', bash_command='true') >> "
                                              "BashOperator(task_id='u', bash_command='true')"))
    home.trigger("lonely", "r1")
    home.trigger("lonely", "r2")
    wait_until(lambda: home.states("lonely", "r1").get("t") == "queued", "queued")

    why = get(home, "/dags/lonely/dagRuns/r1/taskInstances/t/explain")
    assert why["state"] == "queued" and why["since"]
    assert why["summary"] == why["reasons"][0] == "no worker that takes work serves queue 'default'"
    told = {c["kind"]: c["met"] for c in why["checks"]}
    assert told["pool_full"] is True and told["no_worker"] is False and told["queue"] is None, told
    upstream = get(home, "/dags/lonely/dagRuns/r1/taskInstances/u/explain")
    rule = next(c for c in upstream["checks"] if c["kind"] == "trigger_rule")
    assert (rule["met"], rule["have"], rule["need"], rule["names"]) == (False, 0, 1, ["t"])
    text = home.cli("tasks", "explain", "lonely", "r1", "t").stdout
    assert "WAITS no_worker default" in text and "met   pool_full default_pool" in text, text

    groups = waits(home)
    lonely = groups["no_worker", "default"]
    assert lonely["count"] == 2 and lonely["dag_ids"] == ["lonely"] and lonely["dags"] == 1
    assert {e["dag_run_id"] for e in lonely["examples"]} == {"r1", "r2"} and lonely["oldest"]
    assert list(waits(home, "?dag_id=lonely")) == [("no_worker", "default")]
    assert home.rest("GET", f"{OWN}/waits?dag_id=nobody", token=home.token())[0] == 404
    [queue] = get(home, "/queues")["queues"]
    assert (queue["name"], queue["queued"], queue["running"]) == ("default", 2, 0)
    assert (queue["slots"], queue["workers"]) == (0, [])
    assert queue["oldest"]

    start_worker(home)
    assert home.wait_for_end("lonely", "r1")[0] == "success"
    assert home.wait_for_end("lonely", "r2")[0] == "success"
    assert waits(home) == {}
    queue = get(home, "/queues")["queues"][0]
    assert queue["workers"] == ["far"] and queue["queued"] == 0
    assert home.rows("queues", "list")[0]["name"] == "default"


def test_a_full_pool_says_who_holds_it_and_who_is_next(home):
    home.start("standalone")
    home.cli("pools", "set", "gpu", "1", "one")
    gate = Gate(home.work / "gate")
    home.add_dag("full", dag_text(
        "full", f"[BashOperator(task_id=f't{{i}}', bash_command='cat {gate.path}', pool='gpu') for i in range(3)]"))
    home.trigger("full", "r1")
    write_end = gate.wait_for_task()
    holders = get(home, "/pools/gpu/holders")
    assert [(h["task_id"], h["state"]) for h in holders["holders"]] == [("t0", "running")]
    assert [h["task_id"] for h in holders["waiting"]] == ["t1", "t2"] and holders["waiting_total"] == 2
    full = waits(home)["pool_full", "gpu"]
    assert (full["count"], full["check"]["have"], full["check"]["limit"]) == (2, 1, 1)
    why = get(home, "/dags/full/dagRuns/r1/taskInstances/t2/explain")
    check = next(c for c in why["checks"] if c["met"] is False)
    assert (check["kind"], check["position"]) == ("pool_full", 2)
    [worker] = get(home, "/workers")["workers"]
    assert [t["task_id"] for t in worker["tasks"]] == ["t0"] and worker["tasks_total"] == 1
    assert worker["started_at"]
    os.close(write_end)
    for task in ("t1", "t2"):  # each once the one before is gone, whose end of the pipe is another
        wait_until(lambda: home.states("full", "r1")[task] == "running", f"{task} runs")
        os.close(gate.wait_for_task())
    assert home.wait_for_end("full", "r1")[0] == "success"


def test_a_worker_tells_of_its_machine_is_drained_with_a_reason_and_forgotten(home):
    home.start("master")
    said = home.work / "devices"
    said.write_text("0, NVIDIA H200, 97, 1000, 143771, 64\n")
    worker = home.spawn("worker", "--home", str(home.home / "far"), "--name", "far",
                        "--master", f"127.0.0.1:{home.grpc_port}",
                        "--join-token-file", str(home.home / "join_token"),
                        env={"GALE_HOME": str(home.home / "far"),
                             "GALE__WORKER__DEVICES_COMMAND": f"cat {shlex.quote(str(said))}"}, log="worker")

    def row():
        rows = get(home, "/workers")["workers"]
        return rows[0] if rows else {}

    wait_until(lambda: row().get("cpu_count"), "the first word of its machine")
    told = row()
    assert told["memory_bytes"] > told["memory_used_bytes"] > 0
    assert told["devices"] == [{"index": 0, "model": "NVIDIA H200", "load": 0.97, "memory_used_bytes": 1000 << 20,
                                "memory_bytes": 143771 << 20, "temperature": 64.0, "holder": None}]
    assert home.rest("DELETE", f"{OWN}/workers/far", token=home.token())[0] == 409
    assert home.rest("POST", f"{OWN}/workers/far/drain", {"reason": "new fans"}, token=home.token())[0] == 200
    assert row()["drain_reason"] == "new fans" and row()["state"] == "drained"
    status, answer = home.rest("POST", f"{OWN}/workers/far/drain", {"why": "?"}, token=home.token())
    assert status == 422, answer
    assert home.rest("POST", f"{OWN}/workers/far/undrain", token=home.token())[0] == 200

    home.stop(worker)
    wait_until(lambda: row().get("state") == "stopped", "it said goodbye")
    assert "forgotten" in home.cli("workers", "forget", "far").stdout
    assert get(home, "/workers")["workers"] == []
    assert home.rest("DELETE", f"{OWN}/workers/far", token=home.token())[0] == 404
