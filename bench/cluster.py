#!/usr/bin/env python3
"""What a whole cluster does without faults: MariaDB, Redis, 2 masters, 3 workers, all on this machine.

    ./dev bench cluster        (or: /usr/bin/python3 bench/cluster.py --gale build/release/gale)

Starts a cluster of its own (temporary home, free ports) and prints, with the machine and the settings:

    hop_ms       from one task's start to the next one's in a chain of `true`, over all hops of --rounds runs
    tasks_a_s    tasks that run `true`, all ready at once: from the first start to the last end, of each round

A start is when the leader committed the grant, an end when it committed the result. Every task is a bash process, with
its log, its result on disk until acked, and its rows in the database, which flushes each commit.
"""
import argparse
import datetime
import json
import os
import platform
import statistics
import sys

from failover import PAGE, ROOT, Cluster, seconds

DAGS = """
from airflow import DAG
from airflow.operators.bash import BashOperator
from datetime import datetime
at = dict(schedule=None, start_date=datetime(2024, 1, 1))
with DAG('chain', **at):
    before = None
    for i in range({chain}):
        task = BashOperator(task_id=f't{{i:05}}', bash_command='true', do_xcom_push=False)
        if before is not None:
            before >> task
        before = task
with DAG('wide', max_active_tasks={wide}, **at):
    for i in range({wide}):
        BashOperator(task_id=f't{{i:05}}', bash_command='true', pool='wide', do_xcom_push=False)
"""
SLOTS = 8  # of each worker


def run(cluster, dag, run_id):
    """Its tasks' (start, end), in the order of their starts."""
    cluster.trigger(dag, run_id)
    cluster.until(f"the end of {dag} {run_id}", lambda: cluster.state(dag, run_id) in ("success", "failed"), 600)
    if cluster.state(dag, run_id) != "success":
        sys.exit(f"{dag} {run_id} failed; see {cluster.home}")
    tasks, offset = [], 0
    while True:
        page = cluster.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run_id}/taskInstances?limit={PAGE}&offset={offset}"
                                   "&order_by=task_id")["task_instances"]
        tasks += [(seconds(task["start_date"]), seconds(task["end_date"])) for task in page]
        offset += PAGE
        if len(page) < PAGE:
            return sorted(tasks)


def measure(cluster, rounds):
    hops, rates = [], []
    for i in range(rounds + 1):  # the first one warms up
        starts = [start for start, _ in run(cluster, "chain", f"r{i}")]
        tasks = run(cluster, "wide", f"r{i}")
        if i > 0:
            hops += [1000 * (b - a) for a, b in zip(starts, starts[1:])]
            rates.append(len(tasks) / (max(end for _, end in tasks) - tasks[0][0]))
    hops.sort()
    return {"hop_ms": {"p50": round(statistics.median(hops), 2), "p99": round(hops[int(0.99 * len(hops))], 2),
                       "max": round(hops[-1], 2)},
            "tasks_a_s": {"median": round(statistics.median(rates)), "rounds": [round(rate) for rate in rates]}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gale", default=os.environ.get("GALE_BIN", os.path.join(ROOT, "build/release/gale")))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--chain", type=int, default=200, help="tasks of the chain")
    parser.add_argument("--wide", type=int, default=3000, help="tasks that are ready at once")
    args = parser.parse_args()
    cluster = Cluster(args.gale, SLOTS, DAGS.format(chain=args.chain, wide=args.wide))
    failed = True
    try:
        cluster.wait_until_up()
        cluster.call("POST", "/api/v2/pools", {"name": "wide", "slots": args.wide})
        for dag in ("chain", "wide"):
            cluster.until(f"the DAG {dag}", lambda: any(
                known["dag_id"] == dag for known in cluster.call("GET", "/api/v2/dags")["dags"]))
            cluster.call("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False})
        found = measure(cluster, args.rounds)
        failed = False
    finally:
        cluster.stop(keep=failed)
    print(json.dumps({
        "bench": "cluster without faults: MariaDB (innodb_flush_log_at_trx_commit=1), Redis, 2 masters, "
                 f"3 workers of {SLOTS} slots",
        "tasks": {"chain": args.chain, "wide": args.wide}, "rounds": args.rounds, **found,
        "machine": f"{os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "date": datetime.date.today().isoformat()}, indent=1))


if __name__ == "__main__":
    main()
