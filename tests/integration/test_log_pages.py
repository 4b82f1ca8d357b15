"""Logs as pages ask for them, on the real binary: the end of a long one at once, hostile bytes as they are, what is
found in them; a run's output; the source of each version."""

import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request

from harness import Gate, dag_text, wait_until, write_whole

LINE = b"[2026-11-28T13:00:00.000+0000] {worker.py:1} INFO - processed record number %09d\n"
LONG_BYTES = 20 << 20


def ask(gale, token, path, **query):
    """(status, bytes, headers) as they came."""
    url = f"http://127.0.0.1:{gale.port}{path}?{urllib.parse.urlencode(query)}"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def whole_log(gale, token, path, holds):
    """All of an ended try's log, a piece at a time; it holds those bytes, between what Gale says of the command."""
    def ended():
        status, _, headers = ask(gale, token, path + "/log", limit=0)
        return status == 200 and headers["X-Log-Complete"] == "true" and int(headers["X-Log-Size"]) > len(holds)

    wait_until(ended, "all of the log is there")
    whole = b""
    while piece := ask(gale, token, path + "/log", offset=len(whole), limit=4 << 20)[1]:
        whole += piece
    assert holds in whole
    return whole


def task_path(dag_id, task_id, run_id="r"):
    return f"/api/gale/v1/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"


def run_dag(gale, dag_id, body):
    gale.add_dag(dag_id, dag_text(dag_id, body))
    gale.trigger(dag_id, "r")


def test_a_long_log_opens_at_its_end_and_is_searched_on_the_server(shared):
    source = shared.work / "long.log"
    with open(source, "wb") as out:
        for number in range(LONG_BYTES // len(LINE % 0)):
            out.write(LINE % number)
        out.write(b"Traceback (most recent call last):\n  File x\nValueError: the end\n")
    run_dag(shared, "long", f"BashOperator(task_id='t', bash_command='cat {source}', do_xcom_push=False)")
    assert shared.wait_for_end("long", "r")[0] == "success"
    token, path = shared.token(), task_path("long", "t")

    whole = whole_log(shared, token, path, source.read_bytes())
    began = time.monotonic()
    status, end, headers = ask(shared, token, path + "/log", offset=-65536)
    took = time.monotonic() - began
    assert status == 200 and end == whole[-65536:]
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert int(headers["X-Log-Offset"]) == len(whole) - 65536 and headers["X-Log-Try"] == "1"
    assert took < 1, "no reading from the start (milliseconds, on a machine that has nothing else to do)"
    assert ask(shared, token, path + "/log", offset=12345678, limit=1000)[1] == whole[12345678:12346678]
    assert len(ask(shared, token, path + "/log", limit=1 << 30)[1]) == 4 << 20

    marks = json.loads(ask(shared, token, path + "/log/marks", q="RECORD NUMBER 000123456")[1])
    lines, before = whole.count(b"\n"), whole[:whole.index(LINE % 0)].count(b"\n")
    assert marks["lines"] == lines and marks["scanned"] == marks["size"] == len(whole) and marks["complete"]
    assert marks["hits"] == [{"offset": whole.index(b"record number 000123456"), "line": 123457 + before}]
    error = whole.index(b"Traceback")
    assert marks["errors"] == [{"offset": error, "line": whole[:error].count(b"\n") + 1}]
    marks = json.loads(ask(shared, token, path + "/log/marks", q="record number", case="true")[1])
    assert len(marks["hits"]) == 1000 and marks["hits_total"] == whole.count(b"record number")
    more = json.loads(ask(shared, token, path + "/log/marks", q="record number", after=marks["next"])[1])
    assert more["hits"][0]["line"] == 1001 + before
    times = json.loads(ask(shared, token, path + "/log/times", offset=-100, limit=100)[1])["times"]
    assert times and times[-1]["offset"] < len(whole)


def test_hostile_bytes_come_as_they_are(shared):
    source = shared.work / "hostile.log"
    hostile = (b"nul \0 and \xff\xfe bad\r\nprogress 1%\rprogress 2%\r\n"
               + b"\x1b[31mERROR\x1b[0m red\n"
               + "한국어 😀\n".encode() + b"<script>alert(1)</script>\n"
               + b"x" * (1 << 20) + b"needle\n" + b"no end \xe2\x82")
    source.write_bytes(hostile)
    run_dag(shared, "hostile", f"BashOperator(task_id='t', bash_command='cat {source}', do_xcom_push=False)")
    assert shared.wait_for_end("hostile", "r")[0] == "success"
    token, path = shared.token(), task_path("hostile", "t")
    whole = whole_log(shared, token, path, hostile)
    assert ask(shared, token, path + "/log")[1] == whole[:1 << 20]
    assert ask(shared, token, path + "/log", offset=-50)[1] == whole[-50:]
    before = whole[:whole.index(hostile)].count(b"\n")
    marks = json.loads(ask(shared, token, path + "/log/marks", q="NEEDLE")[1])
    assert marks["hits"] == [{"offset": whole.index(b"needle"), "line": before + 6}]
    assert marks["lines"] == whole.count(b"\n") + (not whole.endswith(b"\n"))
    assert [mark["line"] for mark in marks["errors"]] == [before + 3]
    assert json.loads(ask(shared, token, path + "/log/marks", q="로그")[1])["hits_total"] == 0
    output = json.loads(ask(shared, token, "/api/gale/v1/dags/hostile/dagRuns/r/output")[1])
    texts = [line["text"] for line in output["lines"]]
    assert output["complete"] and len(texts) == marks["lines"]
    assert texts[before + 3] == "한국어 😀" and texts[before + 6].startswith("no end \\xe2\\x82")
    assert ask(shared, token, path + "/log", try_number=2)[0] == 404


def test_a_log_that_grows_and_one_that_is_not_there_yet(shared):
    gate = Gate(shared.work / "gate")
    run_dag(shared, "grows", f"""
first = BashOperator(task_id='first', bash_command='echo one; cat {gate.path}; echo two')
first >> BashOperator(task_id='second', bash_command='echo three')""")
    token, path = shared.token(), task_path("grows", "first")
    held = gate.wait_for_task()
    wait_until(lambda: ask(shared, token, path + "/log")[1].endswith(b"one\n"), "the first line")
    size = int(ask(shared, token, path + "/log")[2]["X-Log-Size"])
    assert ask(shared, token, path + "/log")[2]["X-Log-Complete"] == "false"
    status, says, _ = ask(shared, token, task_path("grows", "second") + "/log")
    assert status == 404 and "has not started yet (state none): it has no log" in says.decode()
    output = json.loads(ask(shared, token, "/api/gale/v1/dags/grows/dagRuns/r/output")[1])
    assert not output["complete"] and output["next"]
    os.close(held)
    assert shared.wait_for_end("grows", "r")[0] == "success"
    wait_until(lambda: ask(shared, token, path + "/log", offset=size)[1].startswith(b"two\n"), "the rest")
    texts, after, complete = [], "", False
    while not complete:
        page = json.loads(ask(shared, token, "/api/gale/v1/dags/grows/dagRuns/r/output", after=after)[1])
        texts += [f"{line['task_id']}: {line['text']}" for line in page["lines"]
                  if line["text"] in ("one", "two", "three")]
        after, complete = page["next"], page["complete"]
    assert texts == ["first: one", "first: two", "second: three"]


def test_each_version_has_its_source_in_a_standalone(shared):
    def source(**query):
        status, answer, _ = ask(shared, shared.token(), "/api/v2/dagSources/versions", **query)
        return status, json.loads(answer)

    first = "# the first\n" + dag_text("versions", "BashOperator(task_id='a', bash_command='true')")
    second = "# the second 한국어\n" + dag_text("versions", "BashOperator(task_id='b', bash_command='true')")
    shared.add_dag("versions", first)
    write_whole(shared.dags / "versions.py", second)
    wait_until(lambda: source()[1].get("version_number") == 2, "the second version")
    assert source(version_number=1) == (200, {"content": first, "dag_id": "versions", "version_number": 1,
                                              "dag_display_name": "versions"})
    assert source()[1]["content"] == source(version_number=2)[1]["content"] == second
    # A file that is broken is not its last good version.
    write_whole(shared.dags / "versions.py", "from airflow import DAG\noops")
    wait_until(lambda: shared.rows("dags", "list-import-errors"), "an import error")
    assert source()[1]["content"] == second
    os.remove(shared.dags / "versions.py")
    wait_until(lambda: not shared.rows("dags", "list-import-errors"), "that is gone")
    assert source(version_number=1)[1]["content"] == first
    assert source()[1]["content"] == second
    status, says = source(version_number=3)
    assert status == 404 and "has no version 3" in says["detail"]
    assert source(version_number="x")[0] == 422
