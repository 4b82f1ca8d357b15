"""An Airflow tutorial's airflow.cfg and commands, with `gale` in place of `airflow`: MariaDB, Redis, and
webserver, scheduler and worker each in a terminal of its own."""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

from harness import ROOT, free_port, one_line_error, wait_until, write_whole

sys.path.insert(0, str(ROOT / "deploy/cluster"))
import servers  # noqa: E402

EXAMPLE = ROOT / "examples/dags/echo_test.py"
TASKS = {"create_text_file", "cat_text_file", "remove_text_file"}
REDIS_SECRET = "hunter2"


class Layout:
    """What servers.py needs to know of a folder."""

    def __init__(self, home):
        self.home = home

    def __truediv__(self, name):
        return self.home / name

    def port(self, _):
        return free_port()

    def password(self, _):
        return "pa55word"

    def run(self, command, log, environment, seconds, read):
        with open(log, "ab") as output, open(read) as script:
            subprocess.run(command, stdin=script, stdout=output, stderr=output, env=environment,
                           timeout=seconds, check=True)


class TutorialDb(servers.MariaDb):
    def init_sql(self):
        """Each test has a database of its own, airflow_..., which `initdb` makes."""
        return (f"CREATE USER IF NOT EXISTS 'airflow'@'%' IDENTIFIED BY '{self.password}';\n"
                f"GRANT ALL ON `airflow%`.* TO 'airflow'@'%';\n")


class Backing:
    """A MariaDB, and a Redis with and one without a password."""

    def __init__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="gale-tu-", dir="/tmp"))
        layout = Layout(self.home)
        self.database = TutorialDb(layout)
        self.database.prepare(layout)
        self.processes = [self.spawn(self.database.command())]
        self.redis, self.locked_redis = (self.start_redis(secret) for secret in ("", REDIS_SECRET))
        wait_until(lambda: self.database.is_ready(None), self.said, 90)
        for port in (self.redis, self.locked_redis):
            wait_until(lambda port=port: servers.ask(port, b"PING\r\n", 1), self.said)

    def spawn(self, command):
        with open(self.home / "out", "ab") as output:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def start_redis(self, secret):
        port = free_port()
        self.processes.append(self.spawn(
            [servers.find("redis-server", "redis-server"), "--bind", "127.0.0.1", "--port", str(port),
             "--save", "", "--appendonly", "no", "--dir", str(self.home), "--requirepass", secret]))
        return port

    def said(self):
        return (self.home / "out").read_text()

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
        shutil.rmtree(self.home, ignore_errors=True)


@pytest.fixture(scope="module")
def backing():
    backing = Backing()
    yield backing
    backing.close()


@pytest.fixture
def tutorial(home, backing):
    """A home with the tutorial's airflow.cfg; write(...) changes a setting."""
    home.database = f"airflow_{home.home.name.rsplit('-', 1)[1]}"

    def write(password=backing.database.password, mysql=backing.database.port, redis=backing.redis):
        home.config = home.home / "airflow.cfg"
        home.config.write_text(f"""\
[core]
dags_folder = {home.dags}
executor = CeleryExecutor
sql_alchemy_conn = mysql+pymysql://airflow:{password}@127.0.0.1:{mysql}/{home.database}
load_examples = False
fernet_key = cryptography_not_found_storing_passwords_in_plain_text
[scheduler]
catchup_by_default = False
[celery]
broker_url = redis://airflow@127.0.0.1:{redis}
result_backend = db+mysql://airflow:{password}@127.0.0.1:{mysql}/{home.database}
""")

    write()
    home.write = write
    home.env["GALE__MASTER__GRPC_PORT"] = str(home.grpc_port)
    home.airflow = lambda *words: ("--config", str(home.config), *words)
    return home


def ends_refusing(gale, *words):
    """The last line that `gale WORDS` says, which ends by itself."""
    process = gale.spawn(*gale.airflow(*words), log=words[0])
    assert process.wait(30) != 0
    lines = process.log.read_text().strip().splitlines()
    assert lines[-1].startswith("gale: "), lines
    return lines[-1]


def test_its_commands_start_a_cluster_on_which_its_dag_runs(tutorial):
    gale = tutorial
    assert "schema version" in gale.cli(*gale.airflow("initdb")).stdout
    assert "is fine" in gale.cli(*gale.airflow("db", "check")).stdout

    webserver = gale.spawn(*gale.airflow("webserver", "-p", str(gale.port)), log="webserver")
    gale.wait_healthy(webserver)
    scheduler = gale.spawn(*gale.airflow("scheduler"), log="scheduler")
    worker = gale.spawn(*gale.airflow("worker"), log="worker")
    assert f":{gale.port}/api/gale/v1/workers" in gale.cli(
        *gale.airflow("flower"), env={"GALE__API__PORT": str(gale.port)}).stdout

    write_whole(gale.dags / "echo_test.py", EXAMPLE.read_text().replace("/root/airflow/dags", str(gale.work)))
    wait_until(lambda: (gale.home / "admin_password").exists(), "the password")
    token = gale.token()

    def said():
        return "".join(process.log.read_text() for process in (webserver, scheduler, worker))

    def rest(method, path, body=None, status=200):
        found, answer = gale.rest(method, f"/api/v2/dags{path}", body, token)
        return answer if found == status else None

    # The webserver never leads: what changes something is handed on to the scheduler.
    wait_until(lambda: rest("GET", "/echo_test"), said)
    assert rest("PATCH", "/echo_test", {"is_paused": False})["is_paused"] is False
    run = rest("POST", "/echo_test/dagRuns", {"logical_date": None})
    run_path = f"/echo_test/dagRuns/{run['dag_run_id']}"
    wait_until(lambda: rest("GET", run_path)["state"] == "success", said)
    tasks = rest("GET", f"{run_path}/taskInstances")["task_instances"]
    assert {task["task_id"]: task["state"] for task in tasks} == dict.fromkeys(TASKS, "success")
    assert "hello airflow" in str(rest("GET", f"{run_path}/taskInstances/cat_text_file/logs/1"))
    assert gale.cli("dags", "state", "echo_test", run["dag_run_id"]).stdout.strip() == "success"

    for process in (worker, webserver, scheduler):
        assert gale.stop(process) == 0, process.log.read_text()
    assert "executor is not used" in scheduler.log.read_text()
    assert "load_examples" not in said()


def test_a_webserver_waits_for_its_scheduler_and_never_takes_its_place(tutorial):
    gale = tutorial
    webserver = gale.spawn(*gale.airflow("webserver", "-p", str(gale.port)), log="webserver")
    scheduler = gale.spawn(*gale.airflow("scheduler"), log="scheduler")
    gale.wait_healthy(webserver)
    wait_until(lambda: (gale.home / "admin_password").exists(), "the password")
    token = gale.token()

    def roles():
        cluster = gale.rest("GET", "/api/gale/v1/cluster", token=token)[1]
        assert cluster["queue"]["status"] == "healthy"
        return {member["role"]: member["name"] for member in cluster["masters"]}

    def patch():
        return gale.rest("PATCH", "/api/v2/pools/default_pool", {"slots": 3, "include_deferred": False}, token)

    wait_until(lambda: set(roles()) == {"leader", "api"}, roles)
    leader = roles()["leader"]
    wait_until(lambda: patch()[0] == 200, patch)

    gale.kill9(scheduler)
    assert patch()[0] == 503
    gale.spawn(*gale.airflow("scheduler"), log="scheduler")
    wait_until(lambda: patch()[0] == 200, patch)
    assert roles()["leader"] == leader
    assert "following" in webserver.log.read_text()
    assert "leads (epoch 2); it took" not in webserver.log.read_text()


def test_its_catchup_by_default_counts(tutorial):
    gale = tutorial
    gale.config.write_text(gale.config.read_text().replace("catchup_by_default = False", "catchup_by_default = True"))
    gale.spawn(*gale.airflow("scheduler"), log="scheduler")
    for name, said in (("silent", ""), ("no", ", catchup=False")):
        write_whole(gale.dags / f"{name}.py", f"from gale import DAG\ndag = DAG({name!r}, schedule=None{said})\n")
        wait_until(lambda name=name: (gale.home / "run/gale.sock").exists() and gale.cli(
            "dags", "details", name, check=False).returncode == 0, f"{name} in the ledger")
        catchup = gale.rows("dags", "details", name)["catchup"]
        assert str(catchup) == str(said == "")


def test_a_webserver_before_its_scheduler_says_that_nobody_leads(tutorial):
    gale = tutorial
    webserver = gale.spawn(*gale.airflow("webserver", "-p", str(gale.port)), log="webserver")
    gale.wait_healthy(webserver)
    status, answer = gale.rest("PATCH", "/api/v2/pools/default_pool", {"slots": 3}, gale.token())
    assert status == 503, answer
    assert "leads" in str(answer)
    again = ends_refusing(gale, "webserver", "-p", str(free_port()))
    assert "another webserver runs" in again


def test_a_webserver_alone_on_sqlite_says_what_to_run(home):
    home.config = home.home / "gale.cfg"
    home.airflow = lambda *words: words
    said = ends_refusing(home, "webserver", "-p", str(home.port))
    assert "gale standalone" in said
    assert "sql_alchemy_conn" in said


def test_a_wrong_password_of_the_database_is_one_clear_line(tutorial):
    tutorial.write(password="wr0ng")
    for words in (("initdb",), ("db", "check")):
        line = one_line_error(tutorial.cli(*tutorial.airflow(*words), check=False), "Access denied",
                              "check the user and the password")
        assert "wr0ng" not in line
    assert "Access denied" in ends_refusing(tutorial, "scheduler")


def test_a_database_that_does_not_answer_is_one_clear_line(tutorial):
    port = free_port()
    tutorial.write(mysql=port)
    for words in (("initdb",), ("db", "check")):
        one_line_error(tutorial.cli(*tutorial.airflow(*words), check=False), f"127.0.0.1:{port}")
    assert f"127.0.0.1:{port}" in ends_refusing(tutorial, "webserver")


def test_a_redis_that_wants_a_password_is_one_clear_line(tutorial, backing):
    tutorial.write(redis=backing.locked_redis)
    line = ends_refusing(tutorial, "scheduler")
    assert "broker_url" in line
    assert "password" in line
    assert str(backing.locked_redis) in line
    line = ends_refusing(tutorial, "worker")
    assert "password" in line


def test_a_check_makes_nothing(tutorial):
    for _ in range(2):
        one_line_error(tutorial.cli(*tutorial.airflow("db", "check"), check=False), tutorial.database,
                       "`gale db migrate`")
    tutorial.cli(*tutorial.airflow("db", "init"))
    assert "is fine" in tutorial.cli(*tutorial.airflow("db", "check")).stdout
    assert int(tutorial.cli(*tutorial.airflow("db", "version")).stdout) > 0
