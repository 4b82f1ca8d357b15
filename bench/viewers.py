#!/usr/bin/env python3
"""What open pages cost the master: viewers of a busy run, each with an event stream of its own.

    /usr/bin/python3 bench/viewers.py --gale build/release/gale [--viewers 0,100] [--tasks 2000] [--watch dag:busy]

Starts a gale of its own (temporary home, free ports) for each number of viewers, has them watch, runs a DAG of bash
tasks that run `true` beside each other to its end, and prints what the master's threads used meanwhile, in percent of a
core: `rest` is the thread that writes streams, `engine` the one that commits and tells them. The viewers live in a
process of their own and read whatever comes.
"""
import argparse
import datetime
import multiprocessing
import os
import platform
import selectors
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hop import Gale, cost_of  # noqa: E402

BUSY = """
from airflow import DAG
from airflow.operators.bash import BashOperator
from datetime import datetime
with DAG('busy', schedule=None, start_date=datetime(2024, 1, 1), max_active_tasks=64) as dag:
    for i in range({tasks}):
        BashOperator(task_id=f't{{i:05}}', bash_command='true')
"""


def view(port, token, viewers, watch, ready, told):
    """Opens the streams, says so, and counts what comes until the master ends them."""
    selector, events, size, greeted = selectors.DefaultSelector(), 0, 0, 0
    for _ in range(viewers):
        client = socket.create_connection(("127.0.0.1", port), timeout=30)
        client.sendall(f"GET /api/gale/v1/events?watch={watch} HTTP/1.1\r\nHost: x\r\n"
                       f"Authorization: Bearer {token}\r\n\r\n".encode())
        client.setblocking(False)
        selector.register(client, selectors.EVENT_READ)
    again = 0
    while selector.get_map():
        for key, _ in selector.select():
            data = key.fileobj.recv(1 << 20)
            if not data:
                selector.unregister(key.fileobj)
                continue
            size += len(data)
            events += data.count(b"event: turn")
            again += data.count(b"event: read_again")
            greeted += data.count(b"event: hello")
            if greeted == viewers:
                ready.set()
        told.put((events, again, size))


def latest(told):
    value = (0, 0, 0)
    while not told.empty():
        value = told.get()
    return value


def measure(args, viewers):
    gale = Gale(args.gale, {})
    reader = None
    try:
        gale.login()
        with open(os.path.join(gale.home, "dags", "busy.py"), "w", encoding="utf-8") as out:
            out.write(BUSY.format(tasks=args.tasks))
        gale.until("busy", lambda: gale.call("GET", "/api/v2/dags/busy"), 120)
        gale.call("PATCH", "/api/v2/dags/busy", {"is_paused": False})
        ready, told = multiprocessing.Event(), multiprocessing.Queue()
        if viewers:
            reader = multiprocessing.Process(target=view, daemon=True, args=(gale.port, gale.token, viewers, args.watch,
                                                                             ready, told))
            reader.start()
            if not ready.wait(60):
                sys.exit("the streams didn't open")
        before, began = cost_of(gale.process.pid), time.monotonic()
        gale.call("POST", "/api/v2/dags/busy/dagRuns", {"dag_run_id": "r", "logical_date": None})
        gale.until("the run's end", lambda: gale.call("GET", "/api/v2/dags/busy/dagRuns/r")["state"] == "success", 600)
        took = time.monotonic() - began
        after = cost_of(gale.process.pid)
        events, again, size = latest(told)
        used = {name: (cost["cpu_ms"] - before.get(name, {"cpu_ms": 0})["cpu_ms"]) / took / 10
                for name, cost in after.items()}
        print(f"{viewers:4} viewers: {args.tasks / took:6.0f} tasks/s; rest {used.get('rest', 0):5.1f} %, "
              f"engine {used.get('engine', 0):5.1f} %, all {sum(used.values()):6.1f} % of a core; "
              f"{events / took:7.0f} events/s, {size / took / 1e6:6.2f} MB/s, {again} times 'read again'", flush=True)
    finally:
        gale.stop()
        if reader:
            reader.terminate()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gale", default="build/release/gale")
    parser.add_argument("--viewers", default="0,100")
    parser.add_argument("--tasks", type=int, default=2000)
    parser.add_argument("--watch", default="dag:busy")
    args = parser.parse_args()
    print(f"{datetime.date.today()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.machine()}, "
          f"watch={args.watch}")
    for viewers in args.viewers.split(","):
        measure(args, int(viewers))


if __name__ == "__main__":
    main()
