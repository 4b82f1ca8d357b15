"""Compares what was asked, what the database says and what the tasks wrote. Pure: Facts in, violations out.

Each rule is one function that yields violations; RULES is all of them. A violation holds every line that
concerns it."""

import collections
import dataclasses

from model import RUN_ENDED, TASK_ENDED

# An attempt that the database has as ended may be seen alive for as long: its last beat may be under way
# while the keeper collects it.
OUTLIVED_NS = 50_000_000

# How a try ends whose worker was not heard of; and for how long before that a fault may be the cause.
LOST_REASONS = ("was lost", "lease ran out")
CAUSE_NS = 20 * 10**9
# Faults that take the ledger or every master from all workers.
COMMON_CAUSES = ("mysql", "all_masters", "blackout")


@dataclasses.dataclass(frozen=True)
class Violation:
    rule: str
    what: str
    evidence: tuple = ()

    def __str__(self):
        return "\n".join([f"VIOLATION {self.rule}: {self.what}", *(f"    {line}" for line in self.evidence)])


class Index:
    """Facts by task instance and attempt, made once."""

    def __init__(self, facts):
        self.facts = facts
        self.runs = collections.defaultdict(list)
        self.tasks = collections.defaultdict(list)
        self.attempts = collections.defaultdict(list)  # by task instance
        self.lines = collections.defaultdict(list)     # by task instance
        for run in facts.runs:
            self.runs[run.dag_id, run.run_id].append(run)
        self.of_run = collections.defaultdict(list)    # task instances by run
        for row in facts.tasks:
            self.tasks[row.dag_id, row.run_id, row.task_id].append(row)
            self.of_run[row.dag_id, row.run_id].append(row)
        for row in facts.attempts:
            self.attempts[row.dag_id, row.run_id, row.task_id].append(row)
        for line in facts.lines:
            self.lines[line.task].append(line)

    def evidence(self, key):
        """All that is known of one task instance, or of one run (then without its tasks' lines)."""
        rows = [*self.runs.get(key[:2], ()), *self.tasks.get(key, ()),
                *sorted(self.attempts.get(key, ()), key=lambda row: row.try_number)]
        return tuple(str(row) for row in rows) + tuple(str(line) for line in shortened(self.lines.get(key, ())))

    def starts(self, key, try_number=None):
        return [line for line in self.lines.get(key, ())
                if line.kind == "start" and try_number in (None, line.try_number)]

    def good_end(self, key, try_number=None):
        return next((line for line in self.lines.get(key, ())
                     if line.kind == "end" and line.more == "0" and try_number in (None, line.try_number)), None)


def shortened(lines):
    """Of a row of beats of one process only the first and the last."""
    out = []
    for line in lines:
        if (len(out) > 1 and line.kind == out[-1].kind == out[-2].kind == "beat"
                and line.pid == out[-1].pid == out[-2].pid):
            out.pop()
        out.append(line)
    return out


def lost(index):
    """A run that was accepted is in the database, once."""
    for key in sorted(index.facts.accepted):
        rows = index.runs.get(key, ())
        if len(rows) != 1:
            yield Violation("lost", f"{key[0]} {key[1]} was accepted, and the database has {len(rows)} of it")


def phantom(index):
    """Nothing runs that nobody asked for."""
    for key in sorted(set(index.runs) - index.facts.asked):
        yield Violation("phantom", f"nobody asked for {key[0]} {key[1]}", index.evidence(key))


def unended(index):
    """Every run ended, and every task of it; a task that ended is told ended once and for all."""
    for key, rows in sorted(index.runs.items()):
        if any(run.state not in RUN_ENDED for run in rows):
            parts = [str(row) for row in index.of_run.get(key, ()) if row.state not in TASK_ENDED]
            yield Violation("unended", f"{key[0]} {key[1]} has not ended", (*index.evidence(key), *parts))
            continue
        for spec in index.facts.dags.get(key[0], ()):
            task = (*key, spec.task_id)
            states = [row.state for row in index.tasks.get(task, ())]
            if len(states) != 1 or states[0] not in TASK_ENDED:
                yield Violation("unended", f"{' '.join(task)} is {states} in a run that ended",
                                index.evidence(task))


def run_state(index):
    """A run succeeded just if all its tasks did (every task of the suite counts)."""
    for key, rows in sorted(index.runs.items()):
        states = {row.state for row in index.of_run.get(key, ())}
        for run in rows:
            if run.state in RUN_ENDED and (run.state == "success") != (states == {"success"}):
                yield Violation("run_state", f"{key[0]} {key[1]} is {run.state}; its tasks are {sorted(states)}",
                                index.evidence(key))


def lives(lines):
    """[(first line, last line)] of each process family: an attempt that the keeper started once."""
    families = collections.OrderedDict()
    current = {}
    for line in lines:
        if line.kind == "start":
            current[line.try_number] = line
            families[line] = [line, line]
        start = current.get(line.try_number)
        if start is not None and line.at_ns > families[start][1].at_ns:
            families[start][1] = line
    return [tuple(pair) for pair in families.values()]


def overlaps(index):
    """No two attempts of a task instance lived at the same time."""
    for key, lines in sorted(index.lines.items()):
        latest = None
        for first, last in sorted(lives(lines), key=lambda life: life[0].at_ns):
            if latest is not None and first.at_ns < latest.at_ns:
                yield Violation("overlap", f"{' '.join(key)}: try {first.try_number} started while try "
                                f"{latest.try_number} lived, for {(latest.at_ns - first.at_ns) / 1e9:.3f} s at least",
                                index.evidence(key))
            if latest is None or last.at_ns > latest.at_ns:
                latest = last


def ran_twice(index):
    """A try is started once."""
    for key in sorted(index.lines):
        tries = collections.Counter(line.try_number for line in index.starts(key))
        for number, count in sorted(tries.items()):
            if count > 1:
                yield Violation("ran_twice", f"{' '.join(key)}: try {number} started {count} times",
                                index.evidence(key))


def unknown_start(index):
    """What ran is in the database: every start belongs to a try that was granted."""
    for key in sorted(index.lines):
        number = max((row.try_number for row in index.tasks.get(key, ())), default=0)
        for line in index.starts(key):
            if line.try_number > number:
                yield Violation("unknown_start", f"{' '.join(key)}: try {line.try_number} ran, the database "
                                f"knows of {number}", index.evidence(key))


def double_counted(index):
    """Each try is counted once: one row for each, none behind a success, no more than the retries allow."""
    for key, rows in sorted(index.tasks.items()):
        attempts = sorted(index.attempts.get(key, ()), key=lambda row: row.try_number)
        numbers = [number for row in attempts for number in row.starts]
        task = rows[0]
        said = []
        if task.state not in TASK_ENDED or task.state in ("upstream_failed", "skipped", "removed"):
            continue
        if numbers != list(range(1, task.try_number + 1)):
            said.append(f"has tries {numbers} in its history, and is at try {task.try_number}")
        early = [row.try_number for row in attempts if row.state == "success" and row.try_number < task.try_number]
        if early:
            said.append(f"succeeded at try {early[0]}, and ran again")
        if attempts and numbers[-1] == task.try_number and attempts[-1].state != task.state:
            said.append(f"is {task.state}, its last try is {attempts[-1].state}")
        tries = task.try_number - task.reschedules
        if tries > task.max_tries + 1 + task.lost_tries:
            said.append(f"had {tries} tries; {task.max_tries} retries and {task.lost_tries} lost ones "
                        "were allowed")
        if task.live:
            said.append("ended, and counts as live")
        for what in said:
            yield Violation("double_counted", f"{' '.join(key)} {what}", index.evidence(key))


def retries_kept(index):
    """A task fails for good only when its retries are used up."""
    for key, rows in sorted(index.tasks.items()):
        spec = next((s for s in index.facts.dags.get(key[0], ()) if s.task_id == key[2]), None)
        if spec is None:
            continue
        for row in rows:
            tries = row.try_number - row.reschedules
            if row.state == "failed" and tries < spec.retries + 1:
                yield Violation("retries_kept", f"{' '.join(key)} failed at try {tries} of "
                                f"{spec.retries + 1}", index.evidence(key))


def success_is_true(index):
    """A success was one: the task's last try wrote its end, and no later one began."""
    for key, rows in sorted(index.tasks.items()):
        for row in rows:
            if row.state != "success":
                continue
            if index.good_end(key, row.try_number) is None:
                yield Violation("success_is_true", f"{' '.join(key)} is success at try {row.try_number}, and that "
                                "try did not get to its end", index.evidence(key))


def failure_is_true(index):
    """A try that failed by its exit code wrote that it would."""
    for key, attempts in sorted(index.attempts.items()):
        for row in attempts:
            ends = {line.more for line in index.lines.get(key, ())
                    if line.kind == "end" and line.try_number == row.try_number}
            if row.state == "failed" and row.reason.startswith("exit code") and not ends - {"0"}:
                yield Violation("failure_is_true", f"{' '.join(key)}: try {row.try_number} failed with "
                                f"{row.reason!r}, which it had no reason to", index.evidence(key))


def order(index):
    """A task starts when all its upstreams have ended well."""
    for dag_id, specs in sorted(index.facts.dags.items()):
        for key in sorted(key for key in index.lines if key[0] == dag_id):
            spec = next((spec for spec in specs if spec.task_id == key[2]), None)
            start = next(iter(index.starts(key)), None)
            if spec is None or start is None:
                continue
            for upstream in spec.upstream:
                before = (*key[:2], upstream)
                end = index.good_end(before)
                if end is None or end.number > start.number:
                    yield Violation("order", f"{' '.join(key)} started before {upstream} had ended well",
                                    (*index.evidence(key), *index.evidence(before)))


def xcoms(index):
    """Who was given something of a task before it was given what that task's good try gave."""
    for key, lines in sorted(index.lines.items()):
        for line in lines:
            if line.kind != "read":
                continue
            task_id, value = line.more.split("=", 1)
            giver = (*key[:2], task_id)
            row = next(iter(index.tasks.get(giver, ())), None)
            end = row and index.good_end(giver, row.try_number)
            if end is None or value != f"{end.try_number}.{end.pid}":
                yield Violation("xcoms", f"{' '.join(key)} was given {value!r} of {task_id}",
                                (*index.evidence(key), *index.evidence(giver)))


def outlived(index):
    """An attempt that the database has as ended is dead: this is what keeps the next one from meeting it."""
    for key, attempts in sorted(index.attempts.items()):
        for row in attempts:
            beats = [line for line in index.lines.get(key, ()) if line.try_number == row.try_number]
            if not beats or row.end_ns is None:
                continue
            last = max(beats, key=lambda line: line.at_ns)
            if last.at_ns > row.end_ns + OUTLIVED_NS:
                yield Violation("outlived", f"{' '.join(key)}: try {row.try_number} ended for the database at "
                                f"{row.end_ns / 1e9:.3f}, and lived {(last.at_ns - row.end_ns) / 1e9:.3f} s longer",
                                index.evidence(key))


def needless_loss(index):
    """A try is lost only by what befell its worker, the ledger or all masters; never by one master's end."""
    for key, attempts in sorted(index.attempts.items()):
        for row in attempts:
            if row.end_ns is None or not any(reason in row.reason for reason in LOST_REASONS):
                continue
            near = [fault for fault in index.facts.faults
                    if fault.at_ns < row.end_ns and fault.healed_ns > row.end_ns - CAUSE_NS]
            masters = {target for fault in near for target in fault.targets if target.startswith("master-")}
            if (len(masters) < 2 and not any(row.worker in fault.targets for fault in near)
                    and not any(cause in fault.kind for fault in near for cause in COMMON_CAUSES)):
                yield Violation("needless_loss", f"{' '.join(key)}: try {row.try_number} on {row.worker} ended with "
                                f"{row.reason!r}, and nothing had befallen that worker",
                                (*map(str, near), *index.evidence(key)))


def slots(index):
    """When everything has ended no pool slot is held."""
    for pool, taken in sorted(index.facts.slots_taken.items()):
        if taken:
            yield Violation("slots", f"pool {pool} still has {taken} slots taken")


def logs(index):
    """What a try wrote can be read, whatever became of its worker."""
    for dag_id, run_id, task_id, number, came in index.facts.unreadable_logs:
        yield Violation("logs", f"the log of {dag_id} {run_id} {task_id} try {number} lacks its line: {came}",
                        index.evidence((dag_id, run_id, task_id)))


RULES = [lost, phantom, unended, run_state, overlaps, ran_twice, unknown_start, double_counted, retries_kept,
         success_is_true, failure_is_true, order, xcoms, outlived, needless_loss, slots, logs]


def check(facts):
    """Every violation, in the order of RULES."""
    index = Index(facts)
    return [violation for rule in RULES for violation in rule(index)]
