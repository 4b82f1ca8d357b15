"""Values that a row can't hold: refused by field, or written out; the master never notices."""

import os
import sqlite3

from harness import dag_text, wait_until

GOOD = "BashOperator(task_id='t', bash_command='echo hello')"


def import_errors(gale):
    return {row["filepath"]: row["error"] for row in gale.rows("dags", "list-import-errors")}


def epoch(gale):
    db = sqlite3.connect(f"file:{gale.home / 'gale.db'}?mode=ro", uri=True)
    try:
        return db.execute("SELECT epoch FROM leader").fetchone()[0]
    finally:
        db.close()


def test_a_pool_that_is_no_name_is_refused_and_the_master_leads_on(shared):
    before = epoch(shared)
    token = shared.token()
    for name in ("\x00", "", "x" * 257):
        status, answer = shared.rest("POST", "/api/v2/pools", {"name": name, "slots": 1}, token=token)
        assert status in (400, 422), answer
        assert "name" in str(answer)
    status, _ = shared.rest("GET", "/api/v2/dags/a%00b", token=token)
    assert status in (400, 404)
    status, answer = shared.rest("POST", "/api/v2/pools", {"name": "\U0001f680", "slots": 1}, token=token)
    assert status == 201, answer
    assert epoch(shared) == before


def test_files_of_any_name_are_shown_and_the_others_are_read(shared):
    before = epoch(shared)
    path = os.fsencode(shared.dags) + b"/donn\xe9es.py"
    with open(path, "w") as file:
        file.write("from airflow import DAG\nthis is no Python\n")
    deep = os.fsencode(shared.dags)
    for _ in range(6):
        deep += b"/" + b"d" * 200
        os.mkdir(deep)
    with open(deep + b"/far.py", "w") as file:
        file.write("from airflow import DAG\nthis is no Python\n")
    try:
        wait_until(lambda: any("donn\\xe9es.py" in name for name in import_errors(shared)),
                   "the import error of the file with latin-1 bytes")
        wait_until(lambda: any(len(name) > 1000 for name in import_errors(shared)),
                   "the import error of the file with the long path")
        shared.add_dag("beside", dag_text("beside", GOOD))
        shared.trigger("beside", "r1")
        assert shared.wait_for_end("beside", "r1")[0] == "success"
    finally:
        os.unlink(path)
        os.unlink(deep + b"/far.py")
    wait_until(lambda: not any("donn" in name or len(name) > 1000 for name in import_errors(shared)),
               "the errors' end")
    assert epoch(shared) == before
