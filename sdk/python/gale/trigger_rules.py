"""Whether a task may run, by the states of those before it: for dag.test()."""

import collections

RUN, WAIT, SKIP, FAIL, REMOVE = "run", "wait", "skipped", "upstream_failed", "removed"
_DONE = frozenset(("success", "failed", "skipped", "upstream_failed", "removed"))


def decide(rule, upstream, setups=()):
    """RUN, WAIT, or the state that it gets without running. upstream: the states (None: not done) of all instances
    of the tasks directly before it; setups: of those of them that are setups."""
    counts = collections.Counter(state for state in upstream if state in _DONE)
    total, done = len(upstream), sum(counts.values())
    success, skipped = counts["success"], counts["skipped"]
    failed = counts["failed"] + counts["upstream_failed"]
    early = _early(rule, total, done, success, skipped, failed)
    if early is not None:
        return early
    if rule == "always" or not upstream:
        return RUN
    if rule in ("one_success", "one_failed", "one_done"):
        return {"one_success": RUN if success else WAIT, "one_failed": RUN if failed else WAIT,
                "one_done": RUN if success or counts["failed"] else WAIT}[rule]
    if done < total:
        return WAIT
    if rule == "all_done_setup_success" and setups:
        if any(state in ("failed", "upstream_failed") for state in setups):
            return FAIL
        return SKIP if all(state == "skipped" for state in setups) else RUN
    return RUN


def _early(rule, total, done, success, skipped, failed):
    """A state that is certain, maybe before all are done."""
    over = done == total and total > 0
    if rule == "all_success":
        return FAIL if failed else SKIP if skipped else None
    if rule == "all_failed":
        return SKIP if success or skipped else None
    if rule == "one_success" and over and not success:
        return SKIP if skipped == total else FAIL
    if rule == "one_failed" and over and not failed:
        return SKIP
    if rule == "one_done" and over and skipped == total:
        return SKIP
    if rule == "none_failed":
        return FAIL if failed else None
    if rule == "none_failed_min_one_success":
        return FAIL if failed else SKIP if over and skipped == total else None
    if rule == "all_done_min_one_success" and over and not success:
        return SKIP if skipped == total else FAIL
    if rule == "none_skipped":
        return SKIP if skipped else None
    if rule == "all_skipped":
        return SKIP if success or failed else None
    return None
