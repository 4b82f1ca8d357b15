#!/usr/bin/env python3
"""What a REST page of 100 task instances costs in runs of 100 to 100,000 tasks, in standalone.

    /usr/bin/python3 bench/pages.py --gale build/release/gale [--sizes 100,3000,10000,50000,100000] [--rounds 200]
    /usr/bin/python3 bench/pages.py --gale build/release/gale --views [--tasks 1000] [--runs 100] [--wide 10000]
                                    [--dags 5000] [--rounds 200]

Starts a gale of its own (temporary home, free ports), registers a DAG of empty tasks of each size, runs it once to its
end, and reads its first page, one in the middle and the last one in turn over one connection; then the same sorted by
start date and filtered by state, which look at all instances of the run in brief. Prints p50 and p99 of each, with the
machine and the date.

--views: what the web's pages read instead. The grid of a DAG of --tasks in --runs; the structure and the Gantt of a run
of one of --wide tasks, the first time and again; the list of --dags DAGs, each of which has run once: its first page, a
search, one in the order of the last run; 100 task instances; the summary. Each with its bytes.
"""
import argparse
import datetime
import http.client
import json
import os
import platform
import statistics
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hop import Gale  # noqa: E402

WIDE = """
from airflow import DAG
from airflow.operators.empty import EmptyOperator
from datetime import datetime
with DAG('wide{tasks}', schedule=None, start_date=datetime(2024, 1, 1)) as dag:
    for i in range({tasks}):
        EmptyOperator(task_id=f't{{i:06}}')
"""

CHAINED = """
from airflow import DAG
from airflow.operators.empty import EmptyOperator
from datetime import datetime
with DAG('{dag}', schedule=None, start_date=datetime(2024, 1, 1), max_active_runs=100) as dag:
    tasks = [EmptyOperator(task_id=f'g{{i // 100:03}}_t{{i:05}}') for i in range({tasks})]
    for before, after in zip(tasks, tasks[10:]):
        before >> after
"""
MANY = """
from airflow import DAG
from airflow.operators.empty import EmptyOperator
from datetime import datetime
for i in range({dags}):
    with DAG(f'many{{i:05}}', schedule=None, start_date=datetime(2024, 1, 1), tags=[f'tag{{i % 20}}'],
             is_paused_upon_creation=False) as dag:
        EmptyOperator(task_id='t')
    globals()[f'many{{i:05}}'] = dag
"""


def put(gale, name, text, dag):
    """Writes a DAG file, and waits for the DAG in it."""
    with open(os.path.join(gale.home, "dags", f"{name}.py"), "w", encoding="utf-8") as out:
        out.write(text)
    gale.until(dag, lambda: gale.call("GET", f"/api/v2/dags/{dag}"), 600)
    gale.call("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False})


def run_once(gale, dag, run):
    gale.call("POST", f"/api/v2/dags/{dag}/dagRuns", {"dag_run_id": run, "logical_date": None})


def ended(gale, dag, run):
    gale.until(f"the end of {dag} {run}",
               lambda: gale.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}")["state"] == "success", 900)


def tell(gale, connection, what, paths, rounds):
    """The first answer by itself: what is kept from then on isn't there yet."""
    begin = time.perf_counter()
    connection.request("GET", paths[0], headers={"Authorization": f"Bearer {gale.token}"})
    answer = connection.getresponse()
    size = len(answer.read())
    first = (time.perf_counter() - begin) * 1000
    p50, p99 = measure(gale, connection, paths, rounds)
    print(f"{what:46} {size:9} bytes   first {first:8.2f}   {p50:8.2f} / {p99:8.2f}", flush=True)


def views(gale, args):
    put(gale, "grid", CHAINED.format(dag="grid", tasks=args.tasks), "grid")
    for i in range(args.runs):
        run_once(gale, "grid", f"r{i:04}")
    put(gale, "wide", CHAINED.format(dag="wide", tasks=args.wide), "wide")
    for i in range(3):
        run_once(gale, "wide", f"r{i}")
    put(gale, "many", MANY.format(dags=args.dags), f"many{args.dags - 1:05}")
    for i in range(args.dags):
        run_once(gale, f"many{i:05}", "r")
    for i in range(args.runs):
        ended(gale, "grid", f"r{i:04}")
    for i in range(3):
        ended(gale, "wide", f"r{i}")
    ended(gale, f"many{args.dags - 1:05}", "r")

    connection = http.client.HTTPConnection("127.0.0.1", gale.port, timeout=60)
    few = max(10, args.rounds // 10)
    base = "/api/gale/v1/dags"
    tell(gale, connection, f"grid, {args.tasks} tasks x {args.runs} runs", [f"{base}/grid/grid?limit={args.runs}"], few)
    tell(gale, connection, "grid, 24 runs", [f"{base}/grid/grid"], few)
    tell(gale, connection, f"structure, {args.wide} tasks", [f"{base}/wide/structure"], few)
    tell(gale, connection, f"gantt, {args.wide} tasks", [f"{base}/wide/dagRuns/r1/gantt"], few)
    tell(gale, connection, f"list of {args.dags + 2} DAGs, first page", [f"{base}?limit=50"], few)
    tell(gale, connection, "the same, searched", [f"{base}?q=many0{i}&limit=50" for i in range(5)], few)
    tell(gale, connection, "the same, by last run", [f"{base}?order_by=-last_run&limit=50&offset=50"], few)
    tell(gale, connection, "summary", ["/api/gale/v1/summary"], few)
    tell(gale, connection, "calendar", [f"{base}/grid/calendar"], few)
    page = "/api/v2/dags/grid/dagRuns/r0000/taskInstances?limit=100"
    tell(gale, connection, "100 task instances", [page, f"{page}&offset={args.tasks // 2}"], args.rounds)
    connection.close()


def measure(gale, connection, paths, rounds):
    times = []
    for i in range(rounds):
        begin = time.perf_counter()
        connection.request("GET", paths[i % len(paths)], headers={"Authorization": f"Bearer {gale.token}"})
        answer = connection.getresponse()
        body = answer.read()
        times.append((time.perf_counter() - begin) * 1000)
        if answer.status != 200:
            sys.exit(f"{paths[i % len(paths)]}: {answer.status} {body[:300]}")
    times.sort()
    return statistics.median(times), times[min(len(times) - 1, int(len(times) * 0.99))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gale", default="build/release/gale")
    parser.add_argument("--sizes", default="100,3000,10000,50000,100000")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--views", action="store_true")
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--wide", type=int, default=10_000)
    parser.add_argument("--dags", type=int, default=5000)
    args = parser.parse_args()
    sizes = [int(size) for size in args.sizes.split(",")]

    # The largest file takes longer to read than a file of people's may.
    gale = Gale(args.gale, {"GALE__CORE__DAGBAG_IMPORT_TIMEOUT": "600"})
    try:
        gale.login()
        print(f"{datetime.date.today()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
              f"{platform.machine()}, {args.rounds} pages each; milliseconds, p50 / p99")
        if args.views:
            views(gale, args)
            return
        for size in sizes:
            dag = f"wide{size}"
            with open(os.path.join(gale.home, "dags", f"{dag}.py"), "w", encoding="utf-8") as out:
                out.write(WIDE.format(tasks=size))
            gale.until(dag, lambda: gale.call("GET", f"/api/v2/dags/{dag}"), 600)
            gale.call("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False})
            gale.call("POST", f"/api/v2/dags/{dag}/dagRuns", {"dag_run_id": "r", "logical_date": None})
            run = f"/api/v2/dags/{dag}/dagRuns/r"
            gale.until("the run's end", lambda: gale.call("GET", run)["state"] == "success", 600)
            page = f"{run}/taskInstances?limit=100"
            connection = http.client.HTTPConnection("127.0.0.1", gale.port, timeout=60)
            rows = [("page", [page, f"{page}&offset={size // 2}", f"{page}&offset={max(0, size - 100)}"]),
                    ("one", [f"{run}/taskInstances/t{size - 1:06}"]),
                    ("sorted", [f"{page}&order_by=-start_date"]),
                    ("by state", [f"{page}&state=success"])]
            told = []
            for name, paths in rows:
                rounds = args.rounds if name in ("page", "one") else max(20, args.rounds // 10)
                p50, p99 = measure(gale, connection, paths, rounds)
                told.append(f"{name} {p50:.2f} / {p99:.2f}")
            connection.close()
            print(f"{size:7} tasks: " + "   ".join(told), flush=True)
    finally:
        gale.stop()


if __name__ == "__main__":
    main()
