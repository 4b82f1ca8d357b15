"""Users' named tokens, and the ends of sessions, on real processes: REST, command line, a restart, a follower."""

import re

from harness import one_line_error, wait_until

TOKENS, SESSION, USERS = "/api/gale/v1/tokens", "/api/gale/v1/session", "/api/gale/v1/users"


def user(gale, name, role="User"):
    """Made, and a JWT of his."""
    assert gale.cli("users", "create", name, role, "one").returncode == 0
    return gale.rest("POST", "/auth/token", {"username": name, "password": "one"})[1]["access_token"]


def remote(gale, token, *args, check=True):
    """The command line as that token's user, over TCP."""
    return gale.cli("--server", f"127.0.0.1:{gale.grpc_port}", *args, check=check, env={"GALE_TOKEN": token})


def test_a_token_is_made_used_and_deleted_on_the_command_line(shared):
    jwt = user(shared, "cleo")
    made = remote(shared, jwt, "tokens", "create", "ci", "--expires-in", "90d")
    token = made.stdout.strip()
    assert re.fullmatch("gale_[0-9a-f]{64}", token) and "only time" in made.stderr
    assert remote(shared, token, "dags", "list").returncode == 0
    assert shared.rest("GET", "/api/v2/dags", token=token)[0] == 200
    one_line_error(remote(shared, token, "users", "list", check=False), "Admin")  # his rights, no more
    one_line_error(remote(shared, token, "tokens", "create", "more", check=False), "named token")
    mine = [row for row in shared.rows("tokens", "list") if row["username"] == "cleo"]
    assert [row["name"] for row in mine] == ["ci"] and mine[0]["last_used_at"] and mine[0]["expires_at"]
    assert token not in str(mine) and token.startswith("gale_" + mine[0]["id"])
    assert remote(shared, jwt, "tokens", "list").stdout.count(mine[0]["id"]) == 1
    assert remote(shared, token, "tokens", "delete", mine[0]["id"]).returncode == 0  # by itself
    one_line_error(remote(shared, token, "dags", "list", check=False), "no such token")
    assert shared.rest("GET", "/api/v2/dags", token=token)[0] == 401


def test_the_socket_makes_a_token_for_a_user_and_the_users_are_set_there(shared):
    user(shared, "rob", "Viewer")
    one_line_error(shared.cli("tokens", "create", "x", check=False), "--user")
    one_line_error(shared.cli("tokens", "create", "x", "--user", "nobody", check=False), "nobody")
    made = shared.rows("tokens", "create", "robot", "--user", "rob")
    token = made["token"] if isinstance(made, dict) else made[0]["token"]
    assert shared.rest("GET", SESSION, token=token)[1]["role"] == "Viewer"
    assert shared.cli("users", "set", "rob", "--role", "Op", "--password", "two").returncode == 0
    assert shared.rest("GET", SESSION, token=token)[1]["role"] == "Op"  # a new password leaves named tokens
    assert {"username": "rob", "role": "Op"} in shared.rows("users", "list")
    assert shared.cli("users", "delete", "rob").returncode == 0
    assert shared.rest("GET", SESSION, token=token)[0] == 401


def test_what_was_ended_stays_ended_after_a_restart(gale):
    jwt, other = user(gale, "cleo"), gale.token()
    kept = gale.rest("POST", TOKENS, {"name": "kept"}, token=jwt)[1]["token"]
    gone = gale.rest("POST", TOKENS, {"name": "gone"}, token=jwt)[1]
    assert gale.rest("DELETE", f"{TOKENS}/{gone['id']}", token=jwt)[0] == 204
    assert gale.rest("DELETE", SESSION, token=jwt)[0] == 204
    gale.stop(gale.server)
    gale.server = gale.start()
    statuses = [gale.rest("GET", SESSION, token=token)[0] for token in (jwt, gone["token"], kept, other)]
    assert statuses == [401, 401, 200, 200]
    again = gale.rest("POST", "/auth/token", {"username": "cleo", "password": "one"})[1]["access_token"]
    change = {"old_password": "one", "new_password": "two"}
    assert gale.rest("POST", f"{SESSION}/password", change, token=again)[0] == 204
    assert [gale.rest("GET", SESSION, token=token)[0] for token in (again, kept)] == [401, 200]


def test_a_follower_takes_tokens_and_knows_at_once_what_ended(two_masters):
    cluster = two_masters
    leader, follower = wait_until(cluster.leader, "a leader")
    jwt = cluster.log_in(follower)
    status, made = cluster.rest(follower, "POST", TOKENS, {"name": "ci"})
    assert status == 201
    ask = lambda master, token: cluster.rest(master, "GET", SESSION, token=token)[0]  # noqa: E731
    assert [ask(leader, made["token"]), ask(follower, made["token"])] == [200, 200]
    assert cluster.rest(leader, "DELETE", f"{TOKENS}/{made['id']}")[0] == 204
    assert ask(follower, made["token"]) == 401
    assert cluster.rest(leader, "DELETE", SESSION, token=jwt)[0] == 204
    assert ask(follower, jwt) == 401
