"""The event stream of the real binary: what pages hear of what happens."""

import os
import socket
import time
import urllib.parse

from browser import Browser, Events
from harness import Gate, dag_text, wait_until

BUSY = 'BashOperator(task_id="a", bash_command="echo {{ run_id }}")'


def is_run(run_id, state=None):
    return lambda name, one: (one.get("kind") == "run" and one["dag_run_id"] == run_id
                              and state in (None, one["state"]))


def test_a_page_sees_a_change_within_a_second(shared):
    shared.add_dag("seen", dag_text("seen", BUSY))
    events = Events(shared.port, shared.token(), "dag:seen")
    assert events.hello[2]["at"] == events.hello[1]
    began = time.monotonic()
    shared.trigger("seen", "r1")
    _, _, run = events.until(is_run("r1"))
    assert time.monotonic() - began < 1 + 2  # two of them for the command on a busy machine
    assert run["run_type"] == "manual" and run["dag_id"] == "seen"
    ended = set()

    def both(_, one):  # of one turn they come in any order
        if is_run("r1", "success")(_, one):
            ended.add("run")
        if one.get("kind") == "tasks" and one["task_instances"][-1]["state"] == "success":
            ended.add(one["task_instances"][-1]["task_id"])
        return ended == {"run", "a"}

    events.until(both)
    events.close()


def test_a_browsers_cookie_is_enough(shared):
    browser = Browser(shared)
    assert browser.ask("GET", "/api/gale/v1/events?watch=dags")[0] == 401
    browser.log_in()
    with socket.create_connection(("127.0.0.1", shared.port), timeout=30) as line:
        line.sendall(f"GET /api/gale/v1/events?watch=dags HTTP/1.1\r\nHost: x\r\nCookie: {browser.cookie}\r\n\r\n"
                     .encode())
        said = b""
        while b"event: hello" not in said:
            data = line.recv(4096)
            assert data, said
            said += data
    status, _, text = browser.ask("GET", "/api/gale/v1/events?watch=all")
    assert status == 422 and b"watch=all" in text


def test_who_comes_back_has_missed_nothing(shared):
    shared.add_dag("resumed", dag_text("resumed", BUSY))
    token = shared.token()
    events = Events(shared.port, token, "dag:resumed")
    shared.trigger("resumed", "r1")
    _, at, _ = events.until(is_run("r1", "success"))
    events.close()
    shared.trigger("resumed", "r2")
    shared.wait_for_end("resumed", "r2")
    for again in (Events(shared.port, token, "dag:resumed", after=at),
                  Events(shared.port, token, "dag:resumed", after="0.0", header=at)):
        assert again.hello[1] == at
        states = set()
        name, _, data = again.next()
        while True:
            assert name == "turn", "it is told all of it, not to read again"
            states |= {one["state"] for one in data["changes"] if one["kind"] == "run" and one["dag_run_id"] == "r2"}
            if "success" in states:
                break
            name, _, data = again.next()
        again.close()
    old = Events(shared.port, token, "dag:resumed", after="0.0")
    assert old.next()[0] == "read_again"
    old.close()


def test_a_log_that_grows_is_told(shared):
    gate = Gate(shared.work / "grown")
    command = f"echo one; cat {gate.path}; echo two"
    shared.add_dag("grown", dag_text("grown", f'BashOperator(task_id="a", bash_command="{command}")'))
    shared.trigger("grown", "r1")
    writer = gate.wait_for_task()
    events = Events(shared.port, shared.token(), "log:grown/r1/a/-1/1")
    os.close(writer)
    _, _, log = events.until(lambda name, one: name == "log" and one["size"] > len("one\ntwo\n"))
    assert (log["dag_id"], log["dag_run_id"], log["task_id"], log["try_number"]) == ("grown", "r1", "a", 1)
    events.close()


def test_a_reader_that_stops_reading_is_told_to_read_again(shared):
    """It costs the master no memory, and others nothing; once it reads, it is told what counts."""
    tasks = "\n".join(f'BashOperator(task_id="t{i}", bash_command="true")' for i in range(40))
    shared.add_dag("slow", dag_text("slow", tasks))
    token = shared.token()
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(30)
        line.connect(("127.0.0.1", shared.port))
        line.sendall(f"GET /api/gale/v1/events?watch=dag:slow&after=0.0 HTTP/1.1\r\nHost: x\r\n"
                     f"Authorization: Bearer {token}\r\n\r\n".encode())
        quick = Events(shared.port, token, "dag:slow")
        shared.trigger("slow", "r1")
        quick.until(is_run("r1", "success"))
        quick.close()
        said = b""
        while b'"dag_run_id":"r1","run_type":"manual","state":"success"' not in said:
            data = line.recv(65536)
            assert data, said[-500:]
            said += data
    assert b"event: read_again" in said


def test_the_masters_stop_ends_it(home):
    server = home.start()
    events = Events(home.port, home.token(), "dags")
    assert home.stop(server) == 0
    while events.next():
        pass  # what was told before; then the end


def test_a_follower_tells_too_and_another_leader_means_reading_again(cluster):
    cluster.start(masters=2, workers=1)
    cluster.add_dag("master-1", "seen", dag_text("seen", BUSY))
    leader, follower = cluster.leader()
    part = cluster.part(follower)
    token = cluster.token(follower)
    wait_until(lambda: told_by(part["port"], token), "the follower hears of the leader")
    events = Events(part["port"], token, "dag:seen", "workers")
    assert events.hello[2]["master"] == follower
    cluster.trigger(leader, "seen", "r1")
    _, at, _ = events.until(is_run("r1", "success"))
    # From the follower's position another master goes on, too.
    other = Events(cluster.part(leader)["port"], token, "dag:seen", after=at)
    cluster.trigger(leader, "seen", "r2")
    other.until(is_run("r2", "success"))
    other.close()
    assert cluster.ask("stop", leader).returncode == 0
    events.until(lambda name, one: name == "read_again", 60)
    cluster.trigger(follower, "seen", "r3")
    events.until(is_run("r3", "success"), 60)
    events.close()


def told_by(port, token):
    """Whether that master knows a position yet."""
    events = Events(port, token, "dags")
    events.close()
    return urllib.parse.unquote(events.hello[1]) != "0.0"
