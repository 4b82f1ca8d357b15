"""What is read and kept of schedules and weights though Gale doesn't do all of it, and said; and scopes."""

import pytest


def test_a_timetable_class_of_the_files_own_starts_no_runs_and_says_so(parse):
    specs, error, warnings = parse("""
        from airflow.timetables.base import Timetable
        from airflow.sdk import DAG
        class AfterWork(Timetable):
            def next_dagrun_info(self, *, last_automated_data_interval, restriction): return None
        with DAG("d", schedule=AfterWork()): pass
        """)
    assert (error, specs[0].get("schedule")) == ("", None)
    assert warnings == ["DAG 'd': its timetable class AfterWork, so that no clock starts it: use a cron expression "
                        "is accepted, but Gale does not act on it yet"]


@pytest.mark.parametrize("timetable, cron, said", [
    ("CronTriggerTimetable('0 1 * * *', timezone='UTC', interval=timedelta(days=1))", "0 1 * * *", "interval="),
    ("MultipleCronTriggerTimetable('0 1 * * *', '0 2 * * *', timezone='UTC')", "0 1 * * *", "behind the first"),
    ("MultipleCronTriggerTimetable('0 1 * * *', timezone='UTC')", "0 1 * * *", ""),
    ("CronPartitionTimetable('15 * * * *', timezone='UTC')", "15 * * * *", "partitions")])
def test_what_is_not_done_of_a_timetable_is_said(parse, timetable, cron, said):
    specs, error, warnings = parse(f"""
        from datetime import timedelta
        from airflow.sdk import DAG, CronTriggerTimetable, CronPartitionTimetable, MultipleCronTriggerTimetable
        with DAG("d", schedule={timetable}): pass
        """)
    assert (error, specs[0]["schedule"]) == ("", {"kind": "CRON_TRIGGER", "cron": cron})
    assert said in warnings[0] if said else warnings == []


def test_a_weight_rule_of_the_files_own_is_asked_once_for_the_first_try(one_dag, error_of):
    text = """
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.empty import EmptyOperator
        from airflow.task.priority_strategy import PriorityWeightStrategy
        class Falling(PriorityWeightStrategy):
            def get_weight(self, ti): return {0} - ti.try_number
        with DAG("d"):
            EmptyOperator(task_id="a", weight_rule=Falling())
            EmptyOperator(task_id="b", weight_rule={1})
        """
    tasks = one_dag(text.format(8, "Falling"))["tasks"]
    assert [(task["weight_rule"], task["priority_weight"]) for task in tasks] == [("absolute", 7), ("absolute", 7)]
    assert "task 'b': weight_rule: the weight_rule 'no.such.Rule' cannot be had" in \
        error_of(text.format(8, "'no.such.Rule'"))
    assert "task 'a': weight_rule: name 'nothing' is not defined" in error_of(text.format("nothing", "'upstream'"))


def test_partition_mappers():
    from gale import partitions
    key = "2026-03-04T05:06:07"
    made = {name: getattr(partitions, f"StartOf{name}Mapper")().to_downstream(key)
            for name in ("Hour", "Day", "Week", "Month", "Quarter", "Year")}
    assert made == {"Hour": "2026-03-04T05", "Day": "2026-03-04", "Week": "2026-03-02 (W10)", "Month": "2026-03",
                    "Quarter": "2026-Q1", "Year": "2026"}
    both = partitions.ProductMapper(partitions.AllowedKeyMapper(["eu"]), partitions.StartOfDayMapper())
    assert both.to_downstream(f"eu|{key}") == "eu|2026-03-04"
    with pytest.raises(ValueError, match="none of"):
        both.to_downstream(f"us|{key}")


def test_a_scope_leaves_alone_what_an_inner_setup_comes_before(one_dag):
    spec = one_dag("""
        from airflow.sdk import DAG, setup, task, teardown
        with DAG("d"):
            @setup
            def begin(): return 1
            @teardown
            def end(x): pass
            @setup
            def inner_begin(): return 1
            @task
            def work(x): pass
            @teardown
            def inner_end(x): pass
            @task
            def plain(): pass
            with end(begin()):
                plain()
                x = inner_begin()
                work(x) >> inner_end(x)
        """)
    after = {task["task_id"]: task.get("downstream_task_ids", []) for task in spec["tasks"]}
    assert after == {"begin": ["end", "plain"], "end": [], "plain": ["end"], "inner_begin": ["inner_end", "work"],
                     "work": ["inner_end"], "inner_end": []}
