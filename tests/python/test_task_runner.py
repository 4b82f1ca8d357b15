"""`python -m gale.task_runner` as a worker starts it, against a supervisor that answers from memory."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

import pytest

from conftest import SDK
from gale.local_supervisor import LocalSupervisor
from gale.task_runner import ChannelClosed, read_frame, send_frame
from gale.task_state import SupervisorError

HEAD = """
    import os, signal, sys, time
    from airflow.sdk import DAG, Variable, Connection, get_current_context, task
    from airflow.exceptions import *
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.providers.standard.operators.python import *
    """
ENDS = ("SucceedTask", "TaskState", "RetryTask", "RescheduleTask")


class Supervisor:
    """A worker's side of the socket: starts the attempt, answers it, and says how it ended."""

    isolation = "fresh"

    def __init__(self, memory):
        self.memory = memory
        self.end = None
        self.hellos = []
        self.cuts = set()  # the line is cut when a question of this type came, once

    def run(self, path, task_id, on_question=None, **said):
        folder = tempfile.mkdtemp(prefix="gale-", dir="/tmp")  # a socket's path is short
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"{folder}/s")
        listener.listen()
        env = {**os.environ, "PYTHONPATH": SDK, "GALE_TASK_SOCKET": f"{folder}/s", "GALE_TASK_KEY": "k",
               "GALE_TASK_SECRET": "hush"}
        command = ["-m", "gale.task_runner"] if self.isolation == "fresh" else [
            os.path.join(os.path.dirname(__file__), "forked.py"), path, os.path.dirname(path), "gale.task_runner"]
        process = subprocess.Popen([sys.executable, *command], env=env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        details = self._details(path, task_id, **said)
        lines = threading.Thread(target=self._serve, args=(listener, details, on_question, process), daemon=True)
        lines.start()
        self.log = process.communicate(timeout=60)[0].decode()
        self.status = process.returncode
        listener.shutdown(socket.SHUT_RDWR)
        lines.join()
        listener.close()
        shutil.rmtree(folder)
        return self

    def _serve(self, listener, details, on_question, process):
        lines = []
        while True:
            try:
                line = listener.accept()[0]
            except OSError:  # shut down
                break
            lines.append(threading.Thread(target=self._serve_line, args=(line, details, on_question, process)))
            lines[-1].start()
        for line in lines:
            line.join()

    def _serve_line(self, line, details, on_question, process):
        with line:
            try:
                self.hellos.append(read_frame(line))
                send_frame(line, [0, details, None])
                while True:
                    number, body = read_frame(line)
                    if on_question:
                        on_question(body, process)
                    if body["type"] in self.cuts:
                        self.cuts.remove(body["type"])
                        return
                    if body["type"] in ENDS:
                        self.end = body
                    send_frame(line, [number, *self._answer(body)])
            except (ChannelClosed, OSError):  # it closed the line
                return

    def _details(self, path, task_id, should_retry=False, map_index=-1, **context):
        run = {"dag_id": "d", "run_id": "r", "logical_date": "2024-05-06T07:00:00Z", "run_type": "manual", "conf": {},
               "data_interval_start": "2024-05-06T07:00:00Z", "data_interval_end": "2024-05-06T07:00:00Z",
               "run_after": "2024-05-06T07:00:00Z"}
        return {"type": "StartupDetails", "fileloc": path, "start_date": "2024-05-06T07:00:01Z",
                "ti": {"id": "i", "task_id": task_id, "dag_id": "d", "run_id": "r", "try_number": 1,
                       "map_index": map_index},
                "ti_context": {"dag_run": run, "max_tries": 1, "should_retry": should_retry, **context}}

    def _answer(self, body):
        if body["type"] in ENDS:
            return {"type": "OKResponse", "ok": True}, None
        try:
            return self.memory.ask(body), None
        except SupervisorError as error:
            return None, {"error": error.error, "detail": error.detail}


@pytest.fixture(autouse=True, params=["fresh", "file"])
def isolation(request, monkeypatch):
    """Each test runs twice: in a process of its own, and in a fork of one that has imported the file."""
    monkeypatch.setattr(Supervisor, "isolation", request.param)


@pytest.fixture
def memory():
    return LocalSupervisor({"who": "ann"}, {"db": {"conn_type": "http", "host": "h", "password": "hush-hush"}})


@pytest.fixture
def attempt(write, memory):
    """Runs one task of a DAG's body; the Supervisor afterwards."""
    def run(body, task_id, **said):
        path = write(HEAD + "\n    with DAG('d'):\n" + "\n".join(f"        {line}"
                                                                 for line in body.strip().splitlines()))
        return Supervisor(memory).run(path, task_id, **said)
    return run


def test_a_task_reads_and_gives_and_its_prints_are_its_log(attempt, memory):
    memory.ask({"type": "SetXCom", "dag_id": "d", "run_id": "r", "task_id": "before", "key": "return_value",
                "value": [1, 2]})
    done = attempt("""
@task
def before(): pass
@task
def f(given, ti=None, **context):
    import logging
    print("printed", Variable.get("who"), Connection.get("db").host, os.environ["AIRFLOW_CTX_TASK_ID"])
    logging.getLogger(__name__).info("logged %s", Connection.get("db").password)
    ti.xcom_push("half", given[0])
    return sum(given)
f(before())
""", "f")
    assert done.status == 0 and done.end["type"] == "SucceedTask", done.log
    assert memory.returned("d", "r", "f") == 3
    assert memory.xcoms["d", "r", "f", -1, "half"] == 1
    assert "printed ann h f\n" in done.log
    assert "logged ***" in done.log and "hush-hush" not in done.log
    assert memory.masked[0] == "hush-hush"
    assert memory.rendered[None]["op_args"] == [[1, 2]]


@pytest.mark.parametrize("body, retry, end", [
    ("raise ValueError('no')", False, ("TaskState", "failed")),
    ("raise ValueError('no')", True, ("RetryTask", "up_for_retry")),
    ("raise AirflowFailException('no')", True, ("TaskState", "failed")),
    ("raise AirflowSkipException('no')", True, ("TaskState", "skipped")),
    ("sys.exit(0)", True, ("RetryTask", "up_for_retry")),
    ("return 1", True, ("SucceedTask", "success"))])
def test_ends(attempt, body, retry, end):
    done = attempt(f"@task\ndef f():\n    {body}\nf()", "f", should_retry=retry)
    assert (done.end["type"], done.end["state"], done.status) == (*end, 0)


def test_the_log_ends_with_the_users_own_traceback(attempt):
    done = attempt("@task\ndef f():\n    print('first')\n    return {}['gone']\nf()", "f")
    assert done.log.rstrip().endswith("KeyError: 'gone'")
    assert "return {}['gone']" in done.log and "gale/" not in done.log


def test_the_log_of_a_task_whose_package_is_missing_says_what_installs_it(attempt):
    done = attempt("@task\ndef f():\n    import yaml_that_is_nowhere\nf()", "f")
    assert done.end["state"] == "failed"
    assert done.log.rstrip().endswith(" -m pip install yaml_that_is_nowhere"), done.log


def test_branches_tell_what_is_skipped_before_the_end(attempt, memory):
    done = attempt("""
@task.branch
def f(): return ["a"]
f() >> [EmptyOperator(task_id="a"), EmptyOperator(task_id="b")]
""", "f")
    assert memory.skipped == ["b"] and done.end["type"] == "SucceedTask"
    assert memory.returned("d", "r", "f") == ["a"]


def test_a_mapped_instance_gets_its_own_element_and_name(attempt, memory):
    memory.ask({"type": "SetXCom", "dag_id": "d", "run_id": "r", "task_id": "xs", "key": "return_value",
                "value": ["a", "b"]})
    done = attempt("""
@task
def xs(): pass
@task(map_index_template="{{ v }}!")
def f(v, n): get_current_context()["v"] = v; return v * n
f.expand(v=xs(), n=[1, 2, 3])
""", "f", map_index=4)
    assert memory.returned("d", "r", "f", 4) == "bb"  # the last argument varies fastest
    assert done.end["rendered_map_index"] == "b!"


def test_what_others_are_mapped_over_has_a_length_and_must_be_a_list(attempt, memory):
    asked = []
    body = "@task\ndef f(): return {}\n@task\ndef g(v): pass\ng.expand(v=f())"
    attempt(body.format("[1, 2, 3]"), "f", on_question=lambda question, _: asked.append(question))
    assert [each["mapped_length"] for each in asked if each["type"] == "SetXCom"] == [3]
    assert "it must return a list or a dict, not int" in attempt(body.format("5"), "f").log
    assert "it returned nothing" in attempt(body.format("None"), "f").log


def test_a_sensor_comes_again(attempt, memory):
    done = attempt("""
from airflow.sensors.python import PythonSensor
PythonSensor(task_id="s", python_callable=lambda: False, mode="reschedule", poke_interval=60)
""", "s", task_reschedule_count=3)
    assert done.end["type"] == "RescheduleTask" and done.end["reschedule_date"] > done.end["end_date"]


def kill_it(question, process):
    if question["type"] == "SetXCom":
        process.send_signal(signal.SIGTERM)


LONG = """
class Long(PythonOperator):
    def on_kill(self): print("killed kindly", Variable.get("who"))
def wait_for_term():  # pause() would miss a signal that comes just before it
    here, there = os.pipe()
    os.set_blocking(there, False)
    signal.set_wakeup_fd(there)
    os.read(here, 1)
def wait(ti=None):
    {}
Long(task_id="f", python_callable=wait)
"""


def test_term_calls_on_kill_and_the_process_dies_of_it(attempt):
    text = LONG.format("ti.xcom_push('begun', 1); wait_for_term()")
    done = attempt(text, "f", on_question=kill_it, should_retry=True)
    assert "killed kindly ann" in done.log and done.log.rstrip().endswith("(SIGTERM)")
    assert done.end is None and done.status == -signal.SIGTERM  # who sent it says what that means


def test_a_task_that_ends_well_all_the_same_has_ended_well(attempt):
    done = attempt(LONG.format("""
    try: ti.xcom_push('begun', 1); wait_for_term()
    except AirflowTaskTerminated: return 7
"""), "f", on_question=kill_it)
    assert "killed kindly ann" in done.log and done.end["type"] == "SucceedTask", done.log


@pytest.mark.parametrize("cut", ["SetRenderedFields", "GetVariable", "SetXCom", "SucceedTask"])
def test_a_line_that_breaks_is_made_again_and_what_was_asked_is_asked_again(write, memory, cut):
    path = write(HEAD + """
    with DAG('d'):
        @task
        def f(): return Variable.get("who")
        f()
""")
    worker = Supervisor(memory)
    worker.cuts.add(cut)
    done = worker.run(path, "f")
    assert done.status == 0 and done.end["type"] == "SucceedTask", done.log
    assert memory.returned("d", "r", "f") == "ann"
    assert done.hellos == [[0, {"type": "Hello", "attempt": "k", "secret": "hush"}]] * 2


def test_a_fork_of_the_task_has_a_line_of_its_own(attempt):
    done = attempt("""
@task
def f():
    Variable.get("who")
    if (child := os.fork()) == 0:
        print("child", Variable.get("who"), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    return Variable.get("who")
f()
""", "f")
    assert "child ann\n" in done.log and done.end["type"] == "SucceedTask", done.log


def test_what_it_prints_has_no_secrets_and_neither_has_the_reason(attempt):
    done = attempt("""
@task
def f():
    secret = Connection.get("db").password
    print("it is", secret)
    raise ValueError(secret + " is wrong\\nand more")
f()
""", "f")
    assert "it is ***\n" in done.log and "hush-hush" not in done.log
    assert done.end["reason"] == "ValueError: *** is wrong"


def test_a_process_that_dies_says_no_end(attempt):
    done = attempt("@task\ndef f():\n    os.kill(os.getpid(), signal.SIGSEGV)\nf()", "f")
    assert done.end is None and done.status == -signal.SIGSEGV


def test_a_bash_child_does_not_get_the_channel(attempt):
    done = attempt("BashOperator(task_id='b', bash_command='ls /proc/self/fd | wc -l', on_success_callback=print)", "b")
    assert done.end["type"] == "SucceedTask"
    assert "GALE_TASK_SOCKET" not in done.log


@pytest.mark.parametrize("source, task_id, said", [
    ("x = (", "f", "can't be run"), ("", "f", "has no DAG 'd' any more"),
    ("from airflow.sdk import DAG\nD = DAG('d')", "f", "DAG 'd' has no task 'f' any more")])
def test_what_is_not_there_any_more_is_one_sentence(write, memory, source, task_id, said):
    done = Supervisor(memory).run(write(source + "\n"), task_id)
    assert said in done.log.split("\ngale: ")[1]
    assert done.end["state"] == "failed" and said in done.end["reason"]


def test_a_callback_that_fails_changes_nothing(attempt):
    done = attempt("""
def bad(context): raise ValueError("callback")
@task(on_success_callback=bad)
def f(): pass
f()
""", "f")
    assert done.end["type"] == "SucceedTask" and "on_success_callback bad failed" in done.log


def test_without_a_socket_it_says_who_starts_it():
    done = subprocess.run([sys.executable, "-m", "gale.task_runner"], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": SDK})
    assert done.returncode == 1 and "GALE_TASK_SECRET are not set: workers start this" in done.stderr
    assert json.dumps(done.stdout) == '""'


@pytest.mark.parametrize("imports, value", [("from airflow.models import DAG as Old", 7),
                                            ("from airflow.sdk import DAG as New", None)])
def test_a_pull_without_task_ids_means_what_the_files_release_means(write, memory, imports, value):
    memory.ask({"type": "SetXCom", "dag_id": "d", "run_id": "r", "task_id": "other", "key": "k", "value": 7})
    path = write(f"""
        {imports}
        from airflow import DAG
        from airflow.{"operators" if value else "providers.standard.operators"}.python import PythonOperator
        with DAG("d", start_date=None):
            PythonOperator(task_id="f", python_callable=lambda ti: ti.xcom_pull(key="k"))
        """)
    Supervisor(memory).run(path, "f")
    assert memory.returned("d", "r", "f") == value
