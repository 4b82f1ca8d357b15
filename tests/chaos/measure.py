"""How long Gale took to go on after a fault, from the ledger and the history of tries. All in seconds."""

import bisect
import statistics

SILENCE_SECONDS = 10
AFTERMATH_NS = 3 * 10**9  # a fault that healed a moment ago still counts as going on
TASK_FAULTS = ("kill_task", "terminate_task", "pause_task")


def undisturbed(events):
    """Those that no other fault met from its beginning on; a task's fault disturbs nobody."""
    def meets(event, other):
        return (other is not event and other["kind"] not in TASK_FAULTS
                and other["at_ns"] < event["at_ns"] + AFTERMATH_NS
                and event["at_ns"] < other.get("healed_ns", other["at_ns"]) + AFTERMATH_NS)

    return [event for event in events if not any(meets(event, other) for other in events)]


def summary(values):
    if not values:
        return {"count": 0}
    values = sorted(values)
    return {"count": len(values), "p50": round(statistics.median(values), 3),
            "p90": round(values[min(len(values) - 1, int(len(values) * 0.9))], 3), "max": round(values[-1], 3)}


class Measures:
    def __init__(self, facts, events):
        self._events = events
        self._starts = sorted((line for line in facts.lines if line.kind == "start"), key=lambda line: line.at_ns)
        self._times = [line.at_ns for line in self._starts]
        self._first_start = {}
        for line in self._starts:
            self._first_start.setdefault(line.attempt, line.at_ns)
        self._attempts = facts.attempts
        self._by_try = {(row.dag_id, row.run_id, row.task_id, row.try_number): row for row in facts.attempts}

    def all(self):
        kinds = {event["kind"] for event in self._events}
        failovers = [kind for kind in kinds if kind in ("kill_leader", "pause_leader_long", "restart_leader",
                                                        "restart_leader_hung_worker",
                                                        "kill_all_masters")]
        found = {
            **{f"{kind}_to_start_by_the_next_leader": summary(self._each(kind, self._next_epoch))
               for kind in sorted(failovers)},
            "flush_redis_to_next_start": summary(self._each("flush_redis", self._next_start)),
            "longest_silence_after_flush_redis": summary(self._each("flush_redis", self._silence)),
            **{f"{kind}_to_its_tasks_elsewhere": summary(self._elsewhere(kind))
               for kind in ("kill_worker_long", "kill_host", "freeze_link_long", "drop_link_long")},
            "kill_task_to_its_end_in_the_database": summary(self._each("kill_task", self._noticed)),
        }
        return {name: values for name, values in found.items() if values["count"]}

    def worst(self, kind, count=3):
        """The events of a kind with the longest failover, to look at."""
        timed = [(self._next_epoch(event), event) for event in self._events if event["kind"] == kind]
        return sorted(((round(gap, 3), event) for gap, event in timed if gap is not None),
                      key=lambda pair: -pair[0])[:count]

    def _each(self, kind, measure):
        values = (measure(event) for event in self._events if event["kind"] == kind)
        return [value for value in values if value is not None]

    def _after(self, event):
        return bisect.bisect_right(self._times, event["at_ns"])

    def _next_start(self, event):
        at = self._after(event)
        return (self._times[at] - event["at_ns"]) / 1e9 if at < len(self._times) else None

    def _next_epoch(self, event):
        """To the first task that a later leader granted."""
        at = self._after(event)
        epoch = max((line.epoch for line in self._starts[:at]), default=0)
        return next(((line.at_ns - event["at_ns"]) / 1e9 for line in self._starts[at:] if line.epoch > epoch), None)

    def _silence(self, event):
        """The longest time without a start that began within some seconds after it."""
        at, until = self._after(event), event["at_ns"] + SILENCE_SECONDS * 10**9
        times = [event["at_ns"]]
        for time_ns in self._times[at:]:
            times.append(time_ns)
            if time_ns > until:
                break
        return max((b - a for a, b in zip(times, times[1:])), default=0) / 1e9 if len(times) > 1 else None

    def _elsewhere(self, kind):
        """To the start of the next try of each task that ran on the worker and did not come back."""
        values = []
        for event in self._events:
            if event["kind"] != kind:
                continue
            for row in self._attempts:
                if (row.worker != event["target"] or row.start_ns is None or row.end_ns is None
                        or not row.start_ns < event["at_ns"] < row.end_ns or row.state == "success"):
                    continue
                begun = self._first_start.get((row.dag_id, row.run_id, row.task_id, row.try_number + 1))
                if begun is not None:
                    values.append((begun - event["at_ns"]) / 1e9)
        return values

    def _noticed(self, event):
        row = self._by_try.get(tuple(event["attempt"]))
        if row is None or row.end_ns is None or row.end_ns < event["at_ns"]:
            return None
        return (row.end_ns - event["at_ns"]) / 1e9
