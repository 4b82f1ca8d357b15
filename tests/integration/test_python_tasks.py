"""Python tasks on the real binary: how they run, what they give, how they end, and who survives whom."""

import os

import pytest

from harness import Gate, wait_until
from test_crash_worker import start_worker

HEADER = """\
import os, signal, sys
from datetime import datetime, timedelta
from airflow import DAG
from airflow.decorators import task
from airflow.exceptions import AirflowFailException, AirflowSkipException
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
"""


def dag_text(dag_id, body):
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    return f"{HEADER}\nwith DAG(dag_id={dag_id!r}, start_date=datetime(2024, 1, 1), schedule=None) as dag:\n{lines}"


def run(gale, dag_id, body):
    """The run's state, and its tasks' states, once it is over."""
    gale.add_dag(dag_id, dag_text(dag_id, body))
    gale.trigger(dag_id, "r")
    return gale.wait_for_end(dag_id, "r")


def instance(gale, dag_id, task_id):
    path = f"/api/v2/dags/{dag_id}/dagRuns/r/taskInstances/{task_id}"
    status, answer = gale.rest("GET", path, token=gale.token())
    assert status == 200, answer
    return answer


def xcom(gale, dag_id, task_id, key="return_value", run_id="r"):
    """The value; None if there is none."""
    path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/{key}"
    status, answer = gale.rest("GET", path, token=gale.token())
    return answer["value"] if status == 200 else None


def log(gale, dag_id, task_id, try_number=1):
    path = f"/api/v2/dags/{dag_id}/dagRuns/r/taskInstances/{task_id}/logs/{try_number}"
    status, answer = gale.rest("GET", path, token=gale.token(), headers={"Accept": "text/plain"})
    assert status == 200, answer
    return answer


def log_note(gale, dag_id, task_id="t"):
    """Why it is as it is, as `gale tasks explain` says it."""
    return gale.rows("tasks", "states-for-dag-run", dag_id, "r")[0].get("reason")


def test_it_runs_prints_and_its_result_is_an_xcom(shared):
    state = run(shared, "plain", """
def hello(name, **context):
    print("hello", name, "try", context["ti"].try_number, os.environ["AIRFLOW_CTX_TASK_ID"])
    return {"name": name, "large": 2 ** 80, "pi": 3.25}
PythonOperator(task_id="t", python_callable=hello, op_args=["ann"])
""")
    assert state == ("success", {"t": "success"}), log(shared, "plain", "t")
    assert xcom(shared, "plain", "t") == {"name": "ann", "large": 2 ** 80, "pi": 3.25}
    text = log(shared, "plain", "t")
    assert "Starting attempt 1 of 1: plain.t of run r" in text
    assert "hello ann try 1 t\n" in text and "Done. Returned value was" in text
    assert "GALE_TASK" not in text


@pytest.mark.parametrize("isolation, program", [("file", "template_process"), ("sdk", "template_process"),
                                                ("fresh", "task_runner")])
def test_it_is_a_fork_or_a_program_of_its_own_as_the_worker_is_set(home, isolation, program):
    home.server = home.start(env={"GALE__WORKER__PYTHON_ISOLATION": isolation})
    home.add_dag("same", dag_text("same", """
@task
def where():
    return open("/proc/self/cmdline").read().split("\\0")[2:4] + [os.path.basename(os.getcwd())]
where()
"""))
    for run_id in ("r", "again", "third"):  # a file has a template of its own once it comes again
        home.trigger("same", run_id)
        assert home.wait_for_end("same", run_id) == ("success", {"where": "success"}), run_id
    module, argument, folder = xcom(home, "same", "where", run_id="third")
    assert module == f"gale.{program}" and argument == ("--file" if isolation == "file" else ""), module
    assert folder.startswith("w"), "a fresh directory"


def test_a_callback_reads_the_tasks_own_result(shared):
    state = run(shared, "own", f"""
def tell(context):
    ti = context["ti"]
    open({str(shared.work / "own")!r}, "w").write(repr(ti.xcom_pull(task_ids=ti.task_id)))
PythonOperator(task_id="t", python_callable=lambda: [1, "a"], on_success_callback=tell)
""")
    assert state == ("success", {"t": "success"})
    assert (shared.work / "own").read_text() == "[1, 'a']"


def test_a_failed_tasks_log_ends_with_the_users_own_lines(shared):
    state = run(shared, "bad", """
def inner(): raise KeyError("gone")
def bad(): inner()
PythonOperator(task_id="t", python_callable=bad)
""")
    assert state == ("failed", {"t": "failed"})
    text = log(shared, "bad", "t")
    assert text.rstrip().endswith("KeyError: 'gone'"), text
    assert "def inner(): raise KeyError" in text and "gale/attempt.py" not in text
    assert log_note(shared, "bad") == "KeyError: 'gone'"


ENDS = """
def ends(task_id, what, **more):
    PythonOperator(task_id=task_id, python_callable=what, **more)
def segfault():
    import ctypes
    ctypes.string_at(0)
def closed():
    for fd in range(3, 200):
        try: os.close(fd)
        except OSError: pass
    return "all the same"
def fail(): raise AirflowFailException("never again")
def skip(): raise AirflowSkipException("not today")
retry = {"retries": 1, "retry_delay": timedelta(0)}
ends("os_exit", lambda: os._exit(7))
ends("os_exit_0", lambda: os._exit(0))
ends("sys_exit", lambda: sys.exit(3))
ends("segv", segfault)
ends("loud", lambda: [print("x" * 999) for _ in range(4000)] and "said")
ends("closed", closed)
ends("no_retry", fail, **retry)
ends("skipped", skip)
ends("slow", lambda: signal.pause(), execution_timeout=timedelta(seconds=1))
"""


def test_every_end_is_told_as_what_it_was(shared):
    _, states = run(shared, "ends", ENDS)
    failed = ("os_exit", "os_exit_0", "sys_exit", "segv", "no_retry", "slow")
    assert states == {**dict.fromkeys(failed, "failed"), "loud": "success", "closed": "success", "skipped": "skipped"}
    assert "Task ended: exit code 7" in log(shared, "ends", "os_exit")
    assert "Task ended: exit code 0: the process ended, and didn't say" in log(shared, "ends", "os_exit_0")
    assert "the task called sys.exit(3)" in log(shared, "ends", "sys_exit")
    assert "Task ended: killed by SIGSEGV" in log(shared, "ends", "segv")
    assert shared.cli("tasks", "logs", "ends", "r", "loud").stdout.count("x" * 999) == 4000
    assert xcom(shared, "ends", "closed") == "all the same"
    assert instance(shared, "ends", "no_retry")["try_number"] == 1, "AirflowFailException is the last word"
    assert "AirflowTaskTimeout" in log(shared, "ends", "slow")


def test_a_try_that_fails_is_followed_by_the_next(shared):
    state = run(shared, "again", f"""
def twice(ti):
    with open({str(shared.work / "tries")!r}, "a") as file: file.write(f"{{ti.try_number}}\\n")
    if ti.try_number < 3: os._exit(1) if ti.try_number == 1 else sys.exit(1)
    return "third"
PythonOperator(task_id="t", python_callable=twice, retries=2, retry_delay=timedelta(0))
""")
    assert state == ("success", {"t": "success"}), log(shared, "again", "t", 2)
    assert (shared.work / "tries").read_text().split() == ["1", "2", "3"]
    assert xcom(shared, "again", "t") == "third"


def test_a_cancelled_task_runs_its_on_kill(shared):
    gate = Gate(shared.work / "gate_kill")
    shared.add_dag("killed", dag_text("killed", f"""
class Kind(PythonOperator):
    def on_kill(self): open({str(shared.work / "killed")!r}, "w").write("kindly")
def wait(): open({str(gate.path)!r}).read()
Kind(task_id="t", python_callable=wait)
"""))
    shared.trigger("killed", "r")
    end = gate.wait_for_task()
    status, answer = shared.rest("PATCH", "/api/v2/dags/killed/dagRuns/r/taskInstances/t", {"new_state": "failed"},
                                 token=shared.token())
    assert status == 200, answer
    wait_until(lambda: (shared.work / "killed").exists() and (shared.work / "killed").read_text() == "kindly",
               "on_kill")
    os.close(end)
    assert shared.wait_for_end("killed", "r") == ("failed", {"t": "failed"})


def test_what_a_task_asks_waits_for_the_next_master(home):
    server = home.start("master")
    start_worker(home, "far")
    gate = Gate(home.work / "gate")
    home.add_dag("asks", dag_text("asks", f"""
def work(ti):
    open({str(gate.path)!r}).read()
    ti.xcom_push("half", 2 ** 69)
    return 2 * ti.xcom_pull(task_ids="t", key="half")
PythonOperator(task_id="t", python_callable=work)
"""))
    home.trigger("asks", "r")
    end = gate.wait_for_task()
    home.kill9(server)
    os.close(end)
    home.start("master")
    assert home.wait_for_end("asks", "r") == ("success", {"t": "success"}), log(home, "asks", "t")
    assert xcom(home, "asks", "t", "half") == 2 ** 69
    assert xcom(home, "asks", "t") == 2 ** 70


def test_a_task_outlives_its_worker_and_ends_once(home):
    home.start("master")
    worker = start_worker(home, "far")
    gate = Gate(home.work / "gate")
    home.add_dag("lives", dag_text("lives", f"""
def work():
    with open({str(home.work / "ledger")!r}, "a") as file: file.write("ran\\n")
    open({str(gate.path)!r}).read()
    print("after the worker")
    return os.getpid()
PythonOperator(task_id="t", python_callable=work)
"""))
    home.trigger("lives", "r")
    end = gate.wait_for_task()
    home.kill9(worker)
    os.close(end)  # it ends with no worker there, and waits for one to tell it
    start_worker(home, "far")
    assert home.wait_for_end("lives", "r") == ("success", {"t": "success"}), log(home, "lives", "t")
    assert (home.work / "ledger").read_text() == "ran\n"
    assert isinstance(xcom(home, "lives", "t"), int)
    assert "after the worker" in log(home, "lives", "t")
