#!/usr/bin/env python3
"""Python tasks: what a small one costs, side by side with Celery (prefork) and DBOS on the same machine.

    ./dev bench python            (or: /usr/bin/python3 bench/python.py --gale build/release/gale)

Starts gale, Celery with a Redis, and DBOS (SQLite) one after the other, with a Python environment of its own
(build/bench-python: celery, dbos and pandas from PyPI). A task's time at Gale goes from the commit of its grant to its
end, as the API has them; at Celery from delay() to get(); at DBOS a step's call. `sequence` is 40 tasks of fib(10) one
after the other: at Gale from the run's start to its end. `memory` is PSS: Gale's worker, keeper and templates;
Celery's worker with its pool. --only gale,celery,dbos,memory and --isolation file,sdk,fresh choose.
"""
import argparse
import datetime
import glob
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import hop

VENV = os.path.join(hop.ROOT, "build/bench-python")
PACKAGES = ("jinja2", "python-dateutil", "celery[redis]", "dbos", "pandas")
SEQUENCE = 40

DAGS = {"trivial": """
from airflow import DAG
from airflow.operators.python import PythonOperator
from datetime import datetime
with DAG('trivial', schedule=None, start_date=datetime(2024, 1, 1)):
    tasks = [PythonOperator(task_id=f't{i:04}', python_callable=int) for i in range(40)]
    for a, b in zip(tasks, tasks[1:]):
        a >> b
""", "fib": f"""
from airflow import DAG
from airflow.operators.python import PythonOperator
from datetime import datetime
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
with DAG('fib', schedule=None, start_date=datetime(2024, 1, 1)):
    tasks = [PythonOperator(task_id=f't{{i:04}}', python_callable=fib, op_args=[10]) for i in range({SEQUENCE})]
    for a, b in zip(tasks, tasks[1:]):
        a >> b
""", "frames": """
import pandas
from airflow import DAG
from airflow.operators.python import PythonOperator
from datetime import datetime
def total():
    return int(pandas.DataFrame({'a': [1, 2, 3]})['a'].sum())
with DAG('frames', schedule=None, start_date=datetime(2024, 1, 1)):
    PythonOperator(task_id='t', python_callable=total)
"""}

CELERY = """
import json, os, statistics, time
from celery import Celery
app = Celery('bench_celery', broker=os.environ['BENCH_REDIS'], backend=os.environ['BENCH_REDIS'])
@app.task(name='trivial')
def trivial():
    return 0
@app.task(name='fib')
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
if __name__ == '__main__':
    def timed(call):
        start = time.perf_counter()
        call()
        return 1000 * (time.perf_counter() - start)
    for _ in range(20):
        trivial.delay().get(timeout=30)
    small = [timed(lambda: trivial.delay().get(timeout=30)) for _ in range(200)]
    sequence = [timed(lambda: [fib.delay(10).get(timeout=30) for _ in range(40)]) for _ in range(5)]
    print(json.dumps({'task_ms_p50': statistics.median(small), 'sequence_s': statistics.median(sequence) / 1000}))
"""

DBOS = """
import json, os, statistics, sys, time
from dbos import DBOS
DBOS(config={'name': 'bench', 'system_database_url': 'sqlite:///' + sys.argv[1], 'log_level': 'ERROR',
             'run_admin_server': False})
times = []
@DBOS.step()
def trivial():
    return 0
@DBOS.step()
def fib_step(n):
    return fib(n)
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
@DBOS.workflow()
def small():
    for _ in range(200):
        start = time.perf_counter()
        trivial()
        times.append(1000 * (time.perf_counter() - start))
@DBOS.workflow()
def sequence():
    for _ in range(40):
        fib_step(10)
DBOS.launch()
small()
runs = []
for _ in range(5):
    start = time.perf_counter()
    sequence()
    runs.append(time.perf_counter() - start)
print(json.dumps({'task_ms_p50': statistics.median(times[20:]), 'sequence_s': statistics.median(runs)}))
os._exit(0)
"""


def provide_python():
    python = os.path.join(VENV, "bin/python")
    if not os.path.exists(os.path.join(VENV, "complete")):
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *PACKAGES], check=True)
        open(os.path.join(VENV, "complete"), "w").close()
    return python


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


# Gale.


class Runs:
    """Runs of the DAGs above on a gale of its own."""

    def __init__(self, binary, python, isolation):
        self.gale = hop.Gale(binary, {"GALE_PYTHON": python, "GALE__WORKER__PYTHON_ISOLATION": isolation})
        for name, text in DAGS.items():
            with open(os.path.join(self.gale.home, "dags", f"{name}.py"), "w") as file:
                file.write(text)
        self.gale.login()
        self.gale.until("the DAGs", lambda: self.gale.call("GET", "/api/v2/dags")["total_entries"] == len(DAGS))
        for name in DAGS:
            self.gale.call("PATCH", f"/api/v2/dags/{name}", {"is_paused": False})
        self._last = 0

    def run(self, dag):
        """(seconds of the run, milliseconds of each task)"""
        self._last += 1
        path = f"/api/v2/dags/{dag}/dagRuns"
        self.gale.call("POST", path, {"dag_run_id": f"r{self._last}", "logical_date": None})
        path += f"/r{self._last}"
        run = self.gale.until("the run", lambda: (r := self.gale.call("GET", path))
                              and r["state"] in ("success", "failed") and r)
        if run["state"] != "success":
            sys.exit(f"the run of {dag} failed; see {self.gale.home}")
        page = self.gale.call("GET", path + "/taskInstances?limit=100")
        return seconds(run["end_date"]) - seconds(run["start_date"]), \
            [1000 * (seconds(t["end_date"]) - seconds(t["start_date"])) for t in page["task_instances"]]


def measure_gale(binary, python, isolation, rounds):
    runs = Runs(binary, python, isolation)
    try:
        first = runs.run("trivial")[1][0]
        runs.run("trivial")
        small = [ms for _ in range(rounds) for ms in runs.run("trivial")[1]]
        runs.run("fib"), runs.run("fib")
        sequence = [runs.run("fib")[0] for _ in range(rounds)]
        frames = [runs.run("frames")[1][0] for _ in range(4 * rounds)]
        return {"task_ms_p50": statistics.median(small), "task_ms_p90": hop.percentile(small, 90),
                "first_task_ms": first, "sequence_s": statistics.median(sequence),
                "pandas_first_ms": frames[0], "pandas_second_ms": frames[1],
                "pandas_later_ms_p50": statistics.median(frames[2:])}
    finally:
        runs.gale.stop()


def pss_mb(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    return total / 1024


def processes_of(text):
    """Those that have it in their command line or first environment."""
    found = []
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            with open(f"{folder}/cmdline", "rb") as line, open(f"{folder}/environ", "rb") as environ:
                if text.encode() in line.read() + environ.read() and int(folder[6:]) != os.getpid():
                    found.append(int(folder[6:]))
        except OSError:
            continue
    return found


def measure_memory(binary, python):
    """A worker of its own beside a gale that has none to speak of: alone, and after Python tasks."""
    gale = hop.Gale(binary, {"GALE__WORKER__SLOTS": "1", "GALE__WORKER__QUEUES": "nothing"})
    worker = None
    try:
        with open(os.path.join(gale.home, "dags", "trivial.py"), "w") as file:
            file.write(DAGS["trivial"])
        gale.login()
        home = os.path.join(gale.home, "another-worker")
        worker = subprocess.Popen([binary, "worker", "--home", gale.home], stdout=gale.log, stderr=gale.log, env={
            **gale.env, "GALE_PYTHON": python, "GALE__WORKER__NAME": "measured", "GALE__WORKER__HOME": home,
            "GALE__WORKER__QUEUES": "default"})
        gale.until("the worker", lambda: any(w["name"] == "measured"
                                             for w in gale.call("GET", "/api/gale/v1/workers")["workers"]))
        alone = pss_mb(processes_of(home))
        gale.until("the DAG", lambda: gale.call("GET", "/api/v2/dags")["total_entries"])
        gale.call("PATCH", "/api/v2/dags/trivial", {"is_paused": False})
        for i in range(2):
            path = "/api/v2/dags/trivial/dagRuns"
            gale.call("POST", path, {"dag_run_id": f"r{i}", "logical_date": None})
            gale.until("the run", lambda: gale.call("GET", f"{path}/r{i}")["state"] == "success")
        return {"worker_mb": alone, "worker_after_python_tasks_mb": pss_mb(processes_of(home)),
                "processes": len(processes_of(home))}
    finally:
        if worker is not None:
            worker.send_signal(signal.SIGTERM)
            worker.wait(60)
        gale.stop()


# The others.


def last_json(command, **kwargs):
    out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=600, **kwargs).stdout
    return json.loads(out.strip().splitlines()[-1])


def measure_celery(python):
    folder = tempfile.mkdtemp(prefix="gale-bench-celery-")
    port = hop.free_port()
    redis = worker = None
    try:
        with open(os.path.join(folder, "bench_celery.py"), "w") as file:
            file.write(CELERY)
        with open(os.path.join(folder, "log"), "wb") as log:
            redis = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                                      "--dir", folder], stdout=log, stderr=log)
            env = {**os.environ, "BENCH_REDIS": f"redis://127.0.0.1:{port}/0"}
            worker = subprocess.Popen([python, "-m", "celery", "-A", "bench_celery", "worker", "--pool", "prefork",
                                       "-c", "2", "-l", "ERROR"], cwd=folder, stdout=log, stderr=log, env=env)
        found = last_json([python, "bench_celery.py"], cwd=folder, env=env)
        return {**found, "worker_mb": pss_mb(processes_of(f"BENCH_REDIS={env['BENCH_REDIS']}"))}
    finally:
        for process in (worker, redis):
            if process is not None:
                process.send_signal(signal.SIGTERM)
                process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def measure_dbos(python):
    with tempfile.TemporaryDirectory(prefix="gale-bench-dbos-") as folder:
        with open(os.path.join(folder, "bench_dbos.py"), "w") as file:
            file.write(DBOS)
        return last_json([python, "bench_dbos.py", os.path.join(folder, "dbos.sqlite")], cwd=folder,
                         stderr=subprocess.DEVNULL)


def rounded(value):
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    return round(value, 3) if isinstance(value, float) else value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gale", default=os.path.join(hop.ROOT, "build/release/gale"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--isolation", default="file,sdk,fresh")
    parser.add_argument("--only", default="gale,celery,dbos,memory")
    args = parser.parse_args()
    chosen = args.only.split(",")
    python = provide_python()
    found = {"bench": "python tasks"}
    if "gale" in chosen:
        for isolation in args.isolation.split(","):
            found[f"gale, {isolation}"] = measure_gale(args.gale, python, isolation, args.rounds)
    if "memory" in chosen:
        found["gale, memory"] = measure_memory(args.gale, python)
    if "celery" in chosen:
        found["celery, prefork"] = measure_celery(python)
    if "dbos" in chosen:
        found["dbos, sqlite"] = measure_dbos(python)
    print(json.dumps(rounded({**found, "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.release()}",
                              "date": datetime.date.today().isoformat()}), indent=1))


if __name__ == "__main__":
    main()
