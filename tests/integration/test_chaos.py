"""The crash suite itself, for half a minute: `./dev chaos` is the same for as long as one likes."""

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

import pytest

from harness import BINARY, ROOT, wait_until

sys.path.insert(0, str(ROOT / "tests/chaos"))

import faults  # noqa: E402
import injector  # noqa: E402
import standalone  # noqa: E402
from measure import undisturbed  # noqa: E402
from proxy import Proxy  # noqa: E402

ROUND_SECONDS_MAX = 240


def chaos(home, *arguments):
    """A round that must keep every promise; its summary."""
    done = subprocess.run([sys.executable, "-B", str(ROOT / "tests/chaos"), "--home", str(home), *arguments],
                          env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "GALE_BIN": BINARY}, text=True,
                          capture_output=True, timeout=ROUND_SECONDS_MAX, check=False)
    assert done.returncode == 0, done.stderr[-8000:]
    return json.loads(done.stdout)


@pytest.fixture
def home():
    """Short, because the path of a Unix socket may have only 107 bytes."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="gchaos-it-", dir="/tmp"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def test_a_short_round_on_a_standalone_keeps_every_promise(home):
    summary = chaos(home, "--standalone", "--minutes", "0.4", "--seed", "11", "--fault-seconds", "2",
                    "--rate", "8", "--only", "kill_all_masters", "kill_keeper", "kill_task", "kill_host")
    assert summary["runs"] == summary["accepted"] > 5
    assert len(summary["faults"]) >= 2 and not summary["faults_broken"]
    assert summary["violations"] == {}


def test_a_short_round_on_a_cluster_keeps_every_promise(home):
    summary = chaos(home, "--minutes", "0.4", "--seed", "12", "--fault-seconds", "2.5", "--rate", "8", "--no-far",
                    "--only", "kill_leader", "flush_redis", "kill_task", "kill_worker_short",
                    "kill_redis", "kill_mysql")
    assert summary["runs"] == summary["accepted"] > 5
    assert len(summary["faults"]) >= 2 and not summary["faults_broken"]
    assert summary["violations"] == {}


def test_a_seed_deals_the_same_faults_again():
    def deal(seed):
        planned = injector.plan(seed, list(faults.KINDS), 5)
        return [next(planned) for _ in range(50)]

    assert deal(1) == deal(1) != deal(2)
    assert {each.kind for each in deal(1)} <= set(faults.KINDS)
    assert set(standalone.KINDS) <= set(faults.KINDS)


def test_a_fault_is_undisturbed_if_no_other_went_on_when_it_began():
    second = 10**9
    alone = {"kind": "kill_leader", "at_ns": 100 * second, "healed_ns": 101 * second}
    one = {"kind": "kill_leader", "at_ns": 10 * second, "healed_ns": 12 * second}
    other = {"kind": "pause_mysql_long", "at_ns": 5 * second, "healed_ns": 11 * second}
    task = {"kind": "kill_task", "at_ns": 100 * second}
    assert undisturbed([alone, one, other, task]) == [alone, other]


@pytest.fixture
def link():
    """(a client's connection through a proxy, the server's end, the proxy)"""
    with socket.create_server(("127.0.0.1", 0)) as server:
        proxy = Proxy(*server.getsockname())
        host, port = proxy.address.split(":")
        with socket.create_connection((host, int(port)), 10) as client:
            client.sendall(b"hello")
            far, _ = server.accept()
            with far:
                far.settimeout(10)
                assert far.recv(5) == b"hello"
                yield client, far, proxy
        proxy.close()


def test_a_frozen_link_lets_nothing_through_and_loses_nothing(link):
    client, far, proxy = link
    proxy.mode = "freeze"
    wait_until(lambda: proxy.is_quiet, "the proxy has stopped")
    client.sendall(b"later")
    far.settimeout(0.3)
    with pytest.raises(TimeoutError):
        far.recv(5)
    proxy.mode = "pass"
    far.settimeout(10)
    assert far.recv(5) == b"later"


def test_a_dropped_link_is_reset_and_refuses_until_it_passes_again(link):
    client, far, proxy = link
    proxy.mode = "drop"
    client.settimeout(10)
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    host, port = proxy.address.split(":")
    with pytest.raises(ConnectionResetError):
        with socket.create_connection((host, int(port)), 10) as again:
            again.recv(1)
    proxy.mode = "pass"
    with socket.create_connection((host, int(port)), 10) as again:
        again.sendall(b"x")
        wait_until(lambda: proxy.connections == 2, "a second connection")
