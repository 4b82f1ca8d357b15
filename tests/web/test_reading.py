"""Readers of both languages, in both themes, on a phone, by a screen reader; and texts that mean harm."""

import json
import re
import urllib.parse

import pytest
from harness import dag_text
from playwright.sync_api import expect

from conftest import ROOT

AXE = (ROOT / "web/node_modules/axe-core/axe.min.js").read_text
KEY = r"\b(?:nav|app|dags?|task|run|rows|log|why|home|pools|workers|users|audit)\.[a-z_]{3,}\b"
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture(scope="module")
def used(shared):
    """A Gale in which something has run, failed, and waits."""
    shared.add_dag("steps", dag_text("steps", f"""
from airflow.sdk import Label, TaskGroup
hostile = {HOSTILE!r}""" + """
one = BashOperator(task_id="one", bash_command="echo '<script>alert(3)</script>'; "
                   "printf '\\\\033[31mred\\\\033[0m\\\\n'; "
                   "head -c 1000000 /dev/zero | tr '\\\\0' x; echo; printf 'a\\\\0b\\\\n'")
two = BashOperator(task_id="two", bash_command="exit 1")
three = BashOperator(task_id="three", bash_command="true")
with TaskGroup("end", tooltip=hostile, group_display_name=hostile) as end:
    BashOperator(task_id="four", bash_command="true", task_display_name=hostile)
one >> Label(hostile) >> two >> three >> end""", tags=["steps"], dag_display_name=HOSTILE,
                                     owner_links={"airflow": "https://x/" + HOSTILE}))
    shared.trigger("steps", "r1")
    assert shared.wait_for_end("steps", "r1")[0] == "failed"
    token = shared.token()
    assert shared.rest("PATCH", "/api/v2/dags/steps/dagRuns/r1", {"note": HOSTILE}, token)[0] == 200
    assert shared.rest("POST", "/api/v2/variables", {"key": "evil", "value": HOSTILE}, token)[0] == 201
    for name in ("ci", HOSTILE):
        assert shared.rest("POST", "/api/gale/v1/tokens", {"name": name}, token)[0] == 201
    return shared


PAGES = ["/", "/dags", "/dags/steps", "/dags/steps?view=gantt", "/dags/steps/runs", "/dags/steps/durations",
         "/dags/steps/calendar", "/dags/steps/code", "/dags/steps/audit", "/dags/steps/details", "/dags/steps/runs/r1",
         "/dags/steps/runs/r1/tasks/one", "/dags/steps/runs/r1/tasks/three?tab=why",
         "/dags/steps/runs/r1/tasks/one?tab=xcom",
         "/runs", "/tasks", "/workers", "/queues", "/pools", "/pools/default_pool", "/import-errors", "/cluster",
         "/variables", "/connections", "/users", "/tokens", "/tokens?of=all", "/audit", "/?do=password",
         "/dags?do=trigger&on=steps",
         "/dags/steps/runs/r1?do=clear&on=steps/r1"]


def show(page, path):
    """Goes there, and waits until what is read is shown."""
    page.goto(path)
    page.wait_for_selector("main[aria-busy=false]")


# Of all pages what axe's defaults are; of those that people open most also the sizes of what one presses (Lighthouse).
LARGE = {"/", "/dags", "/dags/steps", "/dags/steps/runs/r1", "/dags/steps/runs/r1/tasks/one"}


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 1440), ("light", 390)])
def test_axe_finds_nothing(used, reader, theme, width):
    page = reader(used, "/", color_scheme=theme, reduced_motion="reduce", viewport={"width": width, "height": 900})
    found = {}
    for path in PAGES:
        show(page, path)
        page.evaluate(AXE())
        rules = {"target-size": {"enabled": path in LARGE}}
        result = page.evaluate("rules => axe.run(document, {resultTypes: ['violations'], rules})", rules)
        for violation in result["violations"]:
            places = found.setdefault(f"{violation['id']}: {violation['help']}", {})
            for node in violation["nodes"]:
                places.setdefault(node["html"][:160], path)  # where it was met first
    assert not found, json.dumps(found, indent=1)


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out_on_a_small_screen(used, reader, width):
    page = reader(used, "/", viewport={"width": width, "height": 800})
    for path in PAGES:
        show(page, path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_korean_is_whole(used, reader):
    page = reader(used, "/dags")
    page.get_by_role("button", name="Language").click()
    page.get_by_role("menuitem", name="한국어").click()
    expect(page.get_by_role("navigation", name="주 메뉴").first).to_contain_text("워커")
    for path in PAGES:
        show(page, path)
        raw = re.findall(KEY, page.inner_text("body"))
        assert not raw, (path, raw)  # a text that is missing shows its key


def test_texts_that_mean_harm_stay_texts(used, reader):
    page = reader(used, "/dags/steps/runs/r1")
    alerts = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    for path in PAGES + ["/dags?q=" + urllib.parse.quote(HOSTILE), "/dags/" + urllib.parse.quote(HOSTILE, safe=""),
                         "/dags/%25%2F%ED%95%9C%F0%9F%98%80/runs/a%2Fb%20c"]:
        show(page, path)
    page.goto("/dags/steps/runs/r1/tasks/one")
    lines = page.get_by_role("region", name="Lines of the log")
    expect(lines).to_contain_text("<script>alert(3)</script>")
    expect(lines).to_contain_text("Show all of this line")  # a megabyte of it is folded
    page.goto("/dags/steps")
    expect(page.locator(".gv-label")).to_have_text(HOSTILE)
    expect(page.get_by_title(HOSTILE).first).to_be_visible()
    page.goto("/variables")
    expect(page.get_by_role("cell", name="<img src=x").first).to_be_visible()
    assert alerts == []


def test_a_session_that_ends_asks_and_goes_on(used, reader):
    page = reader(used, "/dags")
    page.context.clear_cookies()
    # An event, not the mouse: the page may have found out by itself, and ask already.
    page.get_by_role("switch", name=re.compile("Switch steps")).dispatch_event("click")
    expect(page.get_by_role("dialog", name="Log in")).to_contain_text("Your session has ended.")
    page.get_by_label("Password", exact=True).fill(used.password())
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("dialog", name="Log in")).to_have_count(0)
    expect(page.locator("[data-dag=steps]")).to_be_visible()
