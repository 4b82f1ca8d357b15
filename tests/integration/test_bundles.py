"""Workers that have no DAGs folder: a task's code comes from the masters, in the version that its run has."""

import os
import signal

import pytest

from harness import wait_until, write_whole

DAG = """
import os
from airflow import DAG
from airflow.operators.bash import BashOperator
from {helper} import WORD

with DAG({dag_id!r}, schedule=None, user_defined_macros={{"word": WORD, "here": os.path.abspath(__file__)}},
         template_searchpath=[os.path.dirname(os.path.abspath(__file__)) + "/sql"]) as dag:
    a = BashOperator(task_id="a", bash_command="echo {{{{ word }}}} {{{{ here }}}} > {out}/$AIRFLOW_CTX_DAG_RUN_ID.a"
                                               "; touch {out}/began; cat {gate}")
    b = BashOperator(task_id="b", bash_command="{dag_id}.sh", env={{"OUT": "{out}"}},
                     append_env=True)
    a >> b
    {more}
"""


@pytest.fixture
def folder(two_masters, request):
    """(cluster, dag_id, out, write): a DAG of two tasks whose text, helper and script say `word`."""
    cluster, dag_id = two_masters, request.node.name.removeprefix("test_")[:40]
    out = cluster.home / dag_id
    out.mkdir()
    os.mkfifo(out / "gate")
    dags = cluster.home / "dags"
    (dags / "sql").mkdir(exist_ok=True)

    def write(word, more=""):
        write_whole(dags / f"{dag_id}_helper.py", f"WORD = {word!r}\n")
        write_whole(dags / "sql" / f"{dag_id}.sh",
                    f"echo {word} {{{{ word }}}} {{{{ here }}}} > $OUT/$AIRFLOW_CTX_DAG_RUN_ID.b\n")
        return DAG.format(dag_id=dag_id, helper=f"{dag_id}_helper", out=out, gate=out / "gate", more=more)

    yield cluster, dag_id, out, write


def begin(folder, run_id):
    """The run's first task is at the gate."""
    cluster, dag_id, out, _ = folder
    (out / "began").unlink(missing_ok=True)
    cluster.trigger(cluster.leader()[0], dag_id, run_id)
    wait_until(lambda: (out / "began").exists(), f"the first task of {run_id}")


def import_errors(cluster):
    status, answer = cluster.rest(cluster.leader()[0], "GET", "/api/v2/importErrors")
    assert status == 200, answer
    return [(error["filename"], error["stack_trace"]) for error in answer["import_errors"]]


def open_gate(out):
    with open(out / "gate", "w", encoding="utf-8"):
        pass


def test_a_run_goes_on_with_the_code_of_its_version(folder):
    cluster, dag_id, out, write = folder
    leader, _ = cluster.leader()
    cluster.add_dag(leader, dag_id, write("first"))
    begin(folder, "old")
    word, here = (out / "old.a").read_text().split()
    assert word == "first"
    assert "/bundles/" in here and not here.startswith(str(cluster.home / "dags")), here

    write_whole(cluster.home / "dags" / f"{dag_id}.py",
                write("second", 'BashOperator(task_id="c", bash_command="true")'))
    wait_until(lambda: cluster.rest(leader, "GET", f"/api/v2/dags/{dag_id}/tasks")[1]["total_entries"] == 3,
               "the second version")
    open_gate(out)
    assert cluster.wait_for_end(leader, dag_id, "old") == "success"
    script, macro, there = (out / "old.b").read_text().split()
    assert (script, macro) == ("first", "first"), "templates, helpers and the DAG file are of one moment"
    assert there == here or "/bundles/" in there  # on another worker, perhaps

    begin(folder, "new")
    open_gate(out)
    assert cluster.wait_for_end(leader, dag_id, "new") == "success"
    assert (out / "new.b").read_text().split()[:2] == ["second", "second"]


def test_a_master_that_takes_over_hands_out_what_the_old_one_had_read(folder):
    cluster, dag_id, out, write = folder
    leader, standby = cluster.leader()
    cluster.add_dag(leader, dag_id, write("first"))
    begin(folder, "r")
    write_whole(cluster.home / "dags" / f"{dag_id}.py", "from airflow import DAG\nthis is no Python\n")
    wait_until(lambda: len(import_errors(cluster)) == 1, "its import error")
    os.kill(cluster.part(leader)["pid"], signal.SIGKILL)
    wait_until(lambda: (cluster.leader() or "")[:1] == (standby,), "the standby leads")
    open_gate(out)
    assert cluster.wait_for_end(standby, dag_id, "r") == "success", "a broken file takes nothing away"
    assert (out / "r.b").read_text().split()[:2] == ["first", "first"]
    (cluster.home / "dags" / f"{dag_id}.py").unlink()
    assert cluster.ask("start", leader).returncode == 0


def test_a_folder_that_is_too_large_to_be_sent_says_so_and_workers_keep_what_they_had(folder):
    cluster, dag_id, out, write = folder
    leader, _ = cluster.leader()
    cluster.add_dag(leader, dag_id, write("first"))
    data = cluster.home / "dags" / "data.bin"
    data.write_bytes(bytes(5 << 20))
    wait_until(lambda: import_errors(cluster), "its import error")
    [(filename, text)] = import_errors(cluster)
    assert filename == str(cluster.home / "dags") and str(data) in text and "kBundleFileBytesMax" in text, text
    begin(folder, "r")
    open_gate(out)
    assert cluster.wait_for_end(leader, dag_id, "r") == "success"
    assert (out / "r.b").read_text().split()[:2] == ["first", "first"]
    data.unlink()
    wait_until(lambda: not import_errors(cluster), "the error to go")
