"""Bad input is refused by name: one line and a non-zero exit status, or Airflow's error shape."""

import collections
import contextlib
import itertools
import socket
import sqlite3
import threading
import time

from harness import Gale, dag_text, free_port, one_line_error, wait_until, write_whole

GOOD = "BashOperator(task_id='t', bash_command='echo version one')"


def import_errors(gale):
    return gale.rows("dags", "list-import-errors")


def import_error_of(gale, name):
    return next((row["error"] for row in import_errors(gale) if row["filepath"].endswith(name)), None)


def test_a_broken_file_is_shown_and_the_version_that_works_stays(shared):
    shared.add_dag("fragile", dag_text("fragile", GOOD))
    write_whole(shared.dags / "fragile.py", "from airflow import DAG\nthis is no Python\n")
    error = wait_until(lambda: import_error_of(shared, "fragile.py"), "the import error")
    assert "SyntaxError" in error
    assert shared.dag("fragile")
    shared.trigger("fragile", "r1")
    assert shared.wait_for_end("fragile", "r1")[0] == "success"

    write_whole(shared.dags / "fragile.py", dag_text("fragile", GOOD.replace("one", "two")))
    wait_until(lambda: not import_error_of(shared, "fragile.py"), "the import error's end")
    shared.trigger("fragile", "r2")
    assert shared.wait_for_end("fragile", "r2")[0] == "success"
    assert "version two" in shared.cli("tasks", "logs", "fragile", "r2", "t").stdout


def test_a_cycle_is_an_import_error_that_names_it(shared):
    write_whole(shared.dags / "circle.py", dag_text("circle", """
a = BashOperator(task_id='round_a', bash_command='true')
b = BashOperator(task_id='round_b', bash_command='true')
a >> b >> a
"""))
    error = wait_until(lambda: import_error_of(shared, "circle.py"), "the import error")
    assert "cycle" in error.lower()
    assert "round_a" in error
    assert shared.dag("circle") is None


def test_a_file_that_never_ends_importing_does_not_stop_the_others(home):
    (home.home / "gale.cfg").write_text("[core]\ndagbag_import_timeout = 1\n")
    home.start()
    write_whole(home.dags / "endless.py", "# airflow DAG\nwhile True: pass\n")
    home.add_dag("fine", dag_text("fine", GOOD))
    error = wait_until(lambda: import_error_of(home, "endless.py"), "the import error")
    assert "1" in error


def test_unknown_names_are_refused_by_name(shared):
    shared.add_dag("known", dag_text("known", GOOD))
    shared.trigger("known", "r1")
    shared.wait_for_end("known", "r1")
    one_line_error(shared.cli("dags", "trigger", "nowhere", check=False), "nowhere")
    one_line_error(shared.cli("dags", "unpause", "nowhere", check=False), "nowhere")
    one_line_error(shared.cli("tasks", "logs", "known", "r1", "nosuchtask", check=False), "nosuchtask")
    one_line_error(shared.cli("tasks", "states-for-dag-run", "known", "norun", check=False), "norun")
    one_line_error(shared.cli("dags", "trigger", "known", "--run-id", "r1", check=False), "r1")
    one_line_error(shared.cli("dags", "trigger", "known", "--conf", "{no json", check=False), "conf")
    assert shared.cli("dags", "frobnicate", check=False).returncode != 0


def test_rest_refuses_in_airflows_shape(shared):
    token = shared.token()
    shared.add_dag("known2", dag_text("known2", GOOD))

    def refused(status, *args, **kwargs):
        got, answer = shared.rest(*args, **kwargs)
        assert got == status, answer
        assert "detail" in answer, answer
        return answer["detail"]

    refused(401, "GET", "/api/v2/dags")
    refused(403, "GET", "/api/v2/dags", token="not.a.token")  # as Airflow: "Invalid JWT token"
    refused(403, "GET", "/api/v2/dags", token=token[:-4] + "AAAA")
    refused(401, "POST", "/auth/token", {"username": "admin", "password": "wrong"})
    assert "nowhere" in str(refused(404, "GET", "/api/v2/dags/nowhere", token=token))
    refused(404, "GET", "/api/v2/dags/known2/dagRuns/norun", token=token)
    refused(404, "GET", "/api/v2/no/such/path", token=token)
    refused(422, "POST", "/api/v2/dags/known2/dagRuns", b"{no json", token=token)
    refused(422, "PATCH", "/api/v2/dags/known2", {"is_paused": "perhaps"}, token=token)
    refused(405, "DELETE", "/api/v2/version", token=token)
    assert shared.rest("GET", "/api/v2/monitor/health")[0] == 200


def test_a_huge_body_is_refused_before_it_is_read(shared):
    request = (f"POST /api/v2/dags/x/dagRuns HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
               f"Authorization: Bearer {shared.token()}\r\nContent-Length: 100000000\r\n\r\n")
    with socket.create_connection(("127.0.0.1", shared.port), timeout=10) as connection:
        connection.sendall(request.encode() + b"x" * 65536)
        answer = connection.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 413"), answer
    assert "detail" in answer
    assert shared.rest("GET", "/api/v2/monitor/health")[0] == 200


def test_guessing_passwords_with_ever_new_names_slows_nobody_down(gale):
    """Four who guess as fast as they can, each time another name; a user's pages take what they took."""
    token = gale.token()

    def pages(count):
        times = []
        for _ in range(count):
            began = time.monotonic()
            assert gale.rest("GET", "/api/v2/dags", token=token)[0] == 200
            assert gale.rest("GET", "/api/v2/monitor/health")[0] == 200
            times.append(time.monotonic() - began)
        return sorted(times)[int(count * 0.95)]

    quiet = pages(40)
    stop, answers = threading.Event(), collections.Counter()

    def guess(number):
        for i in itertools.count():
            if stop.is_set():
                return
            status, _ = gale.rest("POST", "/auth/token", {"username": f"u{number}-{i}", "password": "x"})
            answers[status] += 1

    guessers = [threading.Thread(target=guess, args=(number,)) for number in range(4)]
    for guesser in guessers:
        guesser.start()
    try:
        wait_until(lambda: answers[429] > 50, lambda: f"the brake: {answers}")
        loud = pages(40)
    finally:
        stop.set()
        for guesser in guessers:
            guesser.join()
    assert set(answers) == {401, 429}, answers
    assert answers[401] <= 60 + 4, answers  # as many as may fail, and those that were under way
    assert loud < quiet + 0.25, f"p95 {quiet:.3f} s in peace, {loud:.3f} s meanwhile"


def ends_refusing(gale, *words, command="standalone", env=None):
    """Starts a gale that must refuse to: it exits by itself, and its last line says why."""
    process = gale.spawn(command, *gale.flags(), env=env, log="refused")
    assert process.wait(30) != 0
    last = process.log.read_text().strip().splitlines()[-1]
    for word in words:
        assert word in last, process.log.read_text()


def test_a_port_in_use_is_named(shared):
    second = Gale()
    try:
        second.port = shared.port
        ends_refusing(second, str(shared.port))
        second.port, second.grpc_port = second.grpc_port, shared.grpc_port
        ends_refusing(second, str(shared.grpc_port))
    finally:
        second.close()


def test_a_home_that_another_gale_uses_is_refused(gale):
    port, grpc_port = gale.port, gale.grpc_port
    gale.port, gale.grpc_port = free_port(), free_port()
    ends_refusing(gale, str(gale.home))
    gale.port, gale.grpc_port = port, grpc_port
    assert gale.rest("GET", "/api/v2/monitor/health")[0] == 200


def schema_version(gale, add=None):
    with contextlib.closing(sqlite3.connect(gale.home / "gale.db")) as database, database:
        if add is not None:
            database.execute("INSERT INTO schema_version VALUES (?, 'from the future')", (add,))
        return database.execute("SELECT max(version) FROM schema_version").fetchone()[0]


def test_a_database_of_a_newer_version_is_left_alone(home):
    server = home.start()
    assert home.stop(server) == 0
    known = schema_version(home)
    schema_version(home, add=9999)
    ends_refusing(home, "gale.db", "9999", str(known))
    assert schema_version(home) == 9999


def test_a_dags_folder_that_is_not_there_is_named(home):
    (home.home / "gale.cfg").write_text("[core]\ndags_folder = /nowhere/dags\n")
    ends_refusing(home, "/nowhere/dags")


def test_a_bad_setting_is_refused_with_file_and_line(home):
    (home.home / "gale.cfg").write_text("[core]\nparalellism = 3\n")
    ends_refusing(home, f"{home.home}/gale.cfg:2", "did you mean [core] parallelism?")


def test_the_cli_says_that_no_server_runs(home):
    one_line_error(home.cli("dags", "list", check=False), "gale")
