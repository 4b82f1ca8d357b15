"""One round of the suite: start, load and faults, calm, collect, check."""

import collections
import json
import pathlib
import re
import shutil
import signal
import threading
import time

import blow
import checker
import client as rest
import database
import faults
import injector
import ledger
import load
from cluster import (FAR, Cluster, ClusterError, FarWorker, become_subreaper, is_alive, keeper_of, below, send,
                     wait_until)
from measure import Measures, summary, undisturbed
from model import Facts, Fault
from proxy import Proxy
from standalone import KINDS as STANDALONE_KINDS
from standalone import NAME as STANDALONE
from standalone import Standalone, environment_of

DAGS_SECONDS_MAX = 120
PROGRESS_SECONDS = 30
WATCH_SECONDS = 0.5
LOGS_READ = 60
SLOTS_SECONDS_MAX = 30


class Round:
    def __init__(self, options, say):
        self.options, self.say = options, say
        self.home = pathlib.Path(options.home)
        self.far, self.proxies = None, []
        self.live = {}           # attempt -> its start line
        self.starts = 0
        self.live_runs = 0
        self._watch_stop = threading.Event()

    # Start.

    def up(self):
        become_subreaper()
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (self.home / "chaos").exists():
            raise ClusterError(f"{self.home} is that of an earlier round: remove it, or use another --home")
        binary = self.home / "gale"
        shutil.copy2(self.options.binary, binary)  # a build under way must not change what is tested
        self.ledger, script, python = ledger.prepare(self.home / "chaos")
        options = self.options
        self.cluster = Cluster(self.home, options.masters, options.workers, options.database, binary)
        if options.standalone:
            self.cluster = Standalone(self.home, environment_of(self.cluster.environment), binary)
        self.cluster.up()
        about = self.cluster.describe()
        self.client = rest.Client(about["rest"], about["admin_password_file"])
        load.write_dags(pathlib.Path(about["dags_folder"]), script, python)
        if not options.standalone and options.far:
            self.proxies = [Proxy(*split(address)) for address in about["grpc"]]
            self.far = FarWorker(self.cluster, [proxy.address for proxy in self.proxies])
            self.far.prepare()
            self.far.start()
        self.await_dags()
        self.world = blow.World(self.cluster, self.client, self.far, self.proxies, self.live_tasks)
        threading.Thread(target=self._watch, daemon=True).start()

    def await_dags(self):
        def known():
            try:
                for dag_id in load.SHAPES:
                    self.client.call("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False}, seconds=5)
                return True
            except (rest.NoAnswer, rest.Refused):
                return False

        wait_until(known, DAGS_SECONDS_MAX, "the DAGs are known")

    # Watching.

    def live_tasks(self):
        """Start lines of the tasks that live, oldest first; not of a pid that is another's by now."""
        return [line for line in list(self.live.values()) if is_task(line.pid)]

    def _watch(self):
        tail = ledger.Tail(self.ledger)
        connection, told = None, time.monotonic()
        while not self._watch_stop.wait(WATCH_SECONDS):
            for line in tail.more():
                if line.kind == "start":
                    self.live[line.attempt] = line
                    self.starts += 1
                elif line.kind == "end":
                    self.live.pop(line.attempt, None)
            try:
                connection = connection or database.connect(self.cluster.entry("mysql"))
                self.live_runs = database.count_live_runs(connection)
            except (database.DatabaseError, OSError, StopIteration, ValueError):
                connection = None  # it is down; the last number stands
            if time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                self.progress()

    def progress(self):
        self.say(f"{len(self.load.accepted)} runs accepted, {self.live_runs} live; {self.starts} tasks started; "
                 f"{len(self.world.events)} faults")

    # Load and faults.

    def run(self):
        options = self.options
        kinds = [kind for kind in faults.KINDS if not options.standalone or kind in STANDALONE_KINDS]
        kinds = [kind for kind in kinds if not options.only or kind in options.only]
        kinds = [kind for kind in kinds if kind not in options.without]
        self.load = load.Load(self.client, options.seed, options.rate, lambda: self.live_runs)
        self.injector = injector.Injector(self.world, injector.plan(options.seed, kinds, options.fault_seconds),
                                        options.at_once, self.tell)
        self.begun = time.monotonic()
        self.load.start()
        self.injector.start()
        threading.Event().wait(options.minutes * 60)
        self.say("no more faults; everything that is dead is started")
        self.injector.stop()
        self.mend()
        self.say("no more triggers")
        self.load.stop()

    def tell(self, event):
        """Into H/chaos/faults.jsonl, and the terminal."""
        with open(self.home / "chaos/faults.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(event, default=str) + "\n")
        what = event.get("skipped") and f"skipped: {event['skipped']}" or event.get("broken") or ""
        if not event.get("skipped") or self.options.verbose:
            self.say(f"{event['kind']} {event.get('target', '')} {event['seconds']:.1f} s {what}")

    def mend(self):
        names = [] if self.options.standalone else [*blow.SERVERS]
        for name in dict.fromkeys([*names, *self.cluster.masters, *self.world.workers()]):
            if not self.world.pid(name):
                self.say(f"{name} was dead")
                self.world.start(name)

    def calm(self):
        """Waits until every run has ended; what has not by the deadline is the checker's to find."""
        begin = time.monotonic()
        deadline = begin + self.options.settle
        while time.monotonic() < deadline:
            try:
                connection = database.connect(self.cluster.entry("mysql"))
                self.live_runs = database.count_live_runs(connection)
                connection.close()
                if self.live_runs == 0:
                    break
            except database.DatabaseError:
                pass
            threading.Event().wait(WATCH_SECONDS)
        self._watch_stop.set()
        self.settled_seconds = round(time.monotonic() - begin, 1)
        self.say(f"{self.live_runs} runs live {self.settled_seconds} s after the last fault")

    # Check.

    def facts(self):
        facts = Facts(dags=load.specs(), asked=self.load.asked, accepted=self.load.accepted)
        connection = database.connect(self.cluster.entry("mysql"))
        database.read_facts(connection, facts)
        connection.close()
        facts.lines = ledger.read(self.ledger)
        facts.slots_taken = self.slots_taken()
        facts.unreadable_logs = self.unreadable_logs(facts)
        facts.faults = [Fault(event["kind"], tuple(str(event.get("target", "")).split(",")), event["at_ns"],
                              event.get("healed_ns", event["at_ns"])) for event in self.world.events]
        return facts

    def slots_taken(self):
        taken = {}

        def free():
            _, answer = self.client.call("GET", "/api/v2/pools")
            taken.update((pool["name"], pool["occupied_slots"]) for pool in answer["pools"])
            return not any(taken.values())

        try:
            wait_until(free, SLOTS_SECONDS_MAX, "no slot is taken")
        except ClusterError:
            pass
        return taken

    def unreadable_logs(self, facts):
        """Of some tries that wrote a line: of those that ended badly first."""
        beaten = {line.attempt for line in facts.lines if line.kind == "beat"}
        tries = [row for row in facts.attempts if (row.dag_id, row.run_id, row.task_id, row.try_number) in beaten]
        tries.sort(key=lambda row: row.state == "success")
        wrong = []
        for row in tries[:LOGS_READ]:
            path = (f"/api/v2/dags/{row.dag_id}/dagRuns/{row.run_id}/taskInstances/{row.task_id}"
                    f"/logs/{row.try_number - row.reschedules}?full_content=true")
            try:
                _, answer = self.client.call("GET", path, seconds=20)
            except (rest.NoAnswer, rest.Refused) as error:
                answer = str(error)
            if f"chaos log {row.task_id} {row.try_number - row.reschedules}" not in json.dumps(answer):
                wrong.append((row.dag_id, row.run_id, row.task_id, row.try_number, str(answer)[-300:]))
        return wrong

    def crashes(self):
        """Deaths that are not ours: we send SIGKILL, and the tool SIGTERM."""
        log = self.home / "cluster.log"
        deaths = re.findall(r"cluster: (\S+) died \(([^;]*);", log.read_text()) if log.exists() else []
        for name, how in deaths:
            if how != "signal 9":
                yield checker.Violation("crash", f"{name} died by itself: {how}", tuple(tail(self.home, name)))

    def check(self):
        """(summary, violations)"""
        facts = self.facts()
        violations = checker.check(facts) + list(self.crashes())
        by_rule = collections.Counter(violation.rule for violation in violations)
        events = self.world.events
        measures = Measures(facts, events)
        starts = collections.Counter(line.kind for line in facts.lines)["start"]
        seconds = time.monotonic() - self.begun
        return {
            "seed": self.options.seed, "minutes": self.options.minutes, "home": str(self.home),
            "runs": len(facts.runs), "accepted": len(facts.accepted), "tasks": len(facts.tasks),
            "attempts": len(facts.attempts), "starts": starts, "starts_a_second": round(starts / seconds, 1),
            "run_states": dict(collections.Counter(run.state for run in facts.runs)),
            "ends": dict(collections.Counter(f"{row.state}: {short(row.reason)}" for row in facts.attempts)),
            "faults": dict(sorted(collections.Counter(event["kind"] for event in events).items())),
            "faults_skipped": self.injector.skipped, "faults_broken": self.injector.broken,
            "lost": by_rule["lost"], "overlaps": by_rule["overlap"], "double_counted": by_rule["double_counted"],
            "violations": dict(by_rule), "settled_seconds": self.settled_seconds,
            "trigger_seconds": summary(self.load.latencies), "triggers_refused": self.load.refused[:20],
            "load_broken": self.load.broken,
            "http_statuses": {str(status): count for status, count in sorted(self.client.statuses.items())},
            "epochs": max((line.epoch for line in facts.lines), default=0),
            "measures": measures.all(), "measures_undisturbed": Measures(facts, undisturbed(events)).all(),
            "slowest_failovers": [{"gap": gap, **event} for gap, event in measures.worst("kill_leader")],
        }, violations

    def down(self):
        self._watch_stop.set()
        if self.far:
            self.far.down()
        hosts = [keeper_of(self.home)] if self.options.standalone else []
        self.cluster.down()
        for keeper in filter(None, hosts):
            pids = [keeper, *below(keeper)]
            if is_alive(keeper):
                send(pids, signal.SIGKILL)
        for proxy in self.proxies:
            proxy.close()


def split(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)


def is_task(pid):
    try:
        said = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        return is_alive(pid) and (b"task.sh" in said or b"gale.t" in said)  # gale.template_process, gale.task_runner
    except OSError:
        return False


def short(reason):
    """A reason without what differs from one to the next."""
    return re.sub(r"\d+", "N", reason or "")[:80]


def tail(home, name, lines=25):
    path = home / f"{'far' if name == FAR else STANDALONE if name == STANDALONE else name}.log"
    return path.read_text(errors="replace").splitlines()[-lines:] if path.exists() else []
