"""The same as standalone, as `gale master` and `gale worker`."""

import os

from harness import Gate, dag_text, wait_until


def start_worker(gale):
    """A worker that reaches its master over TCP, as on another machine, and joins with its token."""
    return gale.spawn("worker", "--home", str(gale.home / "far"), "--name", "far",
                      "--master", f"127.0.0.1:{gale.grpc_port}",
                      "--join-token-file", str(gale.home / "join_token"),
                      env={"GALE_HOME": str(gale.home / "far")}, log="worker")


def test_a_worker_with_a_wrong_token_gets_nothing(home):
    home.start("master")
    home.add_dag("closed", dag_text("closed", "BashOperator(task_id='t', bash_command='true')"))
    home.trigger("closed", "r1")
    (home.home / "forged").write_text("forged\n")
    forger = home.spawn("worker", "--home", str(home.home / "forge"), "--name", "forger",
                        "--master", f"127.0.0.1:{home.grpc_port}",
                        "--join-token-file", str(home.home / "forged"), log="forger")
    wait_until(lambda: forger.poll() is not None or "token" in forger.log.read_text(),
               lambda: f"the refusal; it said: {forger.log.read_text()}")
    assert home.states("closed", "r1")["t"] == "queued"
    start_worker(home)
    assert home.wait_for_end("closed", "r1")[0] == "success"


def test_a_master_and_a_worker_run_a_dag(home):
    home.start("master")
    worker = start_worker(home)
    home.add_dag("pair", dag_text("pair", "BashOperator(task_id='t', bash_command='echo both')"))
    home.trigger("pair", "r1")
    assert home.wait_for_end("pair", "r1")[0] == "success", worker.log.read_text()
    assert "both" in home.cli("tasks", "logs", "pair", "r1", "t").stdout


def test_on_one_machine_a_worker_needs_nothing_but_the_home(home):
    home.start("master")
    home.spawn("worker", "--home", str(home.home), log="worker")
    home.add_dag("near", dag_text("near", "BashOperator(task_id='t', bash_command='true')"))
    home.trigger("near", "r1")
    assert home.wait_for_end("near", "r1")[0] == "success"


def test_tasks_wait_for_a_worker_and_survive_its_crash(home):
    home.start("master")
    gate = Gate(home.work / "gate")
    home.add_dag("alone", dag_text(
        "alone", f"BashOperator(task_id='t', bash_command='echo one >> {home.work}/ledger; cat {gate.path}')"))
    home.trigger("alone", "r1")
    wait_until(lambda: home.states("alone", "r1").get("t") == "queued", "queued, without a worker")

    worker = start_worker(home)
    write_end = gate.wait_for_task()
    home.kill9(worker)
    start_worker(home)
    os.close(write_end)
    assert home.wait_for_end("alone", "r1") == ("success", {"t": "success"})
    assert (home.work / "ledger").read_text() == "one\n"


def test_a_master_that_is_killed_leaves_the_workers_tasks_alone(home):
    master = home.start("master")
    start_worker(home)
    gate = Gate(home.work / "gate")
    home.add_dag("left", dag_text(
        "left", f"BashOperator(task_id='t', bash_command='echo one >> {home.work}/ledger; cat {gate.path}')"))
    home.trigger("left", "r1")
    write_end = gate.wait_for_task()
    home.kill9(master)
    home.start("master")
    os.close(write_end)
    assert home.wait_for_end("left", "r1") == ("success", {"t": "success"})
    assert (home.work / "ledger").read_text() == "one\n"


def test_a_worker_that_an_operator_drains_gets_no_more_work_until_it_is_undrained(home):
    home.start("master")
    worker = start_worker(home)
    gate = Gate(home.work / "gate")
    home.add_dag("calm", dag_text("calm", f"BashOperator(task_id='t', bash_command='cat {gate.path}')"))
    home.trigger("calm", "r1")
    write_end = gate.wait_for_task()

    assert "no more work" in home.cli("workers", "drain", "far").stdout
    home.trigger("calm", "r2")
    assert [row["state"] for row in home.rows("workers", "list")] == ["draining"]
    os.close(write_end)
    assert home.wait_for_end("calm", "r1") == ("success", {"t": "success"}), "what it has goes on"
    wait_until(lambda: [row["state"] for row in home.rows("workers", "list")] == ["drained"], "drained")
    home.kill9(worker)
    start_worker(home)
    wait_until(lambda: home.rows("workers", "list")[0]["state"] == "drained", "it is back, and drained")
    assert home.states("calm", "r2")["t"] == "queued"
    why = home.rest("GET", "/api/gale/v1/dags/calm/dagRuns/r2/taskInstances/t/explain",
                    token=home.token())[1]["reasons"]
    assert "no worker that takes work serves queue 'default'" in why, why

    home.cli("workers", "undrain", "far")
    os.close(gate.wait_for_task())
    assert home.wait_for_end("calm", "r2") == ("success", {"t": "success"})
    assert "nobody" in home.cli("workers", "drain", "nobody", check=False).stderr


def test_a_worker_that_is_to_end_finishes_what_it_has(home):
    home.start("master")
    worker = start_worker(home)
    gate = Gate(home.work / "gate")
    home.add_dag("drained", dag_text("drained", f"BashOperator(task_id='t', bash_command='cat {gate.path}')"))
    home.trigger("drained", "r1")
    write_end = gate.wait_for_task()
    worker.terminate()
    os.close(write_end)
    assert home.wait_for_end("drained", "r1") == ("success", {"t": "success"})
    assert worker.wait(30) == 0
