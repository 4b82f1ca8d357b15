"""What becomes of running tasks when their worker is stopped or killed: adopted, or ended at the fence."""

import os
import time

from harness import PATIENCE, Gate, dag_text, wait_until

FENCE_SECONDS = 6.4     # 80 % of [master] lease_seconds, after the last answered heartbeat
HEARTBEAT_SECONDS = 1   # [master] heartbeat_seconds
STOP_SECONDS_MAX = 12   # of `gale worker` after SIGTERM


def start_worker(gale, name):
    """A worker with a home of its own, as on another machine."""
    home = gale.home / name
    worker = gale.spawn("worker", "--home", str(home), "--name", name, "--master", f"127.0.0.1:{gale.grpc_port}",
                        "--join-token-file", str(gale.home / "join_token"), env={"GALE_HOME": str(home)}, log=name)
    wait_until(lambda: "is ready" in worker.log.read_text(), lambda: f"{name}; it said: {worker.log.read_text()}")
    return worker


def gated_task(gale, task_id, gate, **args):
    """Writes its try and pid into a ledger, waits at the gate, and writes that it ended. It holds a lock for as
    long as any process of it lives: a try that overlaps another says so."""
    path = f"{gale.work}/{task_id}"
    command = (f"exec 9>{path}.lock; flock -n 9 || echo overlap >> {path}; "
               f"echo try $AIRFLOW_CTX_TRY_NUMBER $$ >> {path}; cat {gate.path}; echo end >> {path}")
    more = "".join(f", {name}={value}" for name, value in args.items())
    return f"BashOperator(task_id={task_id!r}, bash_command={command!r}{more})"


def ledger(gale, task_id):
    path = gale.work / task_id
    return path.read_text().splitlines() if path.exists() else []


def wait_for_try(gale, task_id, number):
    """The pid of that try."""
    def line():
        return next((line for line in ledger(gale, task_id) if line.startswith(f"try {number} ")), None)

    return int(wait_until(line, f"try {number} of {task_id}").split()[2])


def lives(pid):
    return os.path.exists(f"/proc/{pid}")


def each_try_after_the_other(gale, task_id, pids):
    assert ledger(gale, task_id) == [f"try {number} {pid}" for number, pid in enumerate(pids, 1)] + ["end"]


def test_a_stopped_worker_leaves_its_task_to_the_next_worker_of_its_home(home):
    home.start("master")
    worker = start_worker(home, "far")
    gates = {name: Gate(home.work / f"gate_{name}") for name in ("short", "long")}
    home.add_dag("handed", dag_text("handed", "\n".join(gated_task(home, *each) for each in gates.items())))
    home.trigger("handed", "r1")
    ends = {name: gate.wait_for_task() for name, gate in gates.items()}
    pid = wait_for_try(home, "long", 1)

    worker.terminate()
    asked = time.monotonic()
    os.close(ends["short"])
    wait_until(lambda: home.states("handed", "r1")["short"] == "success", "what ends in time is counted")
    assert worker.poll() is None, "it still waits for the other"
    assert worker.wait(PATIENCE) == 0, worker.log.read_text()
    assert time.monotonic() - asked < STOP_SECONDS_MAX + 3
    assert lives(pid), "the stop ended a running task"
    assert home.states("handed", "r1")["long"] == "running"

    start_worker(home, "far")
    left = time.monotonic()
    wait_until(lambda: time.monotonic() - left > FENCE_SECONDS + HEARTBEAT_SECONDS, "the former's lease is over")
    assert lives(pid), "nobody adopted it"
    os.close(ends["long"])
    assert home.wait_for_end("handed", "r1") == ("success", {"short": "success", "long": "success"})
    each_try_after_the_other(home, "long", [pid])


def test_a_killed_standalones_keeper_ends_the_task_at_the_fence_and_the_next_one_retries_it(gale):
    gate = Gate(gale.work / "gate")
    gale.add_dag("fenced", dag_text("fenced", gated_task(gale, "t", gate, retries=1,
                                                         retry_delay="timedelta(seconds=0)")))
    gale.trigger("fenced", "r1")
    first = wait_for_try(gale, "t", 1)
    gale.kill9(gale.server)
    killed = time.monotonic()
    wait_until(lambda: not lives(first), "the keeper ends the task")
    assert time.monotonic() - killed > FENCE_SECONDS - 2 * HEARTBEAT_SECONDS, "before its lease was over"

    gale.start()
    second = wait_for_try(gale, "t", 2)
    gate.open()
    assert gale.wait_for_end("fenced", "r1") == ("success", {"t": "success"})
    each_try_after_the_other(gale, "t", [first, second])


def test_a_killed_workers_task_is_dead_before_another_worker_gets_its_next_try(home):
    home.start("master")
    gate = Gate(home.work / "gate")
    home.add_dag("moved", dag_text("moved", gated_task(home, "t", gate, retries=1, retry_delay="timedelta(seconds=0)")))
    worker = start_worker(home, "first")
    home.trigger("moved", "r1")
    first = wait_for_try(home, "t", 1)
    start_worker(home, "second")
    home.kill9(worker)
    assert lives(first)
    second = wait_for_try(home, "t", 2)
    assert not lives(first)
    gate.open()
    assert home.wait_for_end("moved", "r1") == ("success", {"t": "success"})
    each_try_after_the_other(home, "t", [first, second])
