#!/usr/bin/env python3
"""What a REST page of 100 task instances costs in runs of 100 to 100,000 tasks, in standalone.

    /usr/bin/python3 bench/pages.py --gale build/release/gale [--sizes 100,3000,10000,50000,100000] [--rounds 200]

Starts a gale of its own (temporary home, free ports), registers a DAG of empty tasks of each size, runs it once to its
end, and reads its first page, one in the middle and the last one in turn over one connection; then the same sorted by
start date and filtered by state, which look at all instances of the run in brief. Prints p50 and p99 of each, with the
machine and the date.
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
    args = parser.parse_args()
    sizes = [int(size) for size in args.sizes.split(",")]

    # The largest file takes longer to read than a file of people's may.
    gale = Gale(args.gale, {"GALE__CORE__DAGBAG_IMPORT_TIMEOUT": "600"})
    try:
        gale.login()
        print(f"{datetime.date.today()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
              f"{platform.machine()}, {args.rounds} pages each; milliseconds, p50 / p99")
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
