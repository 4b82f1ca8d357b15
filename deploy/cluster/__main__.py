"""A whole Gale cluster on this machine without Docker: database, Redis, masters, workers. See deploy/README.md."""

import argparse
import json
import socket
import sys

from layout import Layout, Problem
from processes import Failure
from supervisor import Supervisor

ANSWER_SECONDS_MAX = 300  # a busy database's start, and what was asked before
NODES_MAX = 100


def count(text):
    number = int(text)
    if not 0 <= number <= NODES_MAX:
        raise argparse.ArgumentTypeError(f"{number} is not from 0 to {NODES_MAX}")
    return number


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev cluster", description=__doc__)
    parser.add_argument("action", nargs="?", default="up", choices=["up", "start", "stop", "restart", "status"],
                        help="up (the default) runs the cluster; the others act on one that runs")
    parser.add_argument("name", nargs="?", help="of one process: mysql, redis, master-1, worker-1, ...")
    parser.add_argument("--home", default="~/.gale-cluster", help="its folder (default: ~/.gale-cluster)")
    parser.add_argument("--masters", type=count, default=2, help="how many (default: 2)")
    parser.add_argument("--workers", type=count, default=3, help="how many (default: 3)")
    parser.add_argument("--slots", type=int, default=16, help="tasks at once on each worker (default: 16)")
    parser.add_argument("--database", choices=["mysql", "mariadb"],
                        help="default: mariadb; mysql needs tests/support/fetch_mysql.sh")
    options = parser.parse_args(arguments)
    if options.action in ("start", "stop", "restart") and not options.name:
        parser.error(f"{options.action} what? Such as: ./dev cluster {options.action} worker-1")
    if options.workers and not options.masters:
        parser.error("--workers need a master")
    return options


def up(layout, options):
    layout.check_length(options.workers)
    layout.make()
    return Supervisor(layout, options).run()


def ask(layout, action, name):
    """Asks the cluster that runs; returns its answer. Raises Problem."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(ANSWER_SECONDS_MAX)
    try:
        connection.connect(str(layout.control_socket))
    except OSError:
        raise Problem(f"no cluster runs with the home {layout.home}: start one with "
                      f"./dev cluster --home {layout.home}") from None
    with connection:
        try:
            connection.sendall(json.dumps({"action": action, "name": name}).encode() + b"\n")
            line = connection.makefile().readline()
        except OSError as error:
            raise Problem(f"no answer from the cluster: {error}") from None
    answer = json.loads(line) if line else {"error": "the cluster ended"}
    if "error" in answer:
        raise Problem(answer["error"])
    return answer


def show(processes):
    rows = [("NAME", "STATE", "PID", "PORT", "LOG")]
    rows += [(each["name"], each["state"], str(each["pid"] or "-"), str(each["port"] or "-"), each["log"])
             for each in processes]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[4]]))


def main():
    options = parse(sys.argv[1:])
    try:
        layout = Layout(options.home)
        if options.action == "up":
            return up(layout, options)
        answer = ask(layout, options.action, options.name)
        show([each for each in answer["processes"] if options.name in (None, each["name"])])
        return 0
    except (Problem, Failure) as problem:
        print(f"cluster: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
