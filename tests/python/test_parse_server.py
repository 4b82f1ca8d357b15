"""Nothing that a file does ends the parse server, and each thing it does is reported."""

import json
import os
import selectors
import time

from conftest import ParseServer, frame

GOOD = "from airflow.sdk import DAG\nDAG_ = DAG('good')\n"


def alive(pid):
    """Whether the process runs (a zombie does not)."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return file.read().split()


def test_a_good_file(server, write):
    path = write(GOOD)
    answer = server.ask({"path": path})[0]
    assert answer.pop("seconds") < 20
    assert answer == {"id": 0, "error": "", "warnings": [], "dags": [
        {"dag_id": "good", "profile": "3", "fileloc": path, "tasks": []}]}


def test_files_that_misbehave_are_reported_and_the_next_is_read(server, write):
    bad = {
        "called sys.exit(3) while it was imported": "import sys\nsys.exit(3)",
        "ended its process with exit status 7": "import os\nos._exit(7)",
        "ended its process with exit status 0": "import os\nos._exit(0)",
        "killed by signal 11 (SIGSEGV)": "import ctypes\nctypes.string_at(0)",
        "killed by signal 9 (SIGKILL)": "import os\nos.kill(0, 9)",
        "more than 200 MiB of memory to import; raise [dag_processor] parse_memory_limit_mb":
            "x = []\nwhile True: x.append(bytearray(10 ** 7))",
        "RecursionError": "def f(): f()\nf()",
        "KeyboardInterrupt": "raise KeyboardInterrupt",
        "ZeroDivisionError": "1 / 0",
        "longer than 0.5 s to import": "while True: pass",
        "longer than 0.25 s": "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)",
    }
    requests = [{"path": write("# airflow dag\n" + source, f"bad_{number}.py"), "memory_bytes": 200 << 20}
                for number, source in enumerate(bad.values())]
    for request, complaint in zip(requests, bad):
        if "longer than" in complaint:
            request["timeout_seconds"] = float(complaint.split("longer than ")[1].split()[0])
    answers = server.ask(*requests, {"path": write(GOOD)}, {"path": "/no/such/file.py"})
    for answer, complaint in zip(answers, bad):
        assert complaint in answer["error"]
        assert not answer.get("dags")
    assert [dag["dag_id"] for dag in answers[-2]["dags"]] == ["good"]
    assert answers[-1]["error"] == "cannot read /no/such/file.py: No such file or directory"
    assert children_of(server.process.pid) == []


def test_what_a_file_prints_or_reads_does_not_reach_the_protocol(server, write):
    answers = server.ask({"path": write("""
        import os, sys
        print("noise"); sys.stdout.flush(); os.write(1, b"more noise"); os.system("echo still more")
        print("errors", file=sys.stderr)
        assert sys.stdin.read() == ""
        """ + "\n        from airflow.sdk import DAG\n        DAG_ = DAG('loud')\n")}, {"path": write(GOOD, "g.py")})
    assert [answer["error"] for answer in answers] == ["", ""]
    assert [answer["dags"][0]["dag_id"] for answer in answers] == ["loud", "good"]


def test_processes_that_a_file_leaves_behind_are_killed(server, write, tmp_path):
    pids = tmp_path / "pids"
    answer = server.ask({"path": write(f"""
        import os, subprocess
        with open({str(pids)!r}, "w") as file:
            for own_session in (False, True):
                print(subprocess.Popen(["sleep", "600"], start_new_session=own_session).pid, file=file)
        from airflow.sdk import DAG
        DAG_ = DAG("leaver")
        """)})[0]
    assert answer["error"] == ""
    assert len(answer["dags"]) == 1
    left = [int(pid) for pid in pids.read_text().split()]
    deadline = time.monotonic() + 10
    while any(map(alive, left)) and time.monotonic() < deadline:
        os.sched_yield()
    assert not any(map(alive, left))
    assert children_of(server.process.pid) == []


def test_files_are_read_apart_from_each_other(server, write):
    first = write("import sys, json\njson.poisoned = True\n" + GOOD, "first.py")
    second = write("import json\nassert not hasattr(json, 'poisoned')\n" + GOOD, "second.py")
    assert [answer["error"] for answer in server.ask({"path": first}, {"path": second})] == ["", ""]


def test_imports_from_the_dags_folder_its_plugins_and_its_config(server, write, tmp_path):
    write("A = 1", "dags/helper_a.py")
    write("B = 2", "dags/plugins/helper_b.py")
    write("C = 3", "dags/config/helper_c.py")
    write("D = 4", "dags/deep/helper_d.py")
    path = write("""
        from airflow.sdk import DAG
        from helper_a import A; from helper_b import B; from helper_c import C; from helper_d import D
        DAG_ = DAG(f"d{A}{B}{C}{D}")
        """, "dags/deep/json.py")  # named like a library, which it must not shadow
    answer = server.ask({"path": path})[0]
    assert answer["error"] == ""
    assert answer["dags"][0]["dag_id"] == "d1234"
    assert not list(tmp_path.rglob("__pycache__"))  # the watched folder is left as it is


def test_requests_that_are_none_get_an_answer(server, write):
    for pieces in ((b"garbage",), (b"[]",), (b'{"id": 1}',), (b"{}", b"x"), (),
                   (b'{"id": 1, "timeout_seconds": "soon"}', b"x")):
        server.process.stdin.write(frame(*pieces))
        server.process.stdin.flush()
        answer = server.answer()
        assert answer["id"] is None and answer["error"].startswith("bad request")
    assert server.ask({"path": write(GOOD)})[0]["error"] == ""


def test_it_ends_with_its_input_and_takes_its_children_along(server, write, tmp_path):
    pid_file = tmp_path / "pid"
    os.mkfifo(pid_file)
    server.send({"id": 1}, write(f"""
        # airflow dag
        import os, time
        with open({str(pid_file)!r}, "w") as file:
            file.write(str(os.getpid()))
        time.sleep(600)
        """).encode())
    pid = int(pid_file.read_text())
    assert server.close() == 0
    assert not alive(pid)


def write_all(fd, data, deadline):
    """Writes like a client that blocks, but gives up at the deadline; returns what is left."""
    os.set_blocking(fd, False)
    selector = selectors.DefaultSelector()
    selector.register(fd, selectors.EVENT_WRITE)
    while data and selector.select(max(0, deadline - time.monotonic())):
        data = data[os.write(fd, data):]
    return data


def test_a_client_that_does_not_read_until_all_is_asked_is_served(server, write):
    """Found in review: with both pipes full neither side went on, for ever (6,000 requests of a file of 700 tasks)."""
    tasks = "\n".join(f"    BashOperator(task_id='t{number}', bash_command='echo {'x' * 90}')" for number in range(700))
    path = write("from airflow.sdk import DAG\nfrom airflow.operators.bash import BashOperator\n"
                 f"with DAG('big'):\n{tasks}\n")
    count = 40

    def requests(numbers):
        return b"".join(frame(json.dumps({"id": number, "padding": "x" * 20_000}).encode(), path.encode())
                        for number in numbers)

    deadline = time.monotonic() + 30
    stdin, stdout = server.process.stdin.fileno(), server.process.stdout.fileno()
    assert write_all(stdin, requests(range(2)), deadline) == b""
    selector = selectors.DefaultSelector()
    selector.register(stdout, selectors.EVENT_READ)
    assert selector.select(30)  # an answer that no pipe can hold is on its way
    assert write_all(stdin, requests(range(2, count)), deadline) == b""
    answers = [server.answer() for _ in range(count)]
    assert sorted(answer["id"] for answer in answers) == list(range(count))
    assert all(len(answer["dags"][0]["tasks"]) == 700 for answer in answers)


def test_a_file_that_is_ended_gets_no_answer_and_leaves_its_place(write, tmp_path):
    server = ParseServer(jobs=1)
    started = tmp_path / "started"
    os.mkfifo(started)
    slow = write(f"# airflow dag\nopen({str(started)!r}, 'w').close()\nimport time\ntime.sleep(600)", "slow.py")
    server.send({"id": 1}, slow.encode())
    server.send({"id": 2}, slow.encode())
    server.send({"id": 3}, write(GOOD, "good.py").encode())
    started.read_text()
    server.send({"aside": 1})
    server.send({"end": 2})
    server.send({"end": 1})
    answer = server.answer()
    assert (answer["id"], answer["error"]) == (3, "")
    assert server.close() == 0


def test_a_name_of_any_bytes(server, tmp_path):
    path = os.fsencode(tmp_path) + b"/donn\xe9es.py"
    with open(path, "w") as file:
        file.write("from airflow.sdk import DAG\n1 / 0\n")
    answer = server.ask({"path": path})[0]
    assert "ZeroDivisionError" in answer["error"] and "donn" in answer["error"]


def test_a_bad_dag_does_not_hide_the_good_ones(server, write):
    answer = server.ask({"path": write("""
        from airflow.sdk import DAG
        from airflow.operators.bash import BashOperator
        with DAG("a"):
            BashOperator(task_id="t", bash_command="true")
        with DAG("cycle") as cycle:
            one, two = (BashOperator(task_id=name, bash_command="true") for name in "ab")
            one >> two >> one
        with DAG("nan", params={"n": float("nan")}):
            pass
        with DAG("surrogate", tags=["\\udc80"]):
            pass
        for _ in range(2):
            with DAG("twice"):
                pass
        with DAG("z", schedule="every so often"):
            pass
        with DAG("zz"):
            pass
        """)})[0]
    assert [dag["dag_id"] for dag in answer["dags"]] == ["a", "zz"]
    for bad in ("cycle", "nan", "surrogate", "twice", "z"):
        assert f"DAG '{bad}'" in answer["error"] or f"dag_id '{bad}'" in answer["error"], answer["error"]
