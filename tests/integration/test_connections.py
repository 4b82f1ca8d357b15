"""Connections: the command line, REST; URIs, JSON and fields; what is shown of them."""

import json
import socket

import pytest
from harness import one_line_error

URI = "postgres://me:p%40ss@db1:5432/sales?sslmode=require"
FIELDS = {"conn_type": "postgres", "host": "db1", "login": "me", "password": "p@ss", "schema": "sales", "port": 5432,
          "extra": '{"sslmode":"require"}'}


def connection(gale, conn_id):
    return json.loads(gale.cli("connections", "get", conn_id, "-o", "json").stdout)


@pytest.mark.parametrize("arguments", [
    ("set", "{}", URI),
    ("add", "{}", "--conn-uri", URI),
    ("add", "{}", "--conn-json", json.dumps(FIELDS)),
    ("add", "{}", "--conn-type", "postgres", "--conn-host", "db1", "--conn-login", "me", "--conn-password", "p@ss",
     "--conn-schema", "sales", "--conn-port", "5432", "--conn-extra", '{"sslmode":"require"}')],
    ids=["set", "uri", "json", "fields"])
def test_a_connection_is_said_in_any_form(shared, arguments, request):
    conn_id = "c-" + request.node.callspec.id
    shared.cli("connections", *(word.format(conn_id) if word == "{}" else word for word in arguments))
    assert connection(shared, conn_id) == {"conn_id": conn_id, "description": None, **FIELDS}
    assert shared.cli("connections", "get", conn_id, "--uri").stdout == URI + "\n"
    one_line_error(shared.cli("connections", "add", conn_id, "--conn-uri", URI, check=False), "exists already")
    shared.cli("connections", "delete", conn_id)
    one_line_error(shared.cli("connections", "get", conn_id, check=False), "doesn't exist",
                   f"gale connections set {conn_id} URI")


def test_what_cannot_be_a_connection_is_refused_without_showing_it(shared):
    for words, says in ((("set", "x", "postgres://me:hush@db1:54x2"), "port: '54x2'"),
                        (("set", "x", "nothing"), "doesn't begin with a type"),
                        (("set", "x"), "say what it is"),
                        (("add", "x", "--conn-uri", URI, "--conn-type", "http"), "in one way only"),
                        (("add", "x", "--conn-json", "{oops"), "isn't JSON"),
                        (("add", "x", "--conn-host", "h"), "has no type"),
                        (("set", "a b", "http://h"), "its id may hold")):
        line = one_line_error(shared.cli("connections", *words, check=False), says)
        assert "hush" not in line


def test_lists_show_no_password(shared):
    shared.cli("connections", "set", "seen", "http://u:hush-hush@h/?api_key=very-secret&region=eu")
    text = shared.cli("connections", "list", "-o", "json").stdout
    assert "hush-hush" not in text and "very-secret" not in text and "eu" in text
    row = shared.rows("connections", "list", "--conn-id", "seen")[0]
    assert row["password"] == "***" and json.loads(row["extra"]) == {"api_key": "***", "region": "eu"}


def test_files_are_imported_and_exported_in_airflows_forms(shared, tmp_path):
    (tmp_path / "c.json").write_text(json.dumps({
        "f_uri": URI, "f_fields": {**FIELDS, "extra": None, "extra_dejson": {"sslmode": "require"}}}))
    assert "2 of 2 connections" in shared.cli("connections", "import", str(tmp_path / "c.json")).stdout
    again = shared.cli("connections", "import", str(tmp_path / "c.json")).stdout
    assert "0 of 2 connections are imported; 2 were there already" in again
    assert connection(shared, "f_fields")["extra"] == connection(shared, "f_uri")["extra"]
    for name, more in (("o.json", ()), ("o.yaml", ()), ("o.env", ()), ("p.env", ("--serialization-format", "json"))):
        shared.cli("connections", "export", str(tmp_path / name), *more)
        shared.cli("connections", "delete", "f_uri")
        shared.cli("connections", "import", str(tmp_path / name), "--overwrite")
        assert shared.cli("connections", "get", "f_uri", "--uri").stdout == URI + "\n"
    assert f"f_uri={URI}\n" in shared.cli("connections", "export", "-", "--file-format", "env").stdout


def test_rest_has_airflows_paths_and_shapes(shared):
    token = shared.token()

    def ask(method, path="", body=None):
        return shared.rest(method, "/api/v2/connections" + path, body, token=token)

    body = {"connection_id": "r.c-1", **FIELDS}
    shown = {**body, "password": "***", "description": None, "team_name": None}
    assert ask("POST", "", body) == (201, shown)
    assert ask("POST", "", body)[0] == 409
    assert ask("GET", "/r.c-1") == (200, shown)
    assert ask("GET", "?connection_id_pattern=r.c")[1]["connections"] == [shown]
    # A client that writes back what it read, a password of *** with it.
    assert ask("PATCH", "/r.c-1", {**shown, "host": "db2"})[1] == {**shown, "host": "db2"}
    assert connection(shared, "r.c-1")["password"] == "p@ss"
    assert ask("PATCH", "/r.c-1", {"port": None, "schema": None})[1] == {
        **shown, "host": "db2", "port": None, "schema": None}
    assert ask("PATCH", "/r.c-1", {"connection_id": "other"})[0] == 422
    assert ask("POST", "", {"connection_id": "x", "conn_type": "http", "port": 70000})[0] == 422
    assert ask("DELETE", "/r.c-1")[0] == 204
    assert ask("DELETE", "/r.c-1")[0] == 404
    status, answer = ask("PATCH", "", {"actions": [
        {"action": "create", "entities": [body, {"connection_id": "bad", "conn_type": "http", "port": "x"}]}]})
    assert status == 200 and answer["create"]["success"] == ["r.c-1"]
    assert answer["create"]["errors"][0]["status_code"] == 422
    assert ask("PATCH", "", {"actions": [{"action": "delete", "entities": ["r.c-1"]}]})[1]["delete"] == {
        "success": ["r.c-1"], "errors": []}
    assert ask("POST", "/test", body)[0] == 403


def test_a_connection_is_tried_where_that_is_allowed(home):
    home.start(env={"AIRFLOW__CORE__TEST_CONNECTION": "Enabled"})
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        home.cli("connections", "set", "c", f"http://u:hush@127.0.0.1:{port}")
        assert "takes connections" in home.cli("connections", "test", "c").stdout
        status, answer = home.rest("POST", "/api/v2/connections/test", {
            "connection_id": "any", "conn_type": "http", "host": "127.0.0.1", "port": port}, token=home.token())
        assert (status, answer["status"]) == (200, True)
    result = home.cli("connections", "test", "c", check=False)
    assert result.returncode == 1 and "Connection refused" in result.stdout
