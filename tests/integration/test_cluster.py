"""A cluster under blows: MariaDB, Redis, two masters and two workers, all of them real processes."""

import os
import pathlib
import signal
import socket

import pytest

from harness import dag_text, wait_until

CHAIN = 12  # tasks, of a fifth of a second each


def chain(dag_id, ledger):
    """A chain whose tasks write their attempt into a ledger when they begin."""
    return dag_text(dag_id, "\n".join(
        [f"ts = [BashOperator(task_id=f't{{i}}', bash_command='echo {{{{ ti.task_id }}}} {{{{ ti.try_number }}}} "
         f">> {ledger}; sleep 0.2') for i in range({CHAIN})]",
         "for a, b in zip(ts, ts[1:]): a >> b"]))


@pytest.fixture
def story(two_masters, request):
    """(cluster, dag_id, start, lines): a chain of the story's own, on a cluster that is whole."""
    cluster, dag_id = two_masters, request.node.name.removeprefix("test_")[:60]
    ledger = cluster.home / f"{dag_id}.ledger"
    leader, _ = wait_until(cluster.leader, "a leader")
    cluster.add_dag(leader, dag_id, chain(dag_id, ledger))

    def lines():
        return ledger.read_text().splitlines() if ledger.exists() else []

    def start(master):
        cluster.trigger(master, dag_id, "r")
        wait_until(lambda: len(lines()) >= 3, "three tasks of the chain")

    yield cluster, dag_id, start, lines
    for part in cluster.file()["processes"]:
        if part["state"] != "running":
            cluster.ask("start", part["name"])
    wait_until(cluster.leader, "a leader")


def each_ran_once(lines):
    assert [line.split()[0] for line in lines] == [f"t{i}" for i in range(CHAIN)]


def test_a_standby_takes_over_from_a_killed_leader(story):
    cluster, dag_id, start, lines = story
    leader, standby = cluster.leader()
    start(leader)
    os.kill(cluster.part(leader)["pid"], signal.SIGKILL)
    assert cluster.wait_for_end(standby, dag_id, "r") == "success"
    each_ran_once(lines())
    assert cluster.leader()[0] == standby


def test_a_killed_leader_that_is_back_at_once_leads_on(story):
    cluster, dag_id, start, lines = story
    leader, _ = cluster.leader()
    start(leader)
    os.kill(cluster.part(leader)["pid"], signal.SIGKILL)
    wait_until(lambda: cluster.part(leader)["state"] == "died", "its death is known")
    assert cluster.ask("start", leader).returncode == 0
    assert cluster.wait_for_end(leader, dag_id, "r") == "success"
    each_ran_once(lines())


def test_a_paused_leader_comes_back_as_a_standby(story):
    cluster, dag_id, start, lines = story
    leader, standby = cluster.leader()
    start(leader)
    pid = cluster.part(leader)["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        assert cluster.wait_for_end(standby, dag_id, "r") == "success"
    finally:
        os.kill(pid, signal.SIGCONT)
    each_ran_once(lines())
    wait_until(lambda: cluster.rest(leader, "GET", "/api/gale/v1/cluster")[1]["leader"]["name"] == standby,
               "it knows that it leads no more")
    cluster.trigger(leader, dag_id, "r2")  # handed on to the one that does
    assert cluster.wait_for_end(leader, dag_id, "r2") == "success"


# Its stop used to wait for the hung one, leading and hearing nobody, until all leases were over.
def test_a_leader_that_is_stopped_beside_a_hung_worker_is_followed_at_once(story):
    cluster, dag_id, start, lines = story
    leader, standby = cluster.leader()
    start(leader)
    hung = cluster.part("worker-1")["pid"]
    os.kill(hung, signal.SIGSTOP)
    try:
        cluster.ask("stop", leader)
        assert cluster.leader()[0] == standby
    finally:
        os.kill(hung, signal.SIGCONT)
    assert cluster.wait_for_end(standby, dag_id, "r") == "success"
    each_ran_once(lines())


def test_what_only_the_leader_can_do_is_asked_of_any_master(story):
    cluster, dag_id, _, lines = story
    _, standby = cluster.leader()
    status, cluster_says = cluster.rest(standby, "GET", "/api/gale/v1/cluster")
    assert status == 200 and cluster_says["answered_by"] == standby
    assert {master["state"] for master in cluster_says["masters"]} == {"alive"}
    assert cluster_says["database"]["status"] == cluster_says["queue"]["status"] == "healthy"
    cluster.trigger(standby, dag_id, "r")
    status, workers = cluster.rest(standby, "GET", "/api/gale/v1/workers")
    assert status == 200 and len(workers["workers"]) == 2
    cluster.add_dag(cluster.leader()[0], f"{dag_id}_waits", dag_text(
        f"{dag_id}_waits", "BashOperator(task_id='t', bash_command='true', pool='nowhere')"))
    cluster.trigger(standby, f"{dag_id}_waits", "r")

    def waits():
        answer = cluster.rest(standby, "GET", f"/api/gale/v1/dags?q={dag_id}_waits")[1]
        return (answer["counts"]["waiting"], (answer["dags"][0]["waiting"] or {"check": None})["check"])

    wait_until(lambda: waits()[0] == 1, lambda: f"a follower's list says what waits: {waits()}")
    assert waits()[1]["kind"] == "pool_missing" and waits()[1]["subject"] == "nowhere"
    groups = cluster.rest(standby, "GET", "/api/gale/v1/summary")[1]["waits"]
    assert "pool_missing" in [group["check"]["kind"] for group in groups]
    status, answer = cluster.rest(standby, "POST", "/api/v2/dags/no_such/dagRuns", {"logical_date": None})
    assert status == 404 and "no_such" in answer
    assert cluster.wait_for_end(standby, dag_id, "r") == "success"
    each_ran_once(lines())


def test_a_database_that_restarts_costs_no_task(story):
    cluster, dag_id, start, lines = story
    leader, _ = cluster.leader()
    start(leader)
    assert cluster.ask("restart", "mysql").returncode == 0
    assert cluster.wait_for_end(leader, dag_id, "r") == "success"
    each_ran_once(lines())
    assert cluster.leader()[0] == leader


def test_a_redis_that_loses_everything_or_dies_loses_no_task(story):
    cluster, dag_id, start, lines = story
    leader, _ = cluster.leader()
    start(leader)
    redis = cluster.part("redis")
    with socket.create_connection((redis["host"], redis["port"]), 10) as connection:
        connection.sendall(f"AUTH {redis['password']}\r\nFLUSHALL\r\n".encode())
        assert connection.recv(100).startswith(b"+OK")
    done = len(lines())
    wait_until(lambda: len(lines()) > done, "another task after FLUSHALL")
    os.kill(redis["pid"], signal.SIGKILL)
    wait_until(lambda: cluster.part("redis")["state"] == "died", "its death is known")
    wait_until(lambda: cluster.rest(leader, "GET", "/api/gale/v1/cluster")[1]["queue"]["status"] == "unhealthy",
               "the API says that Redis is gone")
    assert cluster.ask("start", "redis").returncode == 0
    assert cluster.wait_for_end(leader, dag_id, "r") == "success"
    each_ran_once(lines())


def test_a_killed_worker_that_is_back_takes_up_its_task(story):
    cluster, dag_id, start, lines = story
    leader, _ = cluster.leader()
    start(leader)
    for name in ("worker-1", "worker-2"):
        os.kill(cluster.part(name)["pid"], signal.SIGKILL)
    for name in ("worker-1", "worker-2"):
        wait_until(lambda name=name: cluster.part(name)["state"] == "died", "its death is known")
        assert cluster.ask("start", name).returncode == 0
    assert cluster.wait_for_end(leader, dag_id, "r") == "success"
    each_ran_once(lines())


def test_the_passwords_are_in_no_log(two_masters):
    secrets = [part["password"] for part in two_masters.file()["processes"] if part.get("password")]
    for log in pathlib.Path(two_masters.home).glob("*.log"):
        text = log.read_text(errors="replace")
        assert not [secret for secret in secrets if secret in text], log
