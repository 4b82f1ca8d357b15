#!/usr/bin/env python3
"""How long dispatch stands still after a fault, on a whole cluster: MariaDB, Redis, 2 masters, 3 workers.

    ./dev bench failover       (or: /usr/bin/python3 bench/failover.py --gale build/release/gale --rounds 3)

Starts a cluster of its own (temporary home, free ports), does each fault --rounds times, and prints the medians with
the machine and the settings. All times are the ledger's: when the leader committed that a task starts.

    stood_still_s  of faults under a chain of short tasks, or under 10,000 queued ones: the longest time without the
                   start of any task from the fault on. The chain's own hop (hop_ms) is in it.
    next_try_s     of faults that end a task: from the fault to the start of its next try (retry_delay 0).
"""
import argparse
import datetime
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
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CHAIN_TASKS = 150
WIDE_TASKS = 10_000
SLOTS = 4  # of each worker
# Their defaults; given, so that what is printed is what was measured.
SETTINGS = {"GALE__MASTER__LEADER_LEASE_SECONDS": "2", "GALE__MASTER__LEASE_SECONDS": "8",
            "GALE__MASTER__HEARTBEAT_SECONDS": "1"}
WAIT_SECONDS_MAX = 120
PAGE = 100  # what REST gives at once
LOOK_SECONDS = 15  # after a flush
STOPPED_SECONDS_MAX = 60  # that a stopped leader is waited for

DAGS = """
from airflow import DAG
from airflow.operators.bash import BashOperator
from datetime import datetime, timedelta
at = dict(schedule=None, start_date=datetime(2024, 1, 1))
with DAG('chain', **at) as dag:
    before = None
    for i in range({chain}):
        task = BashOperator(task_id=f't{{i:05}}', bash_command='sleep 0.02', do_xcom_push=False)
        if before is not None:
            before >> task
        before = task
with DAG('wide', max_active_tasks={wide}, **at):
    for i in range({wide}):
        BashOperator(task_id=f't{{i:05}}', bash_command='sleep 0.1', do_xcom_push=False)
with DAG('long', **at):
    BashOperator(task_id='task', bash_command='echo $$ > {pid_file}; exec sleep 600', retries=3,
                 retry_delay=timedelta(0), do_xcom_push=False)
"""


class Cluster:
    def __init__(self, binary, slots, dags=None):
        self.home = tempfile.mkdtemp(prefix="gale-fo-", dir="/tmp")  # short: sockets lie in it
        self.tool = [sys.executable, "-B", os.path.join(ROOT, "deploy/cluster")]
        os.makedirs(os.path.join(self.home, "dags"))
        self.pid_file = os.path.join(self.home, "pid")
        with open(os.path.join(self.home, "dags", "dags.py"), "w") as file:
            file.write(dags or DAGS.format(chain=CHAIN_TASKS, wide=WIDE_TASKS, pid_file=self.pid_file))
        self.log = open(os.path.join(self.home, "log"), "wb")
        self.process = subprocess.Popen([*self.tool, "--home", self.home, "--slots", str(slots)], stdout=self.log,
                                        stderr=self.log,
                                        env={**os.environ, **SETTINGS, "GALE_BIN": os.path.abspath(binary)})
        self.token = None

    def wait_until_up(self):
        self.until("the cluster", lambda: os.path.exists(os.path.join(self.home, "cluster.json")))
        with open(self.facts()["admin_password_file"]) as file:
            password = file.readline().strip()
        self.token = self.call("POST", "/auth/token", {"username": "admin", "password": password})["access_token"]

    # Asking.

    def facts(self):
        with open(os.path.join(self.home, "cluster.json")) as file:
            return json.load(file)

    def part(self, name):
        return next(p for p in self.facts()["processes"] if p["name"] == name)

    def ask(self, base, method, path, body=None):
        request = urllib.request.Request(
            base + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json",
                     **({"Authorization": f"Bearer {self.token}"} if self.token else {})})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)

    def call(self, method, path, body=None, tries_max=100):
        """Of whichever master answers; what only the leader can do is handed on by the other."""
        for _ in range(tries_max):
            for base in self.facts()["rest"]:
                try:
                    return self.ask(base, method, path, body)
                except urllib.error.HTTPError as error:
                    if error.code == 409:  # it was done, and the answer was lost
                        return {}
                    if error.code < 500:
                        sys.exit(f"{method} {path}: {error.code} {error.read().decode()[:300]}")
                except OSError:
                    pass
            time.sleep(0.1)
        sys.exit(f"{method} {path}: no master answers; see {self.home}")

    def until(self, what, condition, seconds=WAIT_SECONDS_MAX):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                sys.exit(f"the cluster ended; see {self.home}/log")
            if (value := condition()):
                return value
            time.sleep(0.05)
        sys.exit(f"waited {seconds} s for {what}; see {self.home}")

    def leader(self):
        return self.until("a leader", lambda: (x := self.call("GET", "/api/gale/v1/cluster")["leader"]) and x["name"])

    def act(self, action, name):
        subprocess.run([*self.tool, action, name, "--home", self.home], check=True, capture_output=True)

    def revive(self):
        for part in self.facts()["processes"]:
            if part["state"] != "running":
                self.act("start", part["name"])

    def redis(self, *commands):
        """The last command's answer; each is one line, so is each answer."""
        part = self.part("redis")
        with socket.create_connection((part["host"], part["port"]), 5) as connection:
            answers = connection.makefile("rb")
            for command in (f"AUTH {part['password']}", *commands):
                connection.sendall(command.encode() + b"\r\n")
                answer = answers.readline().decode().strip()
                if answer.startswith("-"):
                    sys.exit(f"redis: {answer}")
        return answer

    # Runs.

    def trigger(self, dag, run):
        self.call("POST", f"/api/v2/dags/{dag}/dagRuns", {"dag_run_id": run, "logical_date": None})

    def state(self, dag, run):
        return self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}")["state"]

    def end(self, dag, run):
        self.call("PATCH", f"/api/v2/dags/{dag}/dagRuns/{run}", {"state": "failed"})
        self.until("the end of " + run, lambda: self.state(dag, run) == "failed")

    def count(self, dag, run, state):
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances?limit=1&state={state}"
        return self.call("GET", path)["total_entries"]

    def starts(self, dag, run, since):
        """When tasks started, as seconds, from the last one before `since` on."""
        times, offset = [], 0
        while True:
            page = self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances?limit={PAGE}&offset={offset}"
                                    f"&order_by=-start_date")["task_instances"]
            times += [seconds(t["start_date"]) for t in page if t["start_date"]]
            offset += PAGE
            if len(page) < PAGE or (times and times[-1] < since):
                return sorted(times)

    def stop(self, keep):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(90)
        if not keep:
            shutil.rmtree(self.home, ignore_errors=True)


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def stood_still(starts, fault, until):
    """The longest time without a start from `fault` to `until`."""
    if max(starts) < fault:
        sys.exit("nothing started after the fault: the load ended too early, or nothing ever healed")
    edges = [fault] + [s for s in starts if fault < s < until]
    return max(b - a for a, b in zip(edges, edges[1:]))


# Faults: each returns what ends it, or None.


def kill_leader(cluster, leader):
    os.kill(cluster.part(leader)["pid"], signal.SIGKILL)


def restart_leader(cluster, leader):
    os.kill(cluster.part(leader)["pid"], signal.SIGKILL)
    cluster.until("its death", lambda: cluster.part(leader)["state"] != "running")
    cluster.act("start", leader)


def end_leader(cluster, leader):
    os.kill(cluster.part(leader)["pid"], signal.SIGTERM)


def stop_leader(cluster, leader):
    pid = cluster.part(leader)["pid"]
    os.kill(pid, signal.SIGSTOP)
    return lambda: os.kill(pid, signal.SIGCONT)


def restart_database(cluster, _):
    cluster.act("restart", "mysql")


def flush_redis(cluster, _):
    cluster.redis("FLUSHALL")


# Rounds.


def chain_round(cluster, run, fault):
    cluster.trigger("chain", run)
    cluster.until("the chain to run", lambda: cluster.count("chain", run, "success") >= CHAIN_TASKS // 10)
    leader = cluster.leader()
    at = time.time()
    undo = fault(cluster, leader)
    try:
        cluster.until("the chain's end", lambda: cluster.state("chain", run) in ("success", "failed"))
    finally:
        if undo:
            undo()
    if cluster.state("chain", run) != "success":
        sys.exit(f"the chain failed; see {cluster.home}")
    starts = cluster.starts("chain", run, 0)
    before = [s for s in starts if s < at]
    cluster.revive()
    return {"stood_still_s": stood_still(starts, at, at + STOPPED_SECONDS_MAX),
            "hop_ms": 1000 * statistics.median(b - a for a, b in zip(before, before[1:])),
            "another_leads": cluster.leader() != leader}


def wide_round(cluster, run):
    """Redis loses what was queued."""
    cluster.trigger("wide", run)
    queued = WIDE_TASKS * 9 // 10
    cluster.until("them to be queued", lambda: int(cluster.redis("ZCARD gale:default:q:default")[1:]) >= queued)
    cluster.until("them to run", lambda: cluster.count("wide", run, "success") >= 3 * SLOTS)
    at = time.time()
    before = int(cluster.redis("ZCARD gale:default:q:default")[1:])
    flush_redis(cluster, None)
    cluster.until("all to be rung again", lambda: int(cluster.redis("ZCARD gale:default:q:default")[1:]) >= queued / 2)
    rung = time.time() - at
    cluster.until("time to pass", lambda: time.time() > at + LOOK_SECONDS)
    starts = cluster.starts("wide", run, at)
    cluster.end("wide", run)
    return {"stood_still_s": stood_still(starts, at, at + LOOK_SECONDS), "rung_again_s": rung, "queued": before}


def task_round(cluster, run, kill):
    if os.path.exists(cluster.pid_file):
        os.unlink(cluster.pid_file)
    cluster.trigger("long", run)
    path = f"/api/v2/dags/long/dagRuns/{run}/taskInstances/task"
    task = cluster.until("the task to run", lambda: (t := cluster.call("GET", path))["state"] == "running"
                         and os.path.exists(cluster.pid_file) and os.path.getsize(cluster.pid_file) and t)
    at = time.time()
    kill(cluster, task)
    again = cluster.until("the next try", lambda: (t := cluster.call("GET", path))["state"] == "running"
                          and t["try_number"] > task["try_number"] and t)
    cluster.end("long", run)
    cluster.revive()
    return {"next_try_s": seconds(again["start_date"]) - at}


def kill_worker(cluster, task):
    os.kill(cluster.part(task["hostname"])["pid"], signal.SIGKILL)


def kill_task(cluster, _):
    with open(cluster.pid_file) as file:
        os.kill(int(file.read()), signal.SIGKILL)


FAULTS = {
    "leader SIGKILL": lambda c, run: chain_round(c, run, kill_leader),
    "leader SIGKILL, restarted at once": lambda c, run: chain_round(c, run, restart_leader),
    "leader SIGTERM": lambda c, run: chain_round(c, run, end_leader),
    "leader SIGSTOP": lambda c, run: chain_round(c, run, stop_leader),
    "database restart": lambda c, run: chain_round(c, run, restart_database),
    "FLUSHALL, little queued": lambda c, run: chain_round(c, run, flush_redis),
    "FLUSHALL, 10,000 queued": wide_round,
    "worker SIGKILL, stays away": lambda c, run: task_round(c, run, kill_worker),
    "task's process SIGKILL": lambda c, run: task_round(c, run, kill_task),
}


def rounded(value):
    if isinstance(value, bool):
        return value
    return round(value, 2) if value < 1000 else round(value)


def summary(rounds):
    out = {}
    for key in rounds[0]:
        values = [r[key] for r in rounds]
        out[key] = values if isinstance(values[0], bool) else rounded(statistics.median(values))
        if key.endswith("_s"):
            out["rounds_" + key] = [rounded(v) for v in values]
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gale", default=os.environ.get("GALE_BIN", os.path.join(ROOT, "build/release/gale")))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", choices=FAULTS, help="this fault (may be given again)")
    args = parser.parse_args()
    cluster = Cluster(args.gale, SLOTS)
    failed = True
    try:
        cluster.wait_until_up()
        cluster.until("the DAGs", lambda: cluster.call("GET", "/api/v2/dags")["total_entries"] == 3)
        for dag in ("chain", "wide", "long"):
            cluster.call("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False})
        cluster.call("PATCH", "/api/v2/pools/default_pool", {"slots": 2 * WIDE_TASKS})
        cluster.trigger("chain", "warm-up")
        cluster.until("the warm-up", lambda: cluster.state("chain", "warm-up") == "success")
        faults = {}
        for number, name in enumerate(args.only or FAULTS):
            print(f"{name}:", file=sys.stderr, end="", flush=True)
            rounds = []
            for i in range(args.rounds):
                rounds.append(FAULTS[name](cluster, f"f{number}-{i}"))
                print(" ", json.dumps({k: rounded(v) for k, v in rounds[-1].items()}), file=sys.stderr, end="",
                      flush=True)
            print(file=sys.stderr)
            faults[name] = summary(rounds)
        print(json.dumps({
            "bench": "failover, ./dev cluster: 2 masters, 3 workers, all on this machine",
            "rounds": args.rounds, "faults": faults,
            "build": args.gale, "settings": {**SETTINGS, "innodb_flush_log_at_trx_commit": 1, "slots": SLOTS},
            "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.release()}",
            "date": datetime.date.today().isoformat()}, indent=1))
        failed = False
    finally:
        cluster.stop(keep=failed)


if __name__ == "__main__":
    main()
