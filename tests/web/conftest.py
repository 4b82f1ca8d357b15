"""Stories in a browser: Debian's Chromium against the real binary, whose pages are those of build/web."""

import pathlib
import shutil
import sys

import pytest
from playwright.sync_api import expect, sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
sys.path.insert(0, str(TESTS / "integration"))

from fixtures import cluster, gale, home, shared  # noqa: E402,F401

PATIENCE_MS = 15_000  # of a step, on a loaded machine
expect.set_options(timeout=PATIENCE_MS)
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Reader:
    """Somebody at a browser. What the pages report as broken (errors of scripts, refused by the content security
    policy) ends the story."""

    def __init__(self, chromium, url, **context):
        self.url = url
        self.context = chromium.new_context(base_url=url, locale="en-GB", timezone_id="Asia/Seoul",
                                            **{"viewport": {"width": 1440, "height": 900}, **context})
        self.context.set_default_timeout(PATIENCE_MS)
        self.page = self.context.new_page()
        self.faults = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._on_console)

    def _on_console(self, message):
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(message.text)

    def log_in(self, gale, path="/"):
        self.page.goto(path)
        self.page.get_by_label("User name").fill("admin")
        self.page.get_by_label("Password", exact=True).fill(gale.password())
        self.page.get_by_role("button", name="Log in").click()
        self.page.get_by_role("navigation", name="Main").first.wait_for()
        return self.page

    def close(self):
        self.context.close()
        assert not self.faults, self.faults


@pytest.fixture
def reader(chromium):
    """reader(gale, path, **context): a page at `path`, logged in."""
    readers = []

    def open_page(gale, path="/", log_in=True, **context):
        one = Reader(chromium, f"http://127.0.0.1:{gale.port}", **context)
        readers.append(one)
        if log_in:
            one.log_in(gale, path)
        return one.page

    yield open_page
    for one in readers:
        one.close()
