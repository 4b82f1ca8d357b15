"""The crash suite's checker itself: hand-made ledgers, each with one thing wrong, and one with nothing."""

import dataclasses
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "chaos"))

import checker  # noqa: E402
import ledger  # noqa: E402
from model import Attempt, Facts, Fault, Run, TaskInstance, TaskSpec  # noqa: E402

SECOND = 1_000_000_000
RUN = ("d", "r")


def line(kind, task, number, at, more="0", epoch=1, pid=7):
    return ledger.Line(kind, *RUN, task, number, epoch, pid, 3, int(at * SECOND), more)


def attempt(task, number, state, start, end):
    return Attempt(*RUN, task, number, state, int(start * SECOND), int(end * SECOND), "w1")


def good():
    """A run of a >> b; b was killed once."""
    return Facts(
        dags={"d": (TaskSpec("a"), TaskSpec("b", ("a",), retries=2))},
        asked={RUN}, accepted={RUN}, runs=[Run(*RUN, "success")],
        tasks=[TaskInstance(*RUN, "a", "success", 1, 0), TaskInstance(*RUN, "b", "success", 2, 2)],
        attempts=[attempt("a", 1, "success", 1, 2), attempt("b", 1, "failed", 3, 4), attempt("b", 2, "success", 5, 6)],
        lines=[line("start", "a", 1, 1.1, "main"), line("beat", "a", 1, 1.3, "main"), line("end", "a", 1, 1.9),
               line("start", "b", 1, 3.1, "main"), line("beat", "b", 1, 3.3, "main"),
               line("start", "b", 2, 5.1, "main"), line("beat", "b", 2, 5.3, "main"), line("end", "b", 2, 5.9)])


def change(rows, where, **values):
    """The row for which `where` holds, changed in place."""
    at = next(i for i, row in enumerate(rows) if where(row))
    rows[at] = dataclasses.replace(rows[at], **values)


def number_lines(facts):
    facts.lines = [dataclasses.replace(each, number=i) for i, each in enumerate(facts.lines, 1)]
    return facts


def rules_broken(facts):
    return {violation.rule for violation in checker.check(number_lines(facts))}


def test_a_good_run_breaks_no_rule():
    assert checker.check(number_lines(good())) == []


def with_python():
    """b is a sensor now, that looked twice in its second try, and c was given what a gave it."""
    facts = good()
    change(facts.tasks, lambda row: row.task_id == "b", try_number=3, reschedules=1)
    change(facts.attempts, lambda row: row.task_id == "b" and row.try_number == 2, try_number=3, reschedules=1, looks=1)
    facts.lines[-1] = line("end", "b", 2, 5.4, "again")
    facts.lines += [line("start", "b", 3, 5.7, "main"), line("end", "b", 3, 5.9),
                    line("start", "c", 1, 7.1, "main"), line("read", "c", 1, 7.2, "a=1.7"), line("end", "c", 1, 7.3)]
    facts.dags["d"] += (TaskSpec("c", ("a", "b")),)
    facts.tasks.append(TaskInstance(*RUN, "c", "success", 1, 0))
    facts.attempts.append(attempt("c", 1, "success", 7, 8))
    return facts


def test_a_sensor_that_came_again_and_a_value_that_was_handed_on_break_none():
    assert checker.check(number_lines(with_python())) == []


@pytest.mark.parametrize("given", ["a=1.8", "a=2.7", "a=None", "b=1.7"])
def test_a_value_that_is_not_the_good_trys_is_found(given):
    facts = with_python()
    change(facts.lines, lambda each: each.kind == "read", more=given)
    assert rules_broken(facts) == {"xcoms"}


def test_a_look_that_is_nowhere_in_the_history_is_found():
    facts = with_python()
    change(facts.attempts, lambda row: row.looks == 1, looks=0)
    assert rules_broken(facts) == {"double_counted"}


def a_run_vanished(facts):
    facts.runs, facts.tasks, facts.attempts, facts.lines = [], [], [], []


def a_run_stands_there_twice(facts):
    facts.runs.append(facts.runs[0])


def a_run_nobody_asked_for(facts):
    facts.asked, facts.accepted = set(), set()


def a_run_that_goes_on_for_ever(facts):
    change(facts.runs, lambda run: True, state="running")


def a_task_without_a_row_in_a_run_that_ended(facts):
    facts.tasks.pop(0)


def a_task_still_queued_in_a_run_that_ended(facts):
    change(facts.tasks, lambda row: row.task_id == "b", state="queued")


def a_run_that_failed_without_a_failed_task(facts):
    change(facts.runs, lambda run: True, state="failed")


def the_next_try_began_while_the_last_still_beat(facts):
    facts.lines.append(line("beat", "b", 1, 5.2, "main"))


def a_child_of_the_last_try_outlived_it(facts):
    facts.lines.append(line("beat", "b", 1, 5.2, "child", pid=8))


def one_try_ran_on_two_workers(facts):
    facts.lines.append(line("start", "b", 2, 7, "main", pid=9))


def a_try_that_was_never_granted(facts):
    facts.lines.append(line("start", "b", 3, 7, "main", pid=9))


def a_try_missing_in_the_history(facts):
    facts.attempts.pop(1)


def a_result_counted_twice(facts):
    facts.attempts.append(attempt("b", 2, "success", 5, 6))


def a_task_that_ran_again_after_its_success(facts):
    change(facts.attempts, lambda row: row.task_id == "b" and row.try_number == 1, state="success")


def more_tries_than_its_retries(facts):
    change(facts.tasks, lambda row: row.task_id == "b", max_tries=0)


def a_task_that_ended_and_counts_as_live(facts):
    change(facts.tasks, lambda row: row.task_id == "b", live=True)


def a_history_that_ends_otherwise_than_the_task(facts):
    change(facts.attempts, lambda row: row.try_number == 2, state="failed")


def a_task_that_failed_with_retries_left(facts):
    change(facts.tasks, lambda row: row.task_id == "b", state="failed")
    change(facts.attempts, lambda row: row.try_number == 2, state="failed")
    change(facts.runs, lambda run: True, state="failed")


def a_success_that_never_got_to_its_end(facts):
    facts.lines.pop()


def a_failure_without_a_reason(facts):
    change(facts.attempts, lambda row: row.task_id == "b" and row.try_number == 1, reason="exit code 1")


def a_downstream_that_began_too_early(facts):
    facts.lines.insert(0, line("start", "b", 1, 0.5, "main"))


def an_attempt_that_lived_on_after_its_end_in_the_database(facts):
    facts.lines.insert(5, line("beat", "b", 1, 4.4, "main"))


def a_try_lost_for_a_masters_restart(facts):
    facts.faults = [Fault("restart_leader", ("master-1",), 3 * SECOND, 4 * SECOND),
                    Fault("kill_worker_long", ("w2",), 3 * SECOND, 4 * SECOND)]
    change(facts.attempts, lambda row: row.task_id == "b" and row.try_number == 1,
           reason="worker 'w1' was lost: not heard of for 8 s")


def a_slot_that_was_not_given_back(facts):
    facts.slots_taken = {"default_pool": 1}


def a_log_that_was_lost(facts):
    facts.unreadable_logs.append((*RUN, "a", 1, "404"))


@pytest.mark.parametrize("spoil, rule", [
    (a_run_vanished, "lost"),
    (a_run_stands_there_twice, "lost"),
    (a_run_nobody_asked_for, "phantom"),
    (a_run_that_goes_on_for_ever, "unended"),
    (a_task_without_a_row_in_a_run_that_ended, "unended"),
    (a_task_still_queued_in_a_run_that_ended, "unended"),
    (a_run_that_failed_without_a_failed_task, "run_state"),
    (the_next_try_began_while_the_last_still_beat, "overlap"),
    (a_child_of_the_last_try_outlived_it, "overlap"),
    (one_try_ran_on_two_workers, "ran_twice"),
    (a_try_that_was_never_granted, "unknown_start"),
    (a_try_missing_in_the_history, "double_counted"),
    (a_result_counted_twice, "double_counted"),
    (a_task_that_ran_again_after_its_success, "double_counted"),
    (more_tries_than_its_retries, "double_counted"),
    (a_task_that_ended_and_counts_as_live, "double_counted"),
    (a_history_that_ends_otherwise_than_the_task, "double_counted"),
    (a_task_that_failed_with_retries_left, "retries_kept"),
    (a_success_that_never_got_to_its_end, "success_is_true"),
    (a_failure_without_a_reason, "failure_is_true"),
    (a_downstream_that_began_too_early, "order"),
    (an_attempt_that_lived_on_after_its_end_in_the_database, "outlived"),
    (a_try_lost_for_a_masters_restart, "needless_loss"),
    (a_slot_that_was_not_given_back, "slots"),
    (a_log_that_was_lost, "logs"),
], ids=lambda value: getattr(value, "__name__", value))
def test_the_checker_finds(spoil, rule):
    facts = good()
    spoil(facts)
    assert rule in rules_broken(facts)


@pytest.mark.parametrize("fault", [
    Fault("kill_worker_long", ("w1",), 3 * SECOND, 4 * SECOND),
    Fault("pause_mysql_long", ("mysql",), 3 * SECOND, 4 * SECOND),
    Fault("kill_all_masters", ("master-1", "master-2"), 3 * SECOND, 4 * SECOND),
], ids=lambda fault: fault.kind)
def test_a_lost_try_has_a_cause(fault):
    facts = good()
    a_try_lost_for_a_masters_restart(facts)
    facts.faults = [fault]
    assert rules_broken(facts) == set()


def test_a_violation_names_the_lines_that_concern_it_and_no_others():
    facts = good()
    the_next_try_began_while_the_last_still_beat(facts)
    text = "\n".join(map(str, (v for v in checker.check(number_lines(facts)) if v.rule == "overlap")))
    assert "ledger:9 beat d r b try=1" in text and "ledger:6 start d r b try=2" in text
    assert " a try=" not in text


def run_task(tmp_path, call, number="1"):
    path, script, _ = ledger.prepare(tmp_path / "chaos")
    environment = {"PATH": "/usr/bin:/bin", "AIRFLOW_CTX_DAG_ID": "d", "AIRFLOW_CTX_DAG_RUN_ID": "r",
                   "AIRFLOW_CTX_TASK_ID": "t", "AIRFLOW_CTX_TRY_NUMBER": number, "GALE_ATTEMPT": f"1.0.{number}",
                   "GALE_IDEMPOTENCY_TOKEN": f"d/r/t/-1/{number}/42"}
    done = subprocess.run(["/bin/bash", "-c", f"source {script}; {call}"], env=environment, timeout=30,
                          capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done, ledger.read(path)


def test_a_task_writes_its_life_into_the_ledger(tmp_path):
    done, lines = run_task(tmp_path, "task 450")
    assert done.returncode == 0
    assert [each.kind for each in lines] == ["start", "beat", "beat", "beat", "end"]
    assert lines[0].attempt == ("d", "r", "t", 1) and lines[0].epoch == 42 and lines[-1].more == "0"
    assert 0.4 * SECOND < lines[-1].at_ns - lines[0].at_ns < 5 * SECOND
    assert "chaos log t 1" in done.stdout


def test_a_task_fails_as_often_as_it_is_told_to(tmp_path):
    assert run_task(tmp_path, "task 1 2", "2")[0].returncode == 1
    assert run_task(tmp_path, "task 1 2", "3")[0].returncode == 0


def test_a_tasks_child_beats_under_its_name_until_the_task_ends(tmp_path):
    done, lines = run_task(tmp_path, "task 450 0 child")
    assert done.returncode == 0
    children = {each.pid for each in lines if each.more == "child" and each.kind == "beat"}
    assert len(children) == 1 and children != {lines[0].pid}
    assert lines[-1].kind == "end"


def test_a_tail_gives_each_whole_line_once(tmp_path):
    path = tmp_path / "ledger"
    tail = ledger.Tail(path)
    assert tail.more() == []
    path.write_text("start d r t 1 1 7 3 5 main\nbeat d r")
    assert [each.kind for each in tail.more()] == ["start"]
    with open(path, "a", encoding="utf-8") as file:
        file.write(" t 1 1 7 3 6 main\n")
    assert [(each.kind, each.number) for each in tail.more()] == [("beat", 2)]
