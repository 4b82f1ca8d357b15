#!/usr/bin/env python3
"""What Google's Lighthouse says of the pages, signed in, in Chromium, over a standalone filled as `./dev demo` does.

    build/venv/bin/python bench/lighthouse.py --gale build/release/gale [--rounds 3] [--form desktop|mobile]

Prints each page's median scores and what Lighthouse would mend; the reports go to build/lighthouse/reports.
Desktop is Lighthouse's preset (10 Mbit/s, 40 ms); mobile its default (1.6 Mbit/s, 150 ms, a quarter of the
processor). Both simulate the network over what was measured here, and times of the processor are as they were:
measure on an idle machine. Lighthouse is no part of web/: npm installs it into build/lighthouse.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile

from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "deploy"), str(ROOT / "tests/web")]
VERSION = "12.8.2"  # the last that Node 18 runs
HOME = ROOT / "build/lighthouse"
CATEGORIES = ["performance", "accessibility", "best-practices"]
PAGES = ["home", "dags", "dag", "task-log"]
TIMES = {"FCP": "first-contentful-paint", "LCP": "largest-contentful-paint", "TBT": "total-blocking-time",
         "CLS": "cumulative-layout-shift"}


def installed():
    program = HOME / "node_modules/lighthouse/cli/index.js"
    package = HOME / "node_modules/lighthouse/package.json"
    if not package.exists() or json.loads(package.read_text())["version"] != VERSION:
        HOME.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", "--no-save",
                        f"lighthouse@{VERSION}"], cwd=HOME, check=True)
    return program


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Judge:
    """A browser that is signed in, and Lighthouse at its door."""

    def __init__(self, playwright, url, password):
        self.url, self.port, self.program = url, free_port(), installed()
        self.profile = tempfile.mkdtemp(prefix="gale-lighthouse-", dir="/tmp")
        self.context = playwright.chromium.launch_persistent_context(
            self.profile, executable_path=shutil.which("chromium"),
            args=["--no-sandbox", f"--remote-debugging-port={self.port}"])
        answer = self.context.request.post(f"{url}/api/gale/v1/session",
                                           data={"username": "admin", "password": password})
        assert answer.ok, answer.text()

    def look(self, path, form, name):
        """One report; the browser's cache is empty, its cookies stay."""
        out = HOME / f"reports/{name}-{form}.json"
        out.parent.mkdir(parents=True, exist_ok=True)
        preset = ["--preset=desktop"] if form == "desktop" else []
        # The event stream never lets the network be quiet: Lighthouse would wait for 45 s.
        subprocess.run(["node", self.program, self.url + path, f"--port={self.port}", "--quiet", "--output=json",
                        f"--output-path={out}", f"--only-categories={','.join(CATEGORIES)}",
                        "--max-wait-for-load=15000", *preset],
                       check=True, stdout=subprocess.DEVNULL)
        report = json.loads(out.read_text())
        assert "runtimeError" not in report, report["runtimeError"]
        assert report["finalDisplayedUrl"] == self.url + path, report["finalDisplayedUrl"]
        return report

    def close(self):
        self.context.close()
        shutil.rmtree(self.profile, ignore_errors=True)


def lacks(report):
    """What keeps a category from its 100, that isn't a time."""
    for category in report["categories"].values():
        for ref in category["auditRefs"]:
            audit = report["audits"][ref["id"]]
            counts = ref["weight"] > 0 and ref.get("group") != "metrics"
            if counts and audit["score"] is not None and audit["score"] < 1:
                yield f"{category['id']}: {ref['id']}: {audit['title']}"


def show(name, form, reports):
    scores = {one: [round(100 * report["categories"][one]["score"]) for report in reports] for one in CATEGORIES}
    times = {short: statistics.median(report["audits"][of]["numericValue"] for report in reports)
             for short, of in TIMES.items()}
    said = [f"{one} {statistics.median(all_of):.0f} ({min(all_of)}-{max(all_of)})" for one, all_of in scores.items()]
    said += [f"{short} {of:.3f}" if short == "CLS" else f"{short} {of:.0f} ms" for short, of in times.items()]
    print(f"{name:10} {form:8} " + "  ".join(said))
    for one in sorted({one for report in reports for one in lacks(report)}):
        print(f"{'':20}{one}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gale", default="build/release/gale")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--form", choices=["desktop", "mobile"], action="append")
    parser.add_argument("--page", choices=PAGES, action="append")
    parser.add_argument("--use", metavar="HOME", help="a demo that runs already, in this home")
    parser.add_argument("--url", help="where its pages are, if not at the master")
    args = parser.parse_args()
    os.environ["GALE_BIN"] = str(pathlib.Path(args.gale).resolve())
    from demo import Demo, fill
    from screenshots import addresses
    home = args.use or tempfile.mkdtemp(prefix="gale-bench-", dir="/tmp")
    demo = Demo(home, args=("--port", "0", "--grpc-port", "0"), running=bool(args.use))
    try:
        if not args.use:
            fill(demo.api)
        paths = addresses(demo.api)
        with sync_playwright() as playwright:
            judge = Judge(playwright, args.url or demo.url, demo.password)
            print(f"{datetime.date.today()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
                  f"{platform.machine()}, Lighthouse {VERSION}; median of {args.rounds} (least-most)")
            for form in args.form or ["desktop", "mobile"]:
                for name in args.page or PAGES:
                    show(name, form, [judge.look(paths[name][0], form, name) for _ in range(args.rounds)])
            judge.close()
    finally:
        if not args.use:
            demo.close()
            shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
