"""Following runs and logs: on a leader, on a master that follows, and across a leader's death."""

import os
import pathlib
import signal
import subprocess

import pytest

from harness import BINARY, PATIENCE, Gate, dag_text, wait_until

GATED = """
a = BashOperator(task_id='a', bash_command='echo one; cat {gate}; echo two; cat {gate2}; echo three')
"""


class Following:
    """A CLI that follows something, and what it has said so far."""

    def __init__(self, cluster, name, *args):
        self.out = cluster.home / f"{name}.out"
        with open(self.out, "wb") as output:
            self.process = subprocess.Popen([BINARY, *args], stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=subprocess.STDOUT, env=cluster.env)

    def said(self):
        return self.out.read_text()

    def wait_for(self, text):
        wait_until(lambda: text in self.said(), lambda: f"{text!r}; it said: {self.said()}")

    def ended(self):
        return self.process.wait(PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def printed(log):
    """What the task printed; the worker's own lines stand before and after."""
    return [line for line in log.said().splitlines() if line in ("one", "two", "three")]


@pytest.fixture
def story(two_masters, request):
    """(cluster, dag_id, gates, follow): a task that waits twice, on a cluster that is whole."""
    cluster, dag_id = two_masters, request.node.name.removeprefix("test_")[:60]
    leader, _ = wait_until(cluster.leader, "a leader")
    gates = [Gate(cluster.home / f"{dag_id}.gate{i}") for i in (1, 2)]
    cluster.add_dag(leader, dag_id, dag_text(dag_id, GATED.format(gate=gates[0].path, gate2=gates[1].path)))
    started = []

    def follow(name, master, *args):
        home = pathlib.Path(cluster.part(master).get("home", cluster.home / master))
        following = Following(cluster, f"{dag_id}-{name}", "--home", str(home), *args)
        started.append(following)
        return following

    yield cluster, dag_id, gates, follow
    for following in started:
        following.close()
    for part in cluster.file()["processes"]:
        if part["state"] != "running":
            cluster.ask("start", part["name"])
    wait_until(cluster.leader, "a leader")


def test_a_run_and_a_log_are_followed_on_every_master(story):
    cluster, dag_id, gates, follow = story
    leader, standby = cluster.leader()
    cluster.trigger(leader, dag_id, "r")
    standing = gates[0].wait_for_task()
    logs = [follow(f"log-{master}", master, "tasks", "logs", "--follow", dag_id, "r", "a")
            for master in (leader, standby)]
    for log in logs:
        log.wait_for("one\n")
    os.close(standing)
    for log in logs:
        log.wait_for("two\n")
    assert logs[0].said().splitlines()[-1] == "two"
    gates[1].open()
    for log in logs:
        assert log.ended() == 0, log.said()
        assert printed(log) == ["one", "two", "three"]


def test_waiting_on_a_standby_goes_on_when_its_leader_is_killed(story):
    cluster, dag_id, gates, follow = story
    leader, standby = cluster.leader()
    wait = follow("wait", standby, "dags", "trigger", dag_id, "--run-id", "r", "--wait")
    standing = gates[0].wait_for_task()
    wait.wait_for("running")
    log = follow("log", standby, "tasks", "logs", "--follow", dag_id, "r", "a")
    log.wait_for("one\n")
    os.kill(cluster.part(leader)["pid"], signal.SIGKILL)
    wait_until(lambda: (cluster.leader() or "")[:1] == (standby,), "the standby leads")
    os.close(standing)
    log.wait_for("two\n")
    gates[1].open()
    assert log.ended() == 0, log.said()
    assert printed(log) == ["one", "two", "three"]
    assert wait.ended() == 0, wait.said()
    assert wait.said().rstrip().endswith("r success")


def test_waiting_on_a_leader_that_is_killed_goes_on_at_another(story):
    cluster, dag_id, gates, follow = story
    leader, standby = cluster.leader()
    addresses = dict(zip(("master-1", "master-2"), cluster.file()["grpc"]))
    token = cluster.home / f"{dag_id}.token"
    token.write_text(cluster.token(leader))
    wait = follow("wait", leader, "--server", f"{addresses[leader]},{addresses[standby]}", "--token-file", str(token),
                  "dags", "trigger", dag_id, "--run-id", "r", "--wait")
    standing = gates[0].wait_for_task()
    wait.wait_for("running")
    os.kill(cluster.part(leader)["pid"], signal.SIGKILL)
    wait_until(lambda: (cluster.leader() or "")[:1] == (standby,), "the standby leads")
    os.close(standing)
    gates[1].open()
    assert wait.ended() == 0, wait.said()
    assert "waiting for the master to come back" in wait.said()
    assert wait.said().rstrip().endswith("r success")
