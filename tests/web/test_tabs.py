"""Several tabs of one browser: they share one stream, whose connection they'd not all get otherwise (six to a host)."""

import re
import urllib.request

import pytest
from harness import dag_text, wait_until
from playwright.sync_api import expect

TABS = 8
SECOND_MS = 1000


@pytest.fixture(scope="module")
def busy(shared):
    shared.add_dag("held", dag_text("held", 'BashOperator(task_id="one", bash_command="true")'), unpause=False)
    return shared


def streams(gale):
    with urllib.request.urlopen(f"http://127.0.0.1:{gale.port}/metrics") as answer:
        return int(re.search(r"^gale_http_streams (\d+)", answer.read().decode(), re.MULTILINE)[1])


def switch(page, on):
    return page.locator("[data-dag=held]").get_by_role("switch", name=f"Switch held {'off' if on else 'on'}")


def open_tabs(page, paths):
    tabs = [page]
    for path in paths:
        tabs.append(page.context.new_page())
        tabs[-1].goto(path)
    for tab in tabs:
        expect(tab.locator(".live .livetext")).to_have_text("Live")
    return tabs


def all_see(tabs, on):
    """Within a second of the first of them, which is as soon as it can be."""
    expect(switch(tabs[0], on)).to_be_visible()
    for tab in tabs[1:]:
        expect(switch(tab, on)).to_be_visible(timeout=SECOND_MS)


def test_eight_tabs_have_one_stream(busy, reader):
    page = reader(busy, "/dags")
    tabs = open_tabs(page, ["/dags"] * (TABS - 1))
    token = busy.token()
    wait_until(lambda: streams(busy) == 1, "one stream for all tabs")
    assert busy.rest("PATCH", "/api/v2/dags/held", {"is_paused": False}, token)[0] == 200
    all_see(tabs, on=True)
    tabs.pop(0).close()  # whoever came first: the others go on
    assert busy.rest("PATCH", "/api/v2/dags/held", {"is_paused": True}, token)[0] == 200
    all_see(tabs, on=False)
    # One of them looks at what isn't there: that is its own trouble.
    tabs[-1].goto("/dags/held/runs/none")
    expect(tabs[-1].get_by_role("main")).to_contain_text("none")
    assert busy.rest("PATCH", "/api/v2/dags/held", {"is_paused": False}, token)[0] == 200
    all_see(tabs[:-1], on=True)
    expect(tabs[0].locator(".live .livetext")).to_have_text("Live")
    for tab in tabs[1:]:
        tab.close()
    assert busy.rest("PATCH", "/api/v2/dags/held", {"is_paused": True}, token)[0] == 200
    all_see(tabs[:1], on=False)


def test_who_logs_out_in_one_tab_has_logged_out_in_all(busy, reader):
    page = reader(busy, "/dags")
    tabs = open_tabs(page, ["/", "/dags/held"])
    page.get_by_role("button", name="Signed in as admin").click()
    page.get_by_role("menuitem", name="Log out").click()
    for tab in tabs:
        expect(tab.get_by_role("heading", name="Log in")).to_be_visible()
        expect(tab.get_by_role("main")).not_to_contain_text("held")
    wait_until(lambda: streams(busy) == 0, "no stream is left")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password", exact=True).fill(busy.password())
    page.get_by_role("button", name="Log in").click()
    for tab in tabs:  # each where it was, but the one that logged out
        expect(tab.get_by_role("navigation", name="Main").first).to_be_visible()
    expect(tabs[2]).to_have_url(re.compile(r"/dags/held$"))
