"""Fills a `gale standalone` with runs of examples/demo: past ones, some that failed, some that wait.

  demo.py --home DIR [--hours 24] [-- ARGS of gale standalone]      starts it, fills it, stays until Ctrl-C
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
PATIENCE = 120
TRIGGERED = {"echo_test": 3, "crawl_catalog": 2, "report_daily": 2, "feature_store": 3, "embedding_refresh": 1,
             "segmentation": 1, "video_tagging": 1, "supplier_feed": 1}


class Api:
    def __init__(self, base, password):
        self.base = base
        self.token = self("POST", "/auth/token", {"username": "admin", "password": password})["access_token"]

    token = None

    def __call__(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method,
                                         data=None if body is None else json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=30) as response:
            text = response.read()
        return json.loads(text) if text else None


def copy_dags(folder, hours):
    """Their past begins `hours` ago, at a full hour: the file stays the same while the demo lives."""
    start = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0, microsecond=0)
    start -= datetime.timedelta(hours=hours)
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((ROOT / "examples" / "demo").glob("*.py")):
        text = re.sub(r"^START = .*$", f"START = datetime({start.year}, {start.month}, {start.day}, {start.hour}, "
                      "tzinfo=timezone.utc)", path.read_text(), flags=re.M)
        (folder / path.name).write_text(text)


def wait_until(true, what):
    until = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > until:
            sys.exit(f"demo: after {PATIENCE} s still not: {what}")
        time.sleep(0.2)


def fill(api):
    """Returns once all that isn't meant to wait has ended."""
    wait_until(lambda: api("GET", "/api/v2/dags?limit=100")["total_entries"] >= 15, "15 DAGs are there")
    api("POST", "/api/v2/pools", {"name": "gpu", "slots": 4, "description": "One a GPU"})
    for key, value in (("model_bucket", "s3://models"), ("alert_channel", "#ml-alerts"), ("api_token", "not shown")):
        api("POST", "/api/v2/variables", {"key": key, "value": value, "description": "of the demo"})
    api("POST", "/api/v2/connections", {"connection_id": "warehouse", "conn_type": "postgres", "host": "db.example.net",
                                        "login": "etl", "password": "secret", "schema": "shop", "port": 5432})
    for username, role in (("mina", "Op"), ("deploy", "User")):
        api("POST", "/api/gale/v1/users", {"username": username, "role": role, "password": secrets.token_hex(16)})
    for username, name in (("admin", "laptop"), ("deploy", "release pipeline"), ("mina", "notebook")):
        api("POST", "/api/gale/v1/tokens", {"username": username, "name": name})
    dags = [dag["dag_id"] for dag in api("GET", "/api/v2/dags?limit=100")["dags"]]
    for dag_id in dags:
        if dag_id != "tts_eval":  # one stays switched off
            api("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})
    for dag_id, runs in TRIGGERED.items():
        for _ in range(runs):
            api("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": {}})
            time.sleep(0.05)
    waiting = {"feature_store", "embedding_refresh", "segmentation", "video_tagging", "supplier_feed"}

    def settled():
        runs = api("GET", "/api/v2/dags/~/dagRuns?state=running&state=queued&limit=100")["dag_runs"]
        return all(run["dag_id"] in waiting for run in runs)

    wait_until(settled, "the past runs have ended")


class Demo:
    """A `gale standalone` in `home`, filled."""

    def __init__(self, home, hours=24, args=(), running=False):
        self.home = pathlib.Path(home)
        self.output = self.home / "gale.out"
        self.process = None if running else self._start(hours, args)
        wait_until(lambda: self._address() or self.process.poll() is not None, "gale says its address")
        if self.process and self.process.poll() is not None:
            sys.exit(f"demo: gale ended: {self.output.read_text()}")
        self.url = self._address()
        self.password = (self.home / "admin_password").read_text().strip()
        self.api = Api(self.url, self.password)

    def _start(self, hours, args):
        self.home.mkdir(parents=True, exist_ok=True)
        copy_dags(self.home / "dags", hours)
        env = {**os.environ, "GALE_HOME": str(self.home), "GALE__CORE__DAGS_FOLDER": str(self.home / "dags")}
        env.setdefault("GALE_PYTHON", str(ROOT / "build/venv/bin/python"))
        env.setdefault("GALE_SDK", str(ROOT / "sdk/python"))
        binary = os.environ.get("GALE_BIN", str(ROOT / "build/dev/gale"))
        with open(self.output, "ab") as output:
            return subprocess.Popen([binary, "standalone", "--home", str(self.home), *args], env=env,
                                    stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)

    def _address(self):
        found = re.findall(r"http://[\d.]+:\d+", self.output.read_text())
        return found[-1] if found else None

    def close(self):
        self.process.terminate()
        self.process.wait(30)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", default=str(ROOT / "build/demo"))
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("gale", nargs="*")
    args = parser.parse_args()
    first = not (pathlib.Path(args.home) / "dags").exists()
    demo = Demo(args.home, args.hours, args.gale)
    try:
        if first:
            print("filling it: past runs, failures, waits …", flush=True)
            fill(demo.api)
        print(f"demo: {demo.url}   user admin   password {demo.password}   (Ctrl-C stops it)", flush=True)
        demo.process.wait()
    except KeyboardInterrupt:
        pass
    finally:
        demo.close()


if __name__ == "__main__":
    main()
