"""Variables: the command line, REST, DAG files; the key that they are sealed by."""

import json
import sqlite3
import stat
import subprocess

import pytest
from harness import BINARY, dag_text, one_line_error, wait_until
from test_python_tasks import log, xcom

TASK = "BashOperator(task_id='t', bash_command='true')"


def value(gale, key, *args):
    return gale.cli("variables", "get", key, *args).stdout.removesuffix("\n")


def stored(gale, table):
    """The table's rows as they stand on the disk."""
    db = sqlite3.connect(f"file:{gale.home / 'gale.db'}?mode=ro", uri=True)
    try:
        return list(db.execute(f"SELECT * FROM {table} ORDER BY 1"))
    finally:
        db.close()


def import_error(gale, name):
    errors = gale.rows("dags", "list-import-errors")
    return next((row["error"] for row in errors if row["filepath"].endswith(name)), None)


def test_a_variable_is_set_read_listed_and_deleted_on_the_command_line(shared):
    shared.cli("variables", "set", "region", "eu-west-1", "--description", "where the buckets are")
    assert value(shared, "region") == "eu-west-1"
    shared.cli("variables", "set", "region", "us")
    assert json.loads(shared.cli("variables", "get", "region", "-o", "json").stdout) == {
        "key": "region", "value": "us", "description": None}
    shared.cli("variables", "set", "db_password", "hush-hush")
    rows = {row["key"]: row["value"] for row in shared.rows("variables", "list")}
    assert rows["region"] == "us" and rows["db_password"] == "***"
    assert value(shared, "db_password") == "hush-hush"
    shared.cli("variables", "delete", "db_password")
    one_line_error(shared.cli("variables", "get", "db_password", check=False),
                   "variable 'db_password' doesn't exist", "gale variables set db_password VALUE")
    assert value(shared, "db_password", "-d", "none") == "none"
    assert shared.cli("variables", "get", "db_password", check=False).returncode == 3
    one_line_error(shared.cli("variables", "delete", "db_password", check=False), "doesn't exist")
    shared.cli("variables", "set", "odd", "not json")
    one_line_error(shared.cli("variables", "get", "odd", "-j", check=False), "variable 'odd' isn't JSON")


def test_a_value_comes_from_standard_input_so_that_no_history_keeps_it(shared):
    said = subprocess.run([BINARY, "variables", "set", "from_stdin", "-"], input="two\nlines\n", text=True,
                          capture_output=True, env=shared.env, check=False)
    assert said.returncode == 0, said
    assert value(shared, "from_stdin") == "two\nlines"
    shared.cli("variables", "delete", "from_stdin")


def test_what_is_stored_is_sealed_and_its_key_is_the_owners_alone(shared):
    shared.cli("variables", "set", "plain", "in the clear")
    key = shared.home / "secrets.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    for file in shared.home.glob("gale.db*"):
        assert b"in the clear" not in file.read_bytes()
    rows = {row[0]: row[1] for row in stored(shared, "variable")}
    assert rows["plain"] and "clear" not in rows["plain"]
    events = shared.rest("GET", "/api/v2/eventLogs?limit=100&order_by=-id", token=shared.token())[1]["event_logs"]
    set_events = [event for event in events if event["event"] == "set_variable"]
    assert any(event["extra"] == "plain" for event in set_events)
    assert "in the clear" not in json.dumps(events)
    assert "in the clear" not in shared.server.log.read_text()


def test_files_are_imported_and_exported_in_airflows_forms(shared, tmp_path):
    (tmp_path / "v.json").write_text(json.dumps({
        "it_text": "a", "it_json": {"x": [1, 2]}, "it_full": {"value": "b", "description": "said"}}))
    assert "3 of 3 variables are imported" in shared.cli("variables", "import", str(tmp_path / "v.json")).stdout
    assert json.loads(value(shared, "it_json")) == {"x": [1, 2]}
    said = shared.cli("variables", "import", str(tmp_path / "v.json"), "-a", "skip").stdout
    assert "0 of 3 variables are imported; 3 were there already" in said
    failed = shared.cli("variables", "import", str(tmp_path / "v.json"), "-a", "fail", check=False)
    assert failed.returncode == 1 and failed.stderr.count("exists already") == 3
    for name in ("out.json", "out.yaml", "out.env"):
        out = tmp_path / name
        if name == "out.env":  # holds one line a variable
            shared.cli("variables", "set", "it_json", '{"x": [1, 2]}')
        shared.cli("variables", "export", str(out))
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        for key in ("it_text", "it_json", "it_full"):
            shared.cli("variables", "delete", key)
        shared.cli("variables", "import", str(out))
        assert value(shared, "it_text") == "a"
        assert json.loads(value(shared, "it_json")) == {"x": [1, 2]}
    (tmp_path / "bad.json").write_text("{\n oops")
    one_line_error(shared.cli("variables", "import", str(tmp_path / "bad.json"), check=False),
                   "bad.json: line 2: is no JSON")
    one_line_error(shared.cli("variables", "import", "v.txt", check=False), "v.txt", "must end in .json, .yaml")


def test_rest_has_airflows_paths_and_shapes(shared):
    token = shared.token()

    def ask(method, path, body=None):
        return shared.rest(method, "/api/v2/variables" + path, body, token=token)

    assert ask("POST", "", {"key": "r_v", "value": "1", "description": "d"}) == (201, {
        "key": "r_v", "value": "1", "description": "d", "is_encrypted": True, "team_name": None})
    assert ask("POST", "", {"key": "r_v", "value": "2"})[0] == 409
    assert ask("POST", "", {"key": "r_json", "value": {"token": "t", "x": 1}})[0] == 201
    assert json.loads(ask("GET", "/r_json")[1]["value"]) == {"token": "***", "x": 1}
    # What was shown masked and comes back so stays.
    assert ask("PATCH", "/r_json", {"key": "r_json", "value": {"token": "***", "x": 2}})[0] == 200
    assert json.loads(value(shared, "r_json")) == {"token": "t", "x": 2}
    assert ask("PATCH", "/r_v?update_mask=description", {"key": "r_v", "value": "9", "description": "new"})[1] == {
        "key": "r_v", "value": "1", "description": "new", "is_encrypted": True, "team_name": None}
    status, page = ask("GET", "?variable_key_pattern=r_&order_by=-key&limit=1")
    assert (status, page["total_entries"], [row["key"] for row in page["variables"]]) == (200, 2, ["r_v"])
    assert ask("GET", "?order_by=value")[0] == 400
    assert ask("PATCH", "/none", {"value": "1"})[0] == 404
    assert ask("DELETE", "/r_v")[0] == 204
    assert ask("GET", "/r_v")[0] == 404
    assert ask("POST", "", {"key": "r_v"})[0] == 422
    assert shared.rest("GET", "/api/v2/variables")[0] == 401


def test_many_are_changed_in_one_request(shared):
    token = shared.token()

    def bulk(*actions):
        status, answer = shared.rest("PATCH", "/api/v2/variables", {"actions": list(actions)}, token=token)
        assert status == 200, answer
        return answer

    both = [{"key": "b1", "value": "1"}, {"key": "b2", "value": {"a": 1}}]
    assert bulk({"action": "create", "entities": both}) == {
        "create": {"success": ["b1", "b2"], "errors": []}, "update": None, "delete": None}
    failed = bulk({"action": "create", "entities": [*both, {"key": "b3", "value": "3"}]})["create"]
    assert failed["success"] == [] and failed["errors"][0]["status_code"] == 409
    assert bulk({"action": "create", "entities": [*both, {"key": "b3", "value": "3"}],
                 "action_on_existence": "skip"})["create"]["success"] == ["b3"]
    answer = bulk({"action": "update", "entities": [{"key": "b1", "value": "new"}]},
                  {"action": "update", "entities": [{"key": "none", "value": "1"}], "action_on_non_existence": "skip"},
                  {"action": "delete", "entities": ["b2", "b3"]})
    assert answer["update"]["success"] == ["b1"] and answer["delete"]["success"] == ["b2", "b3"]
    assert value(shared, "b1") == "new"
    for bad in ({"action": "burn", "entities": []}, {"action": "create", "entities": [{"value": "1"}]}, "x"):
        status, answer = shared.rest("PATCH", "/api/v2/variables", {"actions": [bad]}, token=token)
        assert status in (400, 422), answer


def test_a_dag_file_reads_a_variable_and_a_connection_while_it_is_parsed(shared):
    text = ("from airflow.models import Variable\nfrom airflow.hooks.base import BaseHook\n"
            "name = Variable.get('at_parse')\nhost = BaseHook.get_connection('at_parse').host\n"
            + dag_text("at_parse", TASK).replace("'at_parse'", "f'of_{name}_{host}'"))
    (shared.dags / "at_parse.py").write_text(text)
    wait_until(lambda: "set it by `gale variables set at_parse VALUE`" in (import_error(shared, "at_parse.py") or ""),
               "an import error that names the variable and what sets it")
    shared.cli("variables", "set", "at_parse", "prod")
    (shared.dags / "at_parse.py").write_text(text + "# again\n")
    wait_until(lambda: "gale connections set at_parse URI" in (import_error(shared, "at_parse.py") or ""),
               "an import error that names the connection")
    shared.cli("connections", "set", "at_parse", "http://db1:80")
    (shared.dags / "at_parse.py").write_text(text + "# once more\n")
    wait_until(lambda: shared.dag("of_prod_db1"), "the DAG that the variable names")


def test_the_environment_of_the_master_comes_first(home):
    home.start(env={"AIRFLOW_VAR_AT_PARSE": "env"})
    home.cli("variables", "set", "at_parse", "stored")
    (home.dags / "env.py").write_text("from airflow.models import Variable\n" + dag_text(
        "x", TASK).replace("'x'", "'of_' + Variable.get('at_parse')"))
    wait_until(lambda: home.dag("of_env"), "the DAG that the environment names")


def test_a_new_key_seals_everything_beside_a_running_master(home):
    home.start()
    one_line_error(home.cli("secrets", "rotate", check=False), "there is no key to change")
    home.cli("variables", "set", "a", "1")
    home.cli("connections", "set", "c", "http://u:hush@h")
    before = stored(home, "variable")
    assert "1 variables and 1 connections are sealed" in home.cli("secrets", "rotate").stdout
    after = stored(home, "variable")
    assert before[0][0] == after[0][0] and before[0][3] != after[0][3]
    assert value(home, "a") == "1"
    home.cli("variables", "set", "b", "2")
    assert {row[3] for row in stored(home, "variable")} == {after[0][3]}
    assert "1 former keys are gone" in home.cli("secrets", "rotate", "--forget").stdout
    assert value(home, "b") == "2"
    assert home.cli("connections", "get", "c", "--uri").stdout == "http://u:hush@h\n"


def test_without_its_key_a_master_runs_and_says_what_to_do(home):
    server = home.start()
    home.cli("variables", "set", "a", "1")
    assert home.stop(server) == 0
    key = home.home / "secrets.key"
    key.rename(home.home / "kept")
    server = home.start()
    assert "copy that file" in server.log.read_text()
    for command in (("variables", "get", "a"), ("variables", "set", "b", "2"), ("secrets", "check")):
        one_line_error(home.cli(*command, check=False), str(key), "copy that file")
    home.add_dag("plain", dag_text("plain", TASK))
    home.trigger("plain", "r1")
    assert home.wait_for_end("plain", "r1")[0] == "success"
    (home.home / "kept").rename(key)
    assert value(home, "a") == "1", "without a restart"
    assert str(key) in home.cli("secrets", "check").stdout
    key.unlink()
    assert "can't be read" in home.cli("secrets", "rotate", "--lost").stdout
    home.cli("variables", "set", "a", "again")
    assert value(home, "a") == "again"


@pytest.mark.parametrize("size", [1 << 20, (1 << 20) + 1])
def test_a_value_may_have_a_mebibyte(shared, tmp_path, size):
    (tmp_path / "v.json").write_text(json.dumps({"large": "x" * size}))
    result = shared.cli("variables", "import", str(tmp_path / "v.json"), check=False)
    if size > 1 << 20:
        one_line = result.stderr.strip()
        assert "variable 'large': value: has 1048577 bytes; at most 1048576 are taken" in one_line
    else:
        assert value(shared, "large") == "x" * size


def test_any_master_writes_and_reads_them(two_masters):
    leader, follower = wait_until(two_masters.leader, "a leader")
    status, answer = two_masters.rest(follower, "POST", "/api/v2/variables", {"key": "of_follower", "value": "1"})
    assert status == 201, answer
    assert two_masters.rest(leader, "GET", "/api/v2/variables/of_follower")[1]["value"] == "1"
    assert two_masters.rest(leader, "PATCH", "/api/v2/variables/of_follower", {"value": "2"})[0] == 200
    assert two_masters.rest(follower, "GET", "/api/v2/variables/of_follower")[1]["value"] == "2"
    # With other masters, a new key is copied to them first.
    secrets = {"GALE__CORE__SECRETS_KEY_FILE": str(two_masters.home / "secrets.key")}
    two_masters.env.update(secrets)
    refused = two_masters.cli("--config", str(two_masters.home / "gale.cfg"), "secrets", "rotate")
    assert "--prepare" in refused.stderr, refused


TASK_FILE = """\
from datetime import datetime
from airflow import DAG
from airflow.decorators import task
from airflow.hooks.base import BaseHook
from airflow.models import Variable
from airflow.operators.bash import BashOperator

with DAG("asks", start_date=datetime(2024, 1, 1), schedule=None):
    @task
    def reads():
        Variable.set("counted", {"n": 1}, serialize_json=True)
        where = BaseHook.get_connection("warehouse")
        print("the password is", where.password)
        return [Variable.get("region"), Variable.get("counted", deserialize_json=True)["n"], where.host, where.password]

    @task
    def deletes():
        Variable.delete("counted")
        return Variable.get("counted", default_var="gone")

    @task
    def misses():
        Variable.get("never_set")

    reads() >> deletes() >> [misses(), BashOperator(
        task_id="bash", bash_command="echo {{ var.value.region }} {{ conn.warehouse.host }}", do_xcom_push=True)]
"""


def test_a_task_reads_sets_and_deletes_them(shared):
    shared.cli("variables", "set", "region", "eu")
    shared.cli("connections", "set", "warehouse", "postgres://me:hush-hush@db1:5432/sales")
    shared.add_dag("asks", TASK_FILE)
    shared.trigger("asks", "r")
    states = shared.wait_for_end("asks", "r")[1]
    assert states == {"reads": "success", "deletes": "success", "misses": "failed", "bash": "success"}
    assert xcom(shared, "asks", "reads") == ["eu", 1, "db1", "hush-hush"]
    assert xcom(shared, "asks", "deletes") == "gone"
    assert xcom(shared, "asks", "bash") == "eu db1"
    assert "hush-hush" not in log(shared, "asks", "reads") and "the password is ***" in log(shared, "asks", "reads")
    assert "set it by `gale variables set never_set VALUE`" in log(shared, "asks", "misses")
    events = shared.rest("GET", "/api/v2/eventLogs?limit=100&order_by=-id", token=shared.token())[1]["event_logs"]
    assert [event["owner"] for event in events if event["extra"] == "counted"] == ["task:asks.deletes",
                                                                                  "task:asks.reads"]
