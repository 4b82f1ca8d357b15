"""Pictures of every page in both themes, with the data of `./dev demo`: ./dev screenshots [NAME...]

They go to build/screenshots, those of the README to docs/pictures, too (with --readme).
"""

import argparse
import pathlib
import shutil
import sys
import tempfile
import urllib.parse

from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy"))

from demo import Demo, fill  # noqa: E402

DESKTOP, SMALL, PHONE = (1440, 900), (1280, 800), (390, 844)
SETTLE_MS = 700  # after the network is quiet: fonts, layouts of graphs
README = {"home", "dags", "dag", "task-log"}


def q(text):
    return urllib.parse.quote(text, safe="")


def addresses(api):
    """{name: (path, size)}: of what the demo has made."""
    def runs(dag_id, **query):
        text = urllib.parse.urlencode({"order_by": "-run_after", "limit": 100, **query})
        return [run["dag_run_id"] for run in api("GET", f"/api/v2/dags/{dag_id}/dagRuns?{text}")["dag_runs"]]

    train, echo = runs("vision_training"), runs("echo_test")[0]
    broken = runs("vision_training", state="failed")[0]
    report, waits, crawl = runs("report_daily")[0], runs("embedding_refresh")[0], runs("crawl_catalog")[0]
    dag, run = "/dags/vision_training", f"/dags/vision_training/runs/{q(train[0])}"
    return {
        "home": ("/", DESKTOP), "home-phone": ("/", PHONE),
        "dags": ("/dags", DESKTOP), "dags-phone": ("/dags", PHONE),
        "dags-none": ("/dags?q=nothing", DESKTOP),
        "dag": (dag, DESKTOP), "dag-1280": (dag, SMALL), "dag-phone": (dag, PHONE),
        "dag-gantt": (f"{dag}?view=gantt", DESKTOP),
        "dag-runs": (f"{dag}/runs", DESKTOP), "dag-durations": (f"{dag}/durations", DESKTOP),
        "dag-calendar": (f"{dag}/calendar", DESKTOP), "dag-code": (f"{dag}/code", DESKTOP),
        "dag-audit": (f"{dag}/audit", DESKTOP),
        "dag-details": (f"{dag}/details", DESKTOP), "run": (run, DESKTOP),
        "run-echo": (f"/dags/echo_test/runs/{q(echo)}", DESKTOP),
        "run-failed": (f"{dag}/runs/{q(broken)}", DESKTOP),
        "task-log": (f"/dags/report_daily/runs/{q(report)}/tasks/render_pdf", DESKTOP),
        "task-phone": (f"/dags/report_daily/runs/{q(report)}/tasks/render_pdf", PHONE),
        "task-why": (f"/dags/embedding_refresh/runs/{q(waits)}/tasks/embed_3?tab=why", DESKTOP),
        "task-xcom": (f"{run}/tasks/ingest.list_shards?tab=xcom", DESKTOP),
        "task-mapped": (f"/dags/crawl_catalog/runs/{q(crawl)}/tasks/fetch_page?map=37", DESKTOP),
        "task-tries": (f"/dags/crawl_catalog/runs/{q(crawl)}/tasks/fetch_page?map=37&tab=tries", DESKTOP),
        "trigger": ("/dags?do=trigger&on=echo_test", DESKTOP),
        "clear": (f"{dag}/runs/{q(broken)}?do=clear&on=vision_training/{q(broken)}", DESKTOP),
        "runs": ("/runs", DESKTOP), "tasks": ("/tasks", DESKTOP), "workers": ("/workers", DESKTOP),
        "queues": ("/queues", DESKTOP),
        "pools": ("/pools", DESKTOP), "import-errors": ("/import-errors", DESKTOP), "cluster": ("/cluster", DESKTOP),
        "variables": ("/variables", DESKTOP), "connections": ("/connections", DESKTOP), "users": ("/users", DESKTOP),
        "tokens": ("/tokens?of=all", DESKTOP), "password": ("/?do=password", DESKTOP),
        "audit": ("/audit", DESKTOP), "not-found": ("/nowhere", DESKTOP),
    }


class Camera:
    def __init__(self, browser, url, password, folder):
        self.browser, self.url, self.password, self.folder = browser, url, password, folder

    def take(self, names, pages, theme, language="en"):
        context = self.browser.new_context(base_url=self.url, timezone_id="Asia/Seoul", color_scheme=theme,
                                           locale="ko-KR" if language == "ko" else "en-GB", reduced_motion="reduce",
                                           viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        page = context.new_page()
        page.on("pageerror", lambda error: print(f"  {page.url}: {error}"))
        page.goto("/")
        self._shoot(page, f"login-{theme}{'-ko' if language == 'ko' else ''}", DESKTOP)
        page.locator("#username").fill("admin")
        page.locator("#password").fill(self.password)
        page.locator("form .btn.p").click()
        page.locator("nav.rail").wait_for(state="attached")
        for name in names:
            path, size = pages[name]
            page.goto(path)
            self._shoot(page, f"{name}-{theme}{'-ko' if language == 'ko' else ''}", size)
        context.close()

    def _shoot(self, page, name, size):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.wait_for_timeout(SETTLE_MS)  # the event stream keeps the network busy for ever
        page.screenshot(path=self.folder / f"{name}.png")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/screenshots")
    parser.add_argument("--theme", action="append", choices=["light", "dark"])
    parser.add_argument("--ko", action="store_true", help="in Korean, too")
    parser.add_argument("--readme", action="store_true")
    parser.add_argument("--use", metavar="HOME", help="a demo that runs already, in this home")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    home = args.use or tempfile.mkdtemp(prefix="gale-demo-", dir="/tmp")
    demo = Demo(home, running=bool(args.use))
    try:
        if not args.use:
            fill(demo.api)
        pages = addresses(demo.api)
        names = args.names or (sorted(README) if args.readme else list(pages))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            camera = Camera(browser, demo.url, demo.password, args.out)
            for theme in args.theme or ["light", "dark"]:
                camera.take(names, pages, theme)
            if args.ko:
                camera.take(names, pages, "light", "ko")
            browser.close()
        if args.readme:
            for name in README:
                shutil.copy(args.out / f"{name}-light.png", ROOT / "docs/pictures" / f"{name}.png")
    finally:
        if not args.use:
            demo.close()
            shutil.rmtree(home, ignore_errors=True)
    print(f"{args.out}: {len(list(args.out.glob('*.png')))} pictures")


if __name__ == "__main__":
    main()
