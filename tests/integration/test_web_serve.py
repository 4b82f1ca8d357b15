"""What a browser gets of the real binary: its session, the web UI's files."""

import gzip
import json
import pathlib
import re

from browser import SESSION, Browser


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


# The web UI's files.


def asset_of(browser):
    """The script that the index names."""
    status, headers, text = browser.ask("GET", "/")
    assert status == 200 and headers["content-type"] == "text/html; charset=utf-8"
    found = re.search(rb'src="(/assets/[^"]+\.js)"', text)
    assert found, "this binary has no web UI: run ./dev build, with Node 18"
    return found[1].decode()


def test_the_index_is_asked_for_again_and_mostly_not_sent_again(shared):
    browser = Browser(shared)
    status, headers, page = browser.ask("GET", "/")
    assert status == 200 and headers["cache-control"] == "no-cache"
    status, again, nothing = browser.ask("GET", "/", headers={"If-None-Match": headers["etag"]})
    assert (status, nothing, again["etag"]) == (304, b"", headers["etag"])
    status, head, nothing = browser.ask("HEAD", "/")
    assert (status, nothing, head["etag"]) == (200, b"", headers["etag"])
    assert head["content-length"] == str(len(page))


def test_every_page_and_airflows_old_addresses_are_the_index(shared):
    browser = Browser(shared)
    index = browser.ask("GET", "/")[2]
    for path in ("/home", "/dags/etl.v2/grid", "/dags/etl/graph", "/dags/%ED%95%9C/runs/a%2Fb/tasks/x", "/login",
                 "/dags/etl/runs/scheduled__2026-01-01T00:00:00.5+00:00/tasks/a?tab=log"):
        assert browser.ask("GET", path)[::2] == (200, index), path
    for path in ("/assets/index-00000000.js", "/robots.txt", "/api/v2/nothing", "/auth/nothing"):
        status, headers, text = browser.ask("GET", path)
        assert status == 404 and headers["cache-control"] == "no-store", path
        assert json.loads(text)["detail"] == f"there is no path {path}"
    assert browser.ask("POST", "/dags/etl")[0] == 404


def test_scripts_stay_in_the_cache_and_come_packed(shared):
    browser = Browser(shared)
    script = asset_of(browser)
    status, plain, text = browser.ask("GET", script)
    assert status == 200 and plain["content-type"].startswith("text/javascript")
    assert plain["cache-control"] == "public, max-age=31536000, immutable"
    assert "content-encoding" not in plain
    status, packed, small = browser.ask("GET", script, headers={"Accept-Encoding": "gzip, br"})
    assert status == 200 and packed["content-encoding"] == "gzip" and packed["vary"] == "Accept-Encoding"
    assert len(small) < len(text) and gzip.decompress(small) == text
    assert packed["etag"] != plain["etag"]
    assert "content-encoding" not in browser.ask("GET", script, headers={"Accept-Encoding": "gzip;q=0, *"})[1]


def test_pages_run_no_script_but_ours_and_stand_in_no_frame(shared):
    headers = Browser(shared).ask("GET", "/dags/etl")[1]
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["script-src"] == policy["default-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["x-frame-options"] == "DENY" and headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_long_json_comes_packed_for_who_takes_it(shared):
    browser = Browser(shared)
    browser.log_in()
    status, headers, small = browser.ask("GET", "/api/v2/dags?exclude_stale=false", headers={"Accept-Encoding": "gzip"})
    if "content-encoding" not in headers:  # a short answer: make it long
        shared.add_dag("web_long", "\n".join(
            ["from datetime import datetime", "from airflow import DAG",
             "for i in range(9):", "    globals()[f'd{i}'] = DAG(f'web_long_{i}' if i else 'web_long', schedule=None,"
             " start_date=datetime(2024, 1, 1), description='long ' * 20)"]))
        status, headers, small = browser.ask("GET", "/api/v2/dags", headers={"Accept-Encoding": "gzip"})
    assert status == 200 and headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(small))["total_entries"] >= 9
    assert "content-encoding" not in browser.ask("GET", SESSION, headers={"Accept-Encoding": "gzip"})[1]
