#!/usr/bin/env python3
"""How long pages take to open in Chromium, and the grid's frames while it is scrolled.

    build/venv/bin/python bench/browser.py --gale build/release/gale [--rounds 5]

Starts a gale of its own (temporary home, free ports) with a DAG of 1,000 tasks and 100 runs, one of 10,000 tasks, and a
task that wrote 99 MB. Opened is from the navigation's start to the frame that shows what is waited for, server and
browser together; the first round has an empty cache. Frames are those of requestAnimationFrame. Needs playwright and
chromium (`./dev test` installs both).
"""
import argparse
import datetime
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.request

from playwright.sync_api import sync_playwright

RUNS, LINES = 100, 1_700_000
DAGS = f"""
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
start = dict(start_date=datetime(2024, 1, 1), schedule=None)
with DAG("wide", max_active_tasks=2000, **start):
    before = []
    for k in range(100):
        layer = [EmptyOperator(task_id=f"t{{k:03}}_{{j}}") for j in range(10)]
        for a, b in zip(before, layer):
            a >> b
        before = layer
with DAG("huge", **start):
    for k in range(2500):
        a, b, c, d = [EmptyOperator(task_id=f"h{{k:04}}_{{j}}") for j in range(4)]
        a >> [b, c] >> d
with DAG("long", **start):
    BashOperator(task_id="talk",
                 bash_command="seq -f 'line %.0f of a very long log that goes on and on and on' 1 {LINES}")
"""
PAGES = [("grid of 1,000 tasks x 100 runs", "/dags/wide?runs=100&side=details", ".gscroll canvas"),
         ("graph of 10,000 tasks", "/dags/huge", ".react-flow__node"),
         ("end of a log of 99 MB", "/dags/long/runs/r/tasks/talk", f"text=line {LINES} of a very"),
         ("list of DAGs", "/dags", "[data-dag]"), ("home", "/", "main h1")]
FRAMES = """([dx, dy]) => new Promise((done) => {
  const box = document.querySelector(".gscroll"), deltas = [];
  let before = performance.now(), n = 0;
  const step = (now) => {
    deltas.push(now - before); before = now; box.scrollBy(dx, dy);
    if (++n < 200) requestAnimationFrame(step); else done(deltas.slice(1));
  };
  requestAnimationFrame(step);
})"""


class Server:
    def __init__(self, binary):
        self.home = tempfile.mkdtemp(prefix="gale-bench-", dir="/tmp")
        os.mkdir(f"{self.home}/dags")
        with open(f"{self.home}/dags/bench.py", "w") as file:
            file.write(DAGS)
        self.output = open(f"{self.home}/out", "wb")
        self.process = subprocess.Popen([binary, "standalone", "--home", self.home, "--port", "0", "--grpc-port", "0"],
                                        stdout=self.output, stderr=subprocess.STDOUT, start_new_session=True)
        self.wait(lambda: "http://" in open(f"{self.home}/out").read())
        self.url = next(word for word in open(f"{self.home}/out").read().split() if word.startswith("http://"))
        self.password = open(f"{self.home}/admin_password").read().strip()
        self.token = None
        self.token = self("POST", "/auth/token", {"username": "admin", "password": self.password})["access_token"]

    def __call__(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        return json.loads(urllib.request.urlopen(request, timeout=30).read() or b"null")

    @staticmethod
    def wait(true):
        until = time.monotonic() + 120
        while not true():
            assert time.monotonic() < until, "not within 120 s"
            time.sleep(0.1)

    def fill(self):
        self.wait(lambda: self("GET", "/api/v2/dags")["total_entries"] == 3)
        for dag, runs in (("wide", RUNS), ("huge", 1), ("long", 1)):
            self("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False})
            for n in range(runs):
                self("POST", f"/api/v2/dags/{dag}/dagRuns",
                     {"logical_date": None, "dag_run_id": "r" if n == 0 else f"r{n}"})
        self.wait(lambda: self("GET", "/api/v2/dags/~/dagRuns?state=success&limit=1")["total_entries"] == RUNS + 2)

    def close(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        shutil.rmtree(self.home, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gale", default="build/release/gale")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    server = Server(args.gale)
    try:
        server.fill()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.request.post(f"{server.url}/api/gale/v1/session",
                              data={"username": "admin", "password": server.password})
            load = os.getloadavg()[0]
            print(f"{datetime.date.today()}, {os.cpu_count()} cores, load {load:.1f}, {platform.machine()}; ms")
            for name, path, shown in PAGES:
                times = []
                for _ in range(args.rounds):
                    page.goto("about:blank")
                    page.goto(server.url + path, wait_until="commit")
                    page.wait_for_selector(shown)
                    times.append(page.evaluate("new Promise((d) => requestAnimationFrame(() => d(performance.now())))"))
                print(f"{name:32} first {times[0]:5.0f}   then p50 {statistics.median(times[1:]):5.0f}")
            page.goto(server.url + PAGES[0][1])
            page.wait_for_selector(PAGES[0][2])
            for name, step in (("down", [0, 60]), ("across", [-20, 0])):
                deltas = sorted(page.evaluate(FRAMES, step))
                print(f"the grid, scrolled {name:12} frames p50 {statistics.median(deltas):5.1f}   "
                      f"p95 {deltas[int(len(deltas) * 0.95)]:5.1f}   longest {deltas[-1]:5.1f}")
            browser.close()
    finally:
        server.close()


if __name__ == "__main__":
    main()
