#!/usr/bin/env python3
"""Hop time in standalone: a chain of tasks that run `true`; from one task's start to the next one's start.

    ./dev bench hop            (or: /usr/bin/python3 bench/hop.py --gale build/release/gale)

Starts a gale of its own (temporary home, free ports), runs the chain --rounds times, and prints the percentiles
over all hops, with the machine and the settings. A start is when the master committed the grant; a hop therefore
holds the commit, the grant's way to the worker, the spawn of bash, its run and end, and the result's way back.
"""
import argparse
import datetime
import glob
import json
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

CHAIN = """
from airflow import DAG
from airflow.operators.bash import BashOperator
from datetime import datetime
with DAG('chain', schedule=None, start_date=datetime(2024, 1, 1)) as dag:
    before = None
    for i in range({tasks}):
        task = BashOperator(task_id=f't{{i:04}}', bash_command='true', do_xcom_push=False)
        if before is not None:
            before >> task
        before = task
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Gale:
    def __init__(self, binary, env):
        self.home = tempfile.mkdtemp(prefix="gale-bench-")
        self.port = free_port()
        self.env = {**os.environ, "GALE_SDK": os.path.join(ROOT, "sdk/python"), **env}
        os.makedirs(os.path.join(self.home, "dags"))
        self.log = open(os.path.join(self.home, "log"), "wb")
        self.process = subprocess.Popen(
            [binary, "standalone", "--home", self.home, "--port", str(self.port), "--grpc-port", "0"],
            stdout=self.log, stderr=self.log, env=self.env)
        self.token = None

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json",
                     **({"Authorization": f"Bearer {self.token}"} if self.token else {})})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def until(self, what, condition, seconds=120):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                sys.exit(f"gale ended; see {self.home}/log")
            try:
                if (value := condition()):
                    return value
            except OSError:
                pass
            time.sleep(0.05)
        sys.exit(f"waited {seconds} s for {what}; see {self.home}/log")

    def login(self):
        self.until("gale to be healthy", lambda: self.call("GET", "/api/v2/monitor/health"))
        with open(os.path.join(self.home, "admin_password")) as file:
            password = file.readline().strip()
        self.token = self.call("POST", "/auth/token", {"username": "admin", "password": password})["access_token"]

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        shutil.rmtree(self.home, ignore_errors=True)


def hops_of(gale, run_id):
    starts = []
    while True:
        page = gale.call("GET", f"/api/v2/dags/chain/dagRuns/{run_id}/taskInstances"
                                f"?limit=100&offset={len(starts)}&order_by=task_id")
        starts += [t["start_date"] for t in page["task_instances"]]
        if len(starts) >= page["total_entries"]:
            break
    times = sorted(datetime.datetime.fromisoformat(s.replace("Z", "+00:00")).timestamp() for s in starts)
    return [1000 * (b - a) for a, b in zip(times, times[1:])]


def cost_of(pid):
    """CPU (ms) and context switches so far, by thread name: what noise moves less than time."""
    costs = {}
    tick = 1000 / os.sysconf("SC_CLK_TCK")
    for task in glob.glob(f"/proc/{pid}/task/*"):
        try:
            with open(f"{task}/stat") as file:
                name, rest = file.read().split("(", 1)[1].rsplit(")", 1)
            with open(f"{task}/status") as file:
                switches = sum(int(line.split()[1]) for line in file if "ctxt_switches" in line)
        except OSError:
            continue
        cost = costs.setdefault(name, {"threads": 0, "cpu_ms": 0, "switches": 0})
        cost["threads"] += 1
        cost["cpu_ms"] += (int(rest.split()[11]) + int(rest.split()[12])) * tick
        cost["switches"] += switches
    return costs


def cost_a_task(before, after, tasks):
    none = {"cpu_ms": 0, "switches": 0}
    return {name: {"threads": now["threads"],
                   **{k: round((now[k] - before.get(name, none)[k]) / tasks, 3) for k in none}}
            for name, now in sorted(after.items())}


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(p / 100 * len(values)))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gale", default=os.path.join(ROOT, "build/release/gale"))
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--synchronous", default="FULL", choices=["FULL", "NORMAL"])
    args = parser.parse_args()
    gale = Gale(args.gale, {"GALE__DATABASE__SQLITE_SYNCHRONOUS": args.synchronous})
    try:
        with open(os.path.join(gale.home, "dags", "chain.py"), "w") as file:
            file.write(CHAIN.format(tasks=args.tasks))
        gale.login()
        gale.until("the DAG", lambda: gale.call("GET", "/api/v2/dags")["total_entries"])
        gale.call("PATCH", "/api/v2/dags/chain", {"is_paused": False})
        rounds, before = [], None
        for i in range(args.rounds + 1):  # the first one warms up
            gale.call("POST", "/api/v2/dags/chain/dagRuns", {"dag_run_id": f"r{i}", "logical_date": None})
            run = gale.until("the run", lambda: (r := gale.call("GET", f"/api/v2/dags/chain/dagRuns/r{i}"))
                             and r["state"] in ("success", "failed") and r)
            if run["state"] != "success":
                sys.exit("the run failed")
            before = before or cost_of(gale.process.pid)
            if i > 0:
                rounds.append(hops_of(gale, f"r{i}"))
        every = [h for hops in rounds for h in hops]
        after = cost_of(gale.process.pid)
        print(json.dumps({
            "bench": "hop, standalone, SQLite synchronous=" + args.synchronous,
            "tasks": args.tasks, "rounds": args.rounds,
            "hop_ms": {"p50": round(statistics.median(every), 2), "p90": round(percentile(every, 90), 2),
                       "p99": round(percentile(every, 99), 2), "max": round(max(every), 2)},
            "p50_of_rounds_ms": [round(statistics.median(h), 2) for h in rounds],
            "a_task_costs_gale": cost_a_task(before, after, args.tasks * args.rounds),
            "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.release()}",
            "date": datetime.date.today().isoformat()}, indent=1))
    finally:
        gale.stop()


if __name__ == "__main__":
    main()
