"""Users over REST on the real binary: who may, what ends at once, what stays over a restart; favourites; settings."""

from harness import dag_text

USERS = "/api/gale/v1/users"


def login(gale, username, password):
    return gale.rest("POST", "/auth/token", {"username": username, "password": password})


def test_users_come_change_and_go(shared):
    admin = shared.token()
    status, made = shared.rest("POST", USERS, {"username": "ann", "password": "one", "role": "User"}, token=admin)
    assert (status, made) == (201, {"username": "ann", "role": "User"})
    ann = login(shared, "ann", "one")[1]["access_token"]
    assert shared.rest("GET", USERS, token=ann)[0] == 403
    assert shared.rest("PATCH", f"{USERS}/ann", {"role": "Admin"}, token=ann)[0] == 403
    assert shared.rest("PATCH", f"{USERS}/ann", {"role": "Viewer"}, token=admin)[1]["role"] == "Viewer"
    shared.add_dag("for_users", dag_text("for_users", "BashOperator(task_id='a', bash_command='true')"))
    assert shared.rest("POST", "/api/v2/dags/for_users/dagRuns", {"logical_date": None}, token=ann)[0] == 403
    assert shared.rest("POST", "/api/v2/dags/for_users/favorite", token=ann)[0] == 204
    assert shared.rest("GET", "/api/v2/dags/for_users/details", token=ann)[1]["is_favorite"]
    assert not shared.rest("GET", "/api/v2/dags/for_users/details", token=admin)[1]["is_favorite"]
    assert shared.rest("PATCH", f"{USERS}/ann", {"password": "two"}, token=admin)[0] == 200
    assert login(shared, "ann", "one")[0] == 401 and login(shared, "ann", "two")[0] == 201
    assert shared.rest("DELETE", f"{USERS}/ann", token=admin)[0] == 204
    assert shared.rest("GET", "/api/v2/dags", token=ann)[0] == 401, "a removed user's token ends at once"
    events = shared.rest("GET", "/api/v2/eventLogs?owner=admin&event_pattern=user&order_by=-id", token=admin)[1]
    assert [(event["event"], event["extra"]) for event in events["event_logs"]] == [
        ("delete_user", "ann"), ("create_user", "ann (User)")]
    status, says = shared.rest("DELETE", f"{USERS}/admin", token=admin)
    assert status == 409 and "the last Admin" in says["detail"]


def test_an_admin_who_was_removed_does_not_come_back_with_a_restart(gale):
    token = gale.token()
    assert gale.rest("POST", USERS, {"username": "root", "password": "r", "role": "Admin"}, token=token)[0] == 201
    assert gale.rest("DELETE", f"{USERS}/admin", token=token)[0] == 204
    password = gale.password()
    gale.stop(gale.server)
    gale.server = gale.start()
    assert login(gale, "admin", password)[0] == 401
    assert login(gale, "root", "r")[0] == 201


def test_settings_are_shown_if_they_may_be_and_secrets_never(home):
    home.start(env={"GALE__API__EXPOSE_CONFIG": "True"})
    token = home.token()
    status, config = home.rest("GET", "/api/v2/config", token=token)
    assert status == 200
    values = {(section["name"], option["key"]): option["value"]
              for section in config["sections"] for option in section["options"]}
    assert values["database", "sql_alchemy_conn"] == values["celery", "broker_url"] == "< hidden >"
    assert values["core", "dags_folder"] == str(home.dags)
    one = home.rest("GET", "/api/v2/config/section/api/option/expose_config", token=token)[1]
    assert one == {"sections": [{"name": "api", "options": [{"key": "expose_config", "value": "True"}]}]}
    assert home.rest("GET", "/api/v2/config?section=none", token=token)[0] == 404
    assert home.rest("GET", "/api/v2/config/section/api/option/none", token=token)[0] == 404
    home.rest("POST", USERS, {"username": "ann", "password": "one", "role": "User"}, token=token)
    assert home.rest("GET", "/api/v2/config", token=login(home, "ann", "one")[1]["access_token"])[0] == 403


def test_settings_are_hidden_unless_they_may_be_shown(shared):
    status, says = shared.rest("GET", "/api/v2/config", token=shared.token())
    assert status == 403 and "chose not to expose" in says["detail"]
