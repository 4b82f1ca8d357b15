"""What people do with the pages, in a real browser on the real binary."""

import re

from harness import dag_text, write_whole
from playwright.sync_api import expect

from conftest import ROOT

def tutorial(gale):
    """The file of the tutorial, writing into the folder of this Gale."""
    return (ROOT / "examples/dags/echo_test.py").read_text().replace("/root/airflow/dags", str(gale.work))
PARAMS = '''
from datetime import datetime
from airflow import DAG
from airflow.models.param import Param
from airflow.operators.bash import BashOperator

with DAG("greeting", start_date=datetime(2024, 1, 1), schedule=None,
         params={"who": Param("gale", type="string", minLength=2),
                 "times": Param(1, type="integer", minimum=1, maximum=9)}):
    BashOperator(task_id="greet",
                 bash_command="for n in $(seq {{ params.times }}); do echo 'hello {{ params.who }}'; done")
'''


def task_url(dag_id, run_id, task_id, **query):
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/dags/{dag_id}/runs/{run_id}/tasks/{task_id}" + (f"?{text}" if text else "")


def test_a_wrong_password_is_said_and_the_right_one_leads_on(shared, reader):
    page = reader(shared, "/dags", log_in=False)
    page.goto("/dags")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password", exact=True).fill("guess")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("Wrong user name or password.")
    expect(page.get_by_label("User name")).to_have_value("admin")
    page.get_by_label("Password", exact=True).fill(shared.password())
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="DAGs", exact=True)).to_be_visible()
    assert page.evaluate("document.cookie") == ""  # no script can read the session
    page.get_by_role("button", name="Signed in as admin").click()
    page.get_by_role("menuitem", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto("/dags")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_the_tutorial_with_the_mouse(gale, reader):
    page = reader(gale, "/dags")
    expect(page.get_by_text("No DAGs yet.")).to_be_visible()
    write_whole(gale.dags / "echo_test.py", tutorial(gale))
    row = page.locator("[data-dag=echo_test]")
    expect(row).to_be_visible()  # by itself
    row.get_by_role("switch", name="Switch echo_test on").click()
    expect(row.get_by_role("switch", name="Switch echo_test off")).to_be_visible()
    row.get_by_role("button", name="Trigger echo_test").click()
    page.get_by_role("dialog").locator(".ft").get_by_role("button", name="Trigger").click()
    expect(page).to_have_url(re.compile(r"/dags/echo_test/runs/[^/]+$"))
    for task in ("create_text_file", "cat_text_file"):
        node = page.locator(f"[data-task='{task}']").first
        if node.count():
            expect(node.get_by_label("success").first).to_be_visible()
    expect(page.locator(".hd").get_by_label("success")).to_be_visible()
    page.get_by_role("link", name="cat_text_file").first.click()
    expect(page.get_by_role("region", name="Lines of the log")).to_contain_text("hello airflow")


def test_a_run_with_params_good_and_bad(gale, reader):
    gale.add_dag("greeting", PARAMS)
    page = reader(gale, "/dags/greeting?do=trigger&on=greeting")
    dialog = page.get_by_role("dialog")
    who = dialog.get_by_label("who", exact=False).first
    who.fill("g")
    expect(dialog).to_contain_text("Must have at least 2 letters.")
    expect(dialog.locator(".ft").get_by_role("button", name="Trigger")).to_be_disabled()
    who.fill("<b>you</b>")
    dialog.locator(".ft").get_by_role("button", name="Trigger").click()
    expect(page).to_have_url(re.compile(r"/dags/greeting/runs/"))
    expect(page.locator(".hd").get_by_label("success")).to_be_visible()
    page.get_by_role("link", name="greet", exact=True).first.click()
    expect(page.get_by_role("region", name="Lines of the log")).to_contain_text("hello <b>you</b>")


def test_a_failed_task_is_found_cleared_and_turns_green(gale, reader):
    mended = gale.home / "mended"
    gale.add_dag("fragile", dag_text("fragile", f"""
first = BashOperator(task_id="first", bash_command="echo fine")
second = BashOperator(task_id="second",
                      bash_command="test -e {mended} || {{ echo 'the disk is missing' >&2; exit 3; }}")
third = BashOperator(task_id="third", bash_command="echo at last")
first >> second >> third"""))
    gale.trigger("fragile", "r1")
    assert gale.wait_for_end("fragile", "r1")[0] == "failed"
    page = reader(gale, "/dags/fragile/runs/r1")
    expect(page.locator(".hd").get_by_label("failed", exact=True)).to_be_visible()
    page.get_by_role("link", name="second").first.click()
    expect(page.get_by_role("region", name="Lines of the log")).to_contain_text("the disk is missing")
    mended.touch()
    page.get_by_role("button", name="Clear", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("third")  # those after it are cleared with it
    dialog.locator(".ft").get_by_role("button", name="Clear 2").click()
    expect(dialog).to_have_count(0)
    assert gale.wait_for_end("fragile", "r1")[0] == "success"
    page.goto("/dags/fragile/runs/r1")
    expect(page.locator(".hd").get_by_label("success")).to_be_visible()


def test_the_log_of_a_running_task_grows_on_the_page(gale, reader):
    go = gale.home / "go"
    gale.add_dag("slow", dag_text("slow", f"""
BashOperator(task_id="talk", retries=1, retry_delay=timedelta(0),
             bash_command="echo try {{{{ ti.try_number }}}}; until test -e {go}; do sleep 0.05; done; "
                          "echo gone on; test {{{{ ti.try_number }}}} = 2")"""))
    gale.trigger("slow", "r1")
    page = reader(gale, task_url("slow", "r1", "talk", tab="log"))
    lines = page.get_by_role("region", name="Lines of the log")
    expect(lines.first).to_contain_text("try 1")
    go.touch()
    expect(lines.first).to_contain_text("gone on")
    assert gale.wait_for_end("slow", "r1")[0] == "success"
    page.goto(task_url("slow", "r1", "talk", tab="log", **{"try": "1,2"}))
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text("try 1")
    expect(lines.nth(1)).to_contain_text("try 2")


def test_search_and_filters_stand_in_the_address(gale, reader):
    for name in ("apple", "apricot", "banana"):
        text = dag_text(name, 'BashOperator(task_id="t", bash_command="true")', tags=[name[:2]])
        gale.add_dag(name, text, unpause=False)
    page = reader(gale, "/dags")
    rows = page.locator("[data-dag]")
    expect(rows).to_have_count(3)
    page.keyboard.press("/")
    page.keyboard.type("ap")
    expect(rows).to_have_count(2)
    expect(page).to_have_url(re.compile(r"q=ap"))
    page.locator("[data-dag=apple]").get_by_role("link", name="apple").first.click()
    expect(page.get_by_role("heading", name="apple")).to_be_visible()
    page.go_back()
    expect(rows).to_have_count(2)
    page.goto("/dags?q=nothing")
    expect(page.get_by_text("No DAG matches")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(rows).to_have_count(3)


def test_a_worker_is_drained_and_taken_back(gale, reader):
    page = reader(gale, "/workers")
    page.get_by_role("button", name="Drain", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("kernel update")
    dialog.locator(".ft").get_by_role("button", name="Drain").click()
    expect(page.get_by_text("kernel update")).to_be_visible()
    page.get_by_role("button", name="Undo drain").click()
    expect(page.get_by_role("button", name="Drain", exact=True)).to_be_visible()


def test_the_page_outlives_the_master(gale, reader):
    gale.add_dag("echo_test", tutorial(gale))
    page = reader(gale, "/dags")
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    gale.kill9(gale.server)
    expect(page.get_by_role("status").filter(has_text="Away")).to_be_visible()
    expect(page.locator("[data-dag=echo_test]")).to_be_visible()  # what was read stays readable
    gale.server = gale.start()
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    gale.cli("dags", "pause", "echo_test")
    expect(page.get_by_role("switch", name="Switch echo_test on")).to_be_visible()


def test_a_dag_whose_file_goes_while_its_page_is_open(gale, reader):
    gale.add_dag("echo_test", tutorial(gale))
    gale.trigger("echo_test", "r1")
    gale.wait_for_end("echo_test", "r1")
    page = reader(gale, "/dags/echo_test")
    expect(page.get_by_text("r1").first).to_be_visible()
    (gale.dags / "echo_test.py").unlink()
    expect(page.get_by_text("Its file no longer defines this DAG; its runs stay.")).to_be_visible()
    expect(page.get_by_text("r1").first).to_be_visible()
    page.goto("/dags/nobody")
    expect(page.get_by_text("There is no such DAG")).to_be_visible()


def test_a_slow_network_and_one_that_is_away_for_a_while(gale, reader):
    """150 kB/s, and nearly half a second to the master and back."""
    gale.add_dag("echo_test", tutorial(gale))
    page = reader(gale, "/")
    network = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 400, "downloadThroughput": 150_000, "uploadThroughput": 50_000}
    network.send("Network.emulateNetworkConditions", slow)
    page.goto("/dags/echo_test")
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    expect(page.get_by_role("heading", name="echo_test")).to_be_visible()
    page.context.set_offline(True)
    page.get_by_role("link", name="Pools").first.click()  # nothing can be read: it says so, and goes on by itself
    gale.cli("dags", "pause", "echo_test")
    page.context.set_offline(False)
    expect(page.get_by_text("default_pool").first).to_be_visible()
    page.get_by_role("link", name="DAGs").first.click()
    expect(page.get_by_role("switch", name="Switch echo_test on")).to_be_visible()


def test_airflows_old_addresses_lead_where_they_should(gale, reader):
    gale.add_dag("echo_test", tutorial(gale))
    gale.trigger("echo_test", "r1")
    gale.wait_for_end("echo_test", "r1")
    page = reader(gale, "/home")
    expect(page).to_have_url(re.compile(r"/dags$"))
    for old in ("/dags/echo_test/grid", "/dags/echo_test/graph"):
        page.goto(old)
        expect(page).to_have_url(re.compile(r"/dags/echo_test$"))
    page.goto("/dags/echo_test/grid?dag_run_id=r1&task_id=cat_text_file&tab=logs")
    expect(page).to_have_url(re.compile(r"/dags/echo_test/runs/r1/tasks/cat_text_file\?tab=log$"))
    expect(page.get_by_role("region", name="Lines of the log")).to_contain_text("hello airflow")
    page.goto("/dags/nobody/runs/none")
    expect(page.get_by_text("There is no such run")).to_be_visible()
    page.goto("/nowhere")
    expect(page.get_by_text("There is no such page")).to_be_visible()


def test_the_whole_way_by_keyboard(gale, reader):
    gale.add_dag("echo_test", tutorial(gale))
    page = reader(gale, "/")
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page).to_have_url(re.compile(r"/dags$"))
    palette = page.get_by_role("dialog").get_by_placeholder("Search or jump to…")
    page.keyboard.press("Control+k")
    expect(palette).to_be_focused()
    page.keyboard.type("echo_t")
    expect(page.locator(".mantine-Spotlight-action", has_text="echo_test").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/dags/echo_test$"))
    expect(palette).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(palette).to_be_focused()
    page.keyboard.type("Trigger")
    expect(page.locator(".mantine-Spotlight-action").first).to_contain_text("Trigger echo_test")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("echo_test")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Shift+D")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_token_is_made_used_and_deleted(gale, reader):
    page = reader(gale, "/")
    page.get_by_role("button", name="Signed in as admin").click()
    page.get_by_role("menuitem", name="Tokens").click()
    expect(page).to_have_url(re.compile(r"/tokens$"))
    expect(page.get_by_text("No tokens yet")).to_be_visible()
    page.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("<b>ci</b>")
    dialog.get_by_label("Works for").select_option("30 days")
    dialog.get_by_role("button", name="Make it").click()
    expect(dialog).to_contain_text("This is the only time that it is shown")
    token = dialog.get_by_label("Token", exact=True).input_value()
    dialog.get_by_role("button", name="I have it").click()
    row = page.get_by_role("row", name="<b>ci</b>")
    expect(row).to_contain_text("not yet")
    assert token not in page.content()
    assert gale.rest("GET", "/api/v2/dags", token=token)[0] == 200
    page.reload()
    expect(row).not_to_contain_text("not yet")
    row.get_by_role("button", name="Delete <b>ci</b>").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No tokens yet")).to_be_visible()
    assert gale.rest("GET", "/api/v2/dags", token=token)[0] == 401


def test_a_new_password_ends_the_other_sessions(gale, reader):
    here, elsewhere = reader(gale, "/dags"), reader(gale, "/dags")
    here.keyboard.press("Control+k")
    here.get_by_label("Search or jump to…").last.fill("password")
    here.get_by_text("Change my password…").click()
    dialog = here.get_by_role("dialog")
    dialog.get_by_label("Your password now").fill("guess")
    dialog.get_by_label("New password", exact=True).fill("another")
    dialog.get_by_label("New password, again").fill("others")
    dialog.get_by_role("button", name="Change it").click()
    expect(dialog).to_contain_text("This is another one than above.")
    dialog.get_by_label("New password, again").fill("another")
    dialog.get_by_role("button", name="Change it").click()
    expect(dialog).to_contain_text("This isn’t your password.")
    dialog.get_by_label("Your password now").fill(gale.password())
    dialog.get_by_role("button", name="Change it").click()
    expect(dialog).to_have_count(0)
    here.get_by_role("link", name="Pools").first.click()
    expect(here.get_by_role("cell", name="default_pool").first).to_be_visible()  # goes on
    elsewhere.get_by_role("link", name="Pools").first.dispatch_event("click")  # it may ask already
    expect(elsewhere.get_by_role("dialog", name="Log in")).to_contain_text("Your session has ended.")
    elsewhere.get_by_label("Password", exact=True).fill("another")
    elsewhere.get_by_role("button", name="Log in").click()
    expect(elsewhere.get_by_role("cell", name="default_pool").first).to_be_visible()


MAPPED = '''
from airflow.sdk import task
@task(map_index_template="{{ task.op_kwargs['name'] }}")
def fetch(name):
    assert not name.endswith(" 7")
fetch.expand(name=[f"<i>page</i> {n}" for n in range(12)])'''


def test_a_mapped_task_unfolds_by_keyboard_and_by_mouse(gale, reader):
    gale.add_dag("maps", dag_text("maps", MAPPED))
    gale.trigger("maps", "r1")
    assert gale.wait_for_end("maps", "r1")[0] == "failed"
    page = reader(gale, "/dags/maps?side=details&sel=fetch")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "listMapped" in request.url else None)
    grid = page.get_by_role("grid")
    expect(grid).to_contain_text("×12")
    assert not asked  # nothing is read of what is folded
    grid.focus()
    page.keyboard.press(" ")
    expect(page).to_have_url(re.compile(r"fold=%21fetch"))
    expect(grid).to_contain_text("<i>page</i> 8")
    assert len(asked) == 1, asked
    for _ in range(8):
        page.keyboard.press("ArrowDown")
    expect(page.locator(".rgt")).to_contain_text("fetch[7]")
    expect(grid.locator("[aria-selected=true]")).to_have_attribute("aria-label", re.compile(r"fetch\[7\], .*failed"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/runs/r1/tasks/fetch\?map=7"))
    page.go_back()
    expect(grid).to_contain_text("<i>page</i> 8")  # as the address says
    page.get_by_role("radio", name="Gantt").click()
    rows = page.get_by_role("treegrid")
    expect(rows.get_by_role("row", name="[7]").get_by_label("failed")).to_be_visible()
    rows.locator("[aria-expanded=true] .fold").click()
    expect(rows.get_by_text("<i>page</i> 8")).to_have_count(0)
    rows.locator("[aria-expanded=false] .fold").click()
    rows.get_by_role("link", name="<i>page</i> 8").click()
    expect(page).to_have_url(re.compile(r"/runs/r1/tasks/fetch\?map=8"))
