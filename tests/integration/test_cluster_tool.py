"""`./dev cluster`: a database, Redis, masters and workers on one machine, without Docker."""

import json
import os
import pathlib
import signal
import socket
import stat

import pytest

from cluster_harness import START_SECONDS_MAX, lives
from harness import PATIENCE, dag_text, wait_until, write_whole


def redis_says(part, password):
    """Redis' first word to PING, after an AUTH with `password`."""
    with socket.create_connection((part["host"], part["port"]), PATIENCE) as connection:
        connection.sendall(f"AUTH {password}\r\n".encode())
        return connection.makefile().readline().strip()


def test_the_servers_alone_with_passwords_and_private_files(cluster):
    cluster.start(masters=0, workers=0)
    assert [part["name"] for part in cluster.file()["processes"]] == ["mysql", "redis"]
    assert all(lives(part["pid"]) for part in cluster.file()["processes"])
    redis = cluster.part("redis")
    assert redis_says(redis, redis["password"]) == "+OK"
    assert redis_says(redis, "guess").startswith("-WRONGPASS")
    for name in ("cluster.json", "gale.cfg", "state.json", "mysql/init.sql", "redis/redis.conf"):
        assert stat.S_IMODE((cluster.home / name).stat().st_mode) == 0o600, name
    assert f"mysql://gale:{cluster.part('mysql')['password']}@" in (cluster.home / "gale.cfg").read_text()
    assert redis["password"] not in pathlib.Path(f"/proc/{redis['pid']}/cmdline").read_text()

    assert cluster.terminate() == 0
    assert cluster.leftovers() == []
    assert not (cluster.home / "cluster.json").exists()


def test_a_killed_server_stays_dead_until_it_is_started_and_keeps_its_port(cluster):
    cluster.start(masters=0, workers=0)
    before = cluster.part("mysql")
    os.kill(before["pid"], signal.SIGKILL)
    wait_until(lambda: cluster.part("mysql")["state"] == "died", "the death in cluster.json")
    assert cluster.part("mysql")["pid"] is None
    assert "mysql died (signal 9" in cluster.said()
    assert cluster.process.poll() is None

    started = cluster.ask("start", "mysql")
    assert started.returncode == 0, started.stderr
    after = cluster.part("mysql")
    assert after["state"] == "running" and lives(after["pid"]) and after["pid"] != before["pid"]
    assert (after["port"], after["password"]) == (before["port"], before["password"])


def test_a_second_start_finds_the_ports_and_passwords_of_the_first(cluster):
    cluster.start(masters=0, workers=0)
    first = {part["name"]: (part["port"], part["password"]) for part in cluster.file()["processes"]}
    assert cluster.terminate(signal.SIGINT) == 0
    cluster.start(masters=0, workers=0)
    assert {part["name"]: (part["port"], part["password"]) for part in cluster.file()["processes"]} == first


def test_nothing_outlives_a_killed_supervisor_and_the_home_can_be_used_again(cluster):
    cluster.start(masters=0, workers=0)
    cluster.terminate(signal.SIGKILL)
    wait_until(lambda: cluster.leftovers() == [], "the end of the servers")
    cluster.start(masters=0, workers=0)
    assert all(lives(part["pid"]) for part in cluster.file()["processes"])


def test_a_second_signal_ends_what_is_deaf_to_the_first(cluster):
    cluster.start(masters=0, workers=0)
    redis = cluster.part("redis")["pid"]
    os.kill(redis, signal.SIGSTOP)
    cluster.pids = [redis]
    cluster.process.terminate()
    wait_until(lambda: "stopping (again to kill)" in cluster.said(), "the stop to begin")
    cluster.process.terminate()
    assert cluster.process.wait(PATIENCE) == 0
    assert "did not end in time" not in cluster.said()
    assert cluster.leftovers() == []


def test_what_can_not_be_done_is_said_in_one_line(cluster):
    nobody = cluster.ask("stop", "redis")
    assert nobody.returncode == 1 and "no cluster runs with the home" in nobody.stderr
    cluster.start(masters=0, workers=0)
    for args, words in ((["start", "redis"], "redis runs already"),
                        (["stop", "worker-9"], "there are mysql, redis"),
                        ([], "another ./dev cluster runs"),
                        (["--database", "mysql"], "another ./dev cluster runs")):
        refused = cluster.ask(*args)
        assert refused.returncode == 1 and words in refused.stderr, refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
    cluster.home, short = pathlib.Path("/tmp") / ("x" * 90), cluster.home
    too_long = cluster.ask()
    cluster.home = short
    assert too_long.returncode == 1 and "too long by" in too_long.stderr


def test_a_whole_cluster_runs_a_dag_and_leaves_nothing_behind(cluster):
    cluster.start(masters=2, workers=2)
    file = cluster.file()
    names = ["mysql", "redis", "master-1", "master-2", "worker-1", "worker-2"]
    assert [part["name"] for part in file["processes"]] == names
    assert all(lives(part["pid"]) and part["state"] == "running" for part in file["processes"])
    assert len(file["rest"]) == len(file["grpc"]) == 2
    assert pathlib.Path(file["admin_password_file"]).read_text().strip()
    dags = pathlib.Path(file["dags_folder"])
    write_whole(dags / "whole.py", dag_text("whole", "BashOperator(task_id='t', bash_command='true')",
                                            is_paused_upon_creation=False))
    wait_until(lambda: "whole" in cluster.cli("dags", "list").stdout, "whole in `gale dags list`")
    triggered = cluster.cli("dags", "trigger", "whole", "--run-id", "r1")
    assert triggered.returncode == 0, triggered.stderr
    wait_until(lambda: "success" in cluster.cli("dags", "list-runs", "whole").stdout,
               lambda: f"the run's end: {cluster.cli('dags', 'list-runs', 'whole').stdout}")

    first = cluster.part("worker-1")["pid"]
    stopped = cluster.ask("stop", "worker-1")
    assert stopped.returncode == 0, stopped.stderr
    assert not lives(first) and cluster.part("worker-1")["state"] == "stopped"
    started = cluster.ask("start", "worker-1")
    assert started.returncode == 0, started.stderr
    assert cluster.part("worker-1")["pid"] not in (None, first)
    restarted = cluster.ask("restart", "master-2")
    assert restarted.returncode == 0, restarted.stderr

    assert cluster.terminate() == 0, cluster.said()
    assert cluster.leftovers() == []
