"""`gale db clean`: old runs go with their tasks, XComs and logs; what lives or is needed stays."""

import contextlib
import datetime
import sqlite3

from harness import dag_text, wait_until

GOOD = "BashOperator(task_id='t', bash_command='echo hello')"


def make_old(gale, where="1"):
    """As if a year had passed since."""
    year = 365 * 86400 * 1_000_000
    with contextlib.closing(sqlite3.connect(gale.home / "gale.db", timeout=10)) as db, db:
        db.execute(f"UPDATE dag_run SET end_date = end_date - {year} WHERE {where}")
        db.execute(f"UPDATE event_log SET logged_at = logged_at - {year} WHERE run_id IN"
                   f" (SELECT run_id FROM dag_run WHERE {where})")


def rows(gale, table):
    db = sqlite3.connect(f"file:{gale.home / 'gale.db'}?mode=ro", uri=True)
    try:
        return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    finally:
        db.close()


def a_minute_passes(gale):
    """For what the runs left; the row says when its run went."""
    with contextlib.closing(sqlite3.connect(gale.home / "gale.db", timeout=10)) as db, db:
        db.execute("UPDATE cleaned_run SET taken_at = taken_at - 3600000000")


def test_old_runs_go_with_all_that_is_theirs_beside_a_running_master(home):
    server = home.start()
    home.add_dag("old", dag_text("old", GOOD))
    for run in ("r1", "r2", "r3"):
        home.trigger("old", run)
        assert home.wait_for_end("old", run)[0] == "success"
    make_old(home, "run_id IN ('r1', 'r2')")
    logs = home.home / "logs" / "dag_id=old"
    assert {path.name for path in logs.iterdir()} == {"run_id=r1", "run_id=r2", "run_id=r3"}

    dry = home.cli("db", "clean", "--keep", "90d", "--dry-run")
    assert "dag_run" in dry.stdout and "nothing was removed" in dry.stdout
    refused = home.cli("db", "clean", "--keep", "90d", check=False)
    assert refused.returncode != 0 and "--yes" in refused.stderr
    assert rows(home, "dag_run") == 3

    home.cli("db", "clean", "--keep", "90d", "--yes")
    assert rows(home, "dag_run") == 1
    a_minute_passes(home)
    home.cli("db", "clean", "--keep", "90d", "--yes")
    assert (rows(home, "task_instance"), rows(home, "xcom")) == (1, 1)
    assert [path.name for path in logs.iterdir()] == ["run_id=r3"]

    # The master goes on: a run that went is not found, the others are, and new ones run.
    gone = home.cli("tasks", "clear", "old", "-r", "r1", "--yes", check=False)
    assert gone.returncode != 0 and "r1" in gone.stderr
    home.cli("tasks", "clear", "old", "-r", "r3", "--yes")
    assert home.wait_for_end("old", "r3")[0] == "success"
    home.kill9(server)
    home.start()
    home.trigger("old", "r4")
    assert home.wait_for_end("old", "r4")[0] == "success"


def test_versions_are_listed_from_the_first_that_is_left(home):
    server = home.start()
    for n in (1, 2, 3):
        home.add_dag("old", dag_text("old", GOOD.replace("hello", f"hello{n}")))
        wait_until(lambda n=n: rows(home, "dag_version") == n, f"version {n}")
    home.kill9(server)  # what it has in memory, too
    with contextlib.closing(sqlite3.connect(home.home / "gale.db")) as db, db:
        db.execute("UPDATE dag_version SET created_at = 1 WHERE version = 1")
    home.cli("db", "clean", "--keep", "90d", "--tables", "dag_version", "--yes")
    home.start()
    status, page = home.rest("GET", "/api/v2/dags/old/dagVersions", token=home.token())
    assert status == 200
    assert [each["version_number"] for each in page["dag_versions"]] == [2, 3]
    assert page["total_entries"] == 2


def test_a_leader_cleans_by_itself_where_it_is_told_how_long_to_keep(home):
    server = home.start()
    home.add_dag("old", dag_text("old", GOOD))
    for run in ("r1", "r2"):
        home.trigger("old", run)
        assert home.wait_for_end("old", run)[0] == "success"
    home.kill9(server)
    make_old(home, "run_id = 'r1'")
    with contextlib.closing(sqlite3.connect(home.home / "gale.db")) as db, db:
        db.execute("INSERT INTO worker (name, host, boot_id, version, last_hello) VALUES ('gone', 'h', 'b', '1', 1)")
    dry = home.cli("db", "clean", "--keep", "90d", "--dry-run").stdout
    assert dict(line.split() for line in dry.splitlines() if len(line.split()) == 2 and line.split()[1].isdigit()) \
        | {"event_log": ""} == {"dag_run": "1", "task_instance": "1", "task_attempt": "1", "xcom": "1",
                                "dag_version": "0", "event_log": "", "worker": "1", "bundle_blob": "0",
                                "rendered_fields": "0", "task_note": "0"}
    refused = home.spawn("standalone", *home.flags(), log="refused", env={"GALE__DATABASE__KEEP": "1h"})
    assert refused.wait(30) != 0
    assert "[database] keep: 1h is too short" in refused.log.read_text()
    server = home.start(env={"GALE__DATABASE__KEEP": "90d"})
    wait_until(lambda: rows(home, "dag_run") == 1, "the old run goes", seconds=90)  # first after half a minute
    wait_until(lambda: rows(home, "worker") == 1, "the worker that is gone", seconds=30)
    assert home.rest("GET", "/api/v2/dags/old/dagRuns/r2", token=home.token())[0] == 200
    wait_until(lambda: "what is old was removed: 1 dag_run" in server.log.read_text(), server.log.read_text)


def test_what_to_clean_must_be_said(shared):
    none = shared.cli("db", "clean", "--yes", check=False)
    assert none.returncode == 2 and "--keep" in none.stderr
    seconds = shared.cli("db", "clean", "--keep", "5", "--yes", check=False)
    assert seconds.returncode == 2 and "with its unit" in seconds.stderr
    wrong = shared.cli("db", "clean", "--keep", "90d", "--tables", "dag_run,nonsense", check=False)
    assert wrong.returncode == 2 and "nonsense" in wrong.stderr and "event_log" in wrong.stderr
    future = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)).isoformat()
    later = shared.cli("db", "clean", "--clean-before-timestamp", future, "--yes", check=False)
    assert later.returncode == 2 and "future" in later.stderr
