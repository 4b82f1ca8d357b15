"""The crash suite: load and faults on a real cluster, and then the question whether every promise was kept.

Exit status: 0 all kept, 1 a violation (the home stays), 2 the suite itself could not do its work."""

import argparse
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

from cluster import ROOT, ClusterError
from faults import KINDS
from round import Round

VIOLATIONS_SHOWN = 20


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5, help="of load and faults (default: 5)")
    parser.add_argument("--seed", type=int, help="deals the same faults again (default: by chance, and told)")
    parser.add_argument("--home", help="the cluster's folder (default: a new one in /tmp, kept after a violation)")
    parser.add_argument("--database", choices=["mariadb", "mysql"])
    parser.add_argument("--masters", type=int, default=2)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--rate", type=float, default=12, help="tasks a second (default: 12)")
    parser.add_argument("--fault-seconds", type=float, default=6, help="between two faults, on average (default: 6)")
    parser.add_argument("--at-once", type=int, default=2, help="faults at the same time (default: 2)")
    parser.add_argument("--settle", type=float, default=240, help="seconds until all must have ended (default: 240)")
    parser.add_argument("--only", nargs="+", default=[], choices=list(KINDS), metavar="KIND", help="only these faults")
    parser.add_argument("--without", nargs="+", default=[], choices=list(KINDS), metavar="KIND", help="not these")
    parser.add_argument("--no-far", dest="far", action="store_false", help="no worker behind proxies")
    parser.add_argument("--standalone", action="store_true", help="`gale standalone` instead of a cluster")
    parser.add_argument("--keep", action="store_true", help="keep the home in any case")
    parser.add_argument("--verbose", action="store_true", help="tell of skipped faults too")
    parser.add_argument("--list", action="store_true", help="the kinds of faults, and no more")
    options = parser.parse_args(arguments)
    options.binary = pathlib.Path(os.environ.get("GALE_BIN", ROOT / "build/dev/gale"))
    if not os.access(options.binary, os.X_OK):
        parser.error(f"{options.binary} is not built: run ./dev build gale, or set GALE_BIN")
    options.seed = random.randrange(1 << 31) if options.seed is None else options.seed
    return options


def main():
    options = parse(sys.argv[1:])
    if options.list:
        for kind, (weight, least, most, _) in KINDS.items():
            print(f"{kind:<20} weight {weight}, for {least} to {most} s")
        return 0
    own_home = not options.home
    options.home = options.home or tempfile.mkdtemp(prefix="gchaos-", dir="/tmp")
    begun, lock = time.monotonic(), threading.Lock()

    def say(text):
        with lock:
            print(f"chaos {time.monotonic() - begun:7.1f}  {text}", file=sys.stderr, flush=True)

    say(f"seed {options.seed}, home {options.home}")
    this = Round(options, say)
    violations = None
    try:
        this.up()
        say("the cluster is up")
        this.run()
        this.calm()
        summary, violations = this.check()
    except ClusterError as error:
        say(f"gave up: {error}")
        return 2
    finally:
        this.down()
    for violation in violations[:VIOLATIONS_SHOWN]:
        print(violation, file=sys.stderr)
    (pathlib.Path(options.home) / "chaos/violations.txt").write_text("\n".join(map(str, violations)))
    (pathlib.Path(options.home) / "chaos/summary.json").write_text(json.dumps(summary, indent=2, default=str))
    print(json.dumps(summary, indent=2, default=str))
    if violations or summary["load_broken"]:
        say(f"{len(violations)} violations; seed {options.seed}; all of them: {options.home}/chaos/violations.txt")
        return 1
    if own_home and not options.keep:
        shutil.rmtree(options.home, ignore_errors=True)
    say("every promise was kept")
    return 0


if __name__ == "__main__":
    sys.exit(main())
