"""What a browser gets of the real binary: its session, the web UI's files."""

import http.client
import json
import pathlib
import re

SESSION = "/api/gale/v1/session"


class Browser:
    """Keeps its cookie, as a browser does; each request is (status, headers, body)."""

    def __init__(self, gale, port=None):
        self.gale, self.port = gale, port or gale.port
        self.cookie, self.csrf = None, None

    def ask(self, method, path, body=None, headers=None, csrf=True):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = dict(headers or {})
        if self.cookie:
            headers["Cookie"] = self.cookie
        if csrf and self.csrf and method != "GET":
            headers["X-CSRF-Token"] = self.csrf
        data = None if body is None else json.dumps(body)
        if data is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, path, body=data, headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        if "set-cookie" in found:
            self.cookie = found["set-cookie"].split(";")[0]
        return answer.status, found, text

    def log_in(self, password=None):
        status, headers, text = self.ask("POST", SESSION, {"username": "admin",
                                                           "password": password or self.gale.password()})
        if status == 201:
            self.csrf = json.loads(text)["csrf_token"]
        return status, headers, text


def test_a_browser_logs_in_changes_something_and_logs_out(shared):
    browser = Browser(shared)
    assert browser.log_in("wrong")[0] == 401
    assert browser.ask("GET", SESSION)[0] == 401
    status, headers, _ = browser.log_in()
    assert status == 201
    assert re.fullmatch(r"gale_session=[\w.-]+; Path=/; Max-Age=86400; HttpOnly; SameSite=Strict",
                        headers["set-cookie"])
    session = json.loads(browser.ask("GET", SESSION)[2])
    assert session["username"] == "admin" and "administer" in session["rights"]
    pool = {"name": "web_pool", "slots": 3}
    status, _, text = browser.ask("POST", "/api/v2/pools", pool, csrf=False)
    assert status == 403 and b"X-CSRF-Token" in text
    assert browser.ask("POST", "/api/v2/pools", pool)[0] == 201
    assert browser.ask("DELETE", "/api/v2/pools/web_pool")[0] == 204
    assert browser.ask("DELETE", SESSION)[0] == 204
    assert browser.cookie == "gale_session="
    assert browser.ask("GET", "/api/v2/pools")[0] == 401


def test_a_session_is_good_at_every_master_and_for_what_only_the_leader_does(two_masters):
    """A follower takes the leader's cookie, and hands the change on with it and its CSRF token."""
    leader, follower = two_masters.leader()
    password = pathlib.Path(two_masters.file()["admin_password_file"]).read_text().strip()
    browser = Browser(two_masters, two_masters.part(leader)["port"])
    assert browser.log_in(password)[0] == 201
    browser.port = two_masters.part(follower)["port"]
    assert browser.ask("GET", SESSION)[0] == 200
    pool = {"name": "web_pool", "slots": 3}
    assert browser.ask("POST", "/api/v2/pools", pool, csrf=False)[0] == 403
    assert browser.ask("POST", "/api/v2/pools", pool)[0] == 201
    assert browser.ask("DELETE", "/api/v2/pools/web_pool")[0] == 204
