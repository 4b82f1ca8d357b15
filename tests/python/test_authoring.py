"""What a DAG file says is what the DagSpec holds."""

import json
import os

import pytest
from conftest import ROOT

from gale.parse_file import parse_file

TUTORIAL = os.path.join(ROOT, "examples", "dags", "echo_test.py")


def tasks_of(spec):
    return {task["task_id"]: task for task in spec["tasks"]}


def edges_of(spec):
    return sorted((task["task_id"], after) for task in spec["tasks"] for after in task.get("downstream_task_ids", []))


def test_the_tutorial_file_byte_for_byte():
    specs, error, warnings = parse_file(TUTORIAL)
    assert (error, warnings) == ("", [])

    def task(task_id, command, *downstream):
        spec = {"task_id": task_id, "operator_name": "BashOperator", "owner": "airflow", "retries": 1,
                "retry_delay": "300s", "bash": {"command": f"cd /root/airflow/dags && {command}"}}
        return {**spec, "downstream_task_ids": list(downstream)} if downstream else spec

    assert specs == [{
        "dag_id": "echo_test", "description": "echo_test", "start_date": "2020-02-09T00:00:00Z", "catchup": True,
        "max_active_runs": 5, "max_active_tasks": 10, "profile": "1.10", "fileloc": TUTORIAL,
        "tasks": [task("create_text_file", "echo hello airflow > test.txt", "cat_text_file"),
                  task("cat_text_file", "cat test.txt", "remove_text_file"),
                  task("remove_text_file", "rm test.txt")]}]


@pytest.mark.parametrize("name", sorted(os.listdir(os.path.join(ROOT, "examples", "dags"))))
def test_every_example_is_a_good_file(name):
    if name.endswith(".py"):
        specs, error, warnings = parse_file(os.path.join(ROOT, "examples", "dags", name))
        assert (len(specs) > 0, error, warnings) == (True, "", [])
        json.dumps(specs)


def test_default_args_reach_tasks_and_unknown_keys_are_ignored(one_dag):
    spec = one_dag("""
        from datetime import datetime, timedelta
        from airflow import DAG
        from airflow.operators.bash import BashOperator
        args = {"owner": "ann", "retries": 2, "retry_delay": timedelta(seconds=1.5), "catchup": False,
                "depend_on_past": True, "email_on_failure": False, "start_date": "2020-01-01", "queue": "gpu",
                "bash_command": "echo from defaults"}
        with DAG("d", schedule=None, default_args=args):
            BashOperator(task_id="a")
            BashOperator(task_id="b", retries=0, owner="bob", bash_command="echo own", default_args={"queue": "cpu"})
        """)
    a, b = spec["tasks"]
    assert (a["owner"], a["retries"], a["retry_delay"], a["queue"]) == ("ann", 2, "1.5s", "gpu")
    assert a["bash"]["command"] == "echo from defaults"
    assert (b["owner"], "retries" in b, b["queue"]) == ("bob", False, "cpu")
    assert spec["start_date"] == "2020-01-01T00:00:00Z"
    assert "start_date" not in a


def test_every_task_field(one_dag):
    spec = one_dag("""
        from datetime import datetime, timedelta
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.bash import BashOperator
        with DAG("d", start_date=datetime(2020, 1, 1)):
            BashOperator(
                task_id="a", bash_command="true", env={"A": "1", "N": 2}, append_env=True, cwd="/tmp",
                skip_on_exit_code=[7, 3], trigger_rule="none_failed_or_skipped", retry_exponential_backoff=True,
                max_retry_delay=timedelta(minutes=1), execution_timeout=timedelta(hours=1), pool="p", pool_slots=2,
                priority_weight=-5, weight_rule="absolute", wait_for_downstream=True, task_concurrency=3,
                max_active_tis_per_dagrun=1, ignore_first_depends_on_past=False, do_xcom_push=False,
                doc_md="words", start_date=datetime(2021, 1, 1), end_date=datetime(2022, 1, 1), lost_retries=4,
                provide_context=True)
        """)
    assert spec["tasks"] == [{
        "task_id": "a", "operator_name": "BashOperator", "owner": "airflow", "retry_delay": "300s",
        "trigger_rule": "none_failed_min_one_success", "retry_backoff": 2.0, "max_retry_delay": "60s",
        "execution_timeout": "3600s", "pool": "p", "pool_slots": 2, "priority_weight": -5, "weight_rule": "absolute",
        "depends_on_past": True, "wait_for_downstream": True, "max_active_tis_per_dag": 3,
        "max_active_tis_per_dagrun": 1, "ignore_first_depends_on_past": False, "do_xcom_push": False,
        "doc_md": "words", "start_date": "2021-01-01T00:00:00Z", "lost_retries": 4,
        "bash": {"command": "true", "env": {"A": "1", "N": "2"}, "has_env": True, "append_env": True, "cwd": "/tmp",
                 "skip_on_exit_code": [3, 7]}}]
    assert spec["end_date"] == "2022-01-01T00:00:00Z"  # no task runs later


# As Airflow's parse_retries; and with -1 no try is ever left.
@pytest.mark.parametrize("given, meant", [("'2'", 2), ("2.9", 2), ("-1", 0), ("None", 0), ("True", 1), ("0", 0)])
def test_retries_are_what_int_reads(one_dag, given, meant):
    spec = one_dag(f"""
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.empty import EmptyOperator
        with DAG("d"):
            EmptyOperator(task_id="a", retries={given})
        """)
    assert spec["tasks"][0].get("retries", 0) == meant


@pytest.mark.parametrize("given, codes", [("None", [-1]), ("[]", [-1]), ("99", None), ("[3, 3]", [3])])
def test_which_exit_codes_skip(one_dag, given, codes):
    spec = one_dag(f"""
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.bash import BashOperator
        with DAG("d"):
            BashOperator(task_id="a", bash_command="exit 99", skip_on_exit_code={given})
        """)
    assert spec["tasks"][0]["bash"].get("skip_on_exit_code") == codes


def test_all_the_ways_to_link(one_dag):
    spec = one_dag("""
        from airflow.sdk import DAG, chain, cross_downstream, Label
        from airflow.providers.standard.operators.empty import EmptyOperator
        with DAG("d"):
            t = {n: EmptyOperator(task_id=n) for n in "abcdefghijklmnopqr"}
            t["a"] >> [t["b"], t["c"]] >> t["d"]
            t["f"] << t["e"]
            t["g"].set_upstream([t["f"]])
            chain(t["h"], [t["i"], t["j"]], [t["k"], t["l"]], t["m"])
            cross_downstream([t["n"], t["o"]], [t["p"]])
            t["p"] >> Label("then") >> [t["q"], t["r"]]
        """)
    expected = "ab ac bd cd ef fg hi hj ik jl km lm np op pq pr"
    assert edges_of(spec) == sorted(tuple(pair) for pair in expected.split())


def test_task_groups_prefix_ids_nest_and_link(one_dag):
    spec = one_dag("""
        from airflow.sdk import DAG, TaskGroup
        from airflow.providers.standard.operators.empty import EmptyOperator
        with DAG("d"):
            start = EmptyOperator(task_id="start")
            with TaskGroup("g", default_args={"owner": "gina"}) as g:
                a = EmptyOperator(task_id="a")
                with TaskGroup("inner"):
                    b = EmptyOperator(task_id="b")
                a >> b
            with TaskGroup("bare", prefix_group_id=False) as bare:
                EmptyOperator(task_id="c")
            start >> g >> bare
        """)
    assert edges_of(spec) == [("g.a", "g.inner.b"), ("g.inner.b", "c"), ("start", "g.a")]
    assert tasks_of(spec)["g.inner.b"]["owner"] == "gina"


def test_attributes_set_after_construction_count(one_dag):
    spec = one_dag("""
        from airflow import DAG
        from airflow.operators.empty import EmptyOperator
        dag = DAG("d", schedule_interval="@daily")
        task = EmptyOperator(task_id="a", dag=dag)
        dag.doc_md, dag.catchup, task.doc_md, task.retries = "dag words", False, "task words", 7
        """)
    assert (spec["doc_md"], "catchup" in spec) == ("dag words", False)
    assert (spec["tasks"][0]["doc_md"], spec["tasks"][0]["retries"]) == ("task words", 7)


def test_dags_are_found_however_they_are_kept(parse):
    specs, error, _ = parse("""
        from airflow.sdk import DAG, dag
        from airflow.providers.standard.operators.bash import BashOperator
        def factory(name):
            with DAG(name):
                BashOperator(task_id="t", bash_command="true")
        factory("b_without_a_variable")
        globals()["x"] = DAG("c_in_globals")
        @dag(schedule="@hourly", params={"n": 1})
        def a_decorated(n=5, word="hi"):
            "Its doc."
            BashOperator(task_id="t", bash_command=f"echo {n} {word}")
        a_decorated(n=2)
        @dag
        def never_called():
            pass
        """)
    assert error == ""
    assert [spec["dag_id"] for spec in specs] == ["a_decorated", "b_without_a_variable", "c_in_globals"]
    assert specs[0]["doc_md"] == "Its doc."
    assert json.loads(specs[0]["params_json"]) == {"n": 2, "word": "hi"}
    assert specs[0]["tasks"][0]["bash"] == {"command": "echo {{ params.n }} {{ params.word }}", "templated": True}


def test_params_hold_their_defaults(one_dag):
    spec = one_dag("""
        from airflow.sdk import DAG, Param
        DAG_ = DAG("d", params={"a": Param(5, type="integer"), "b": [1], "c": Param(type="string")})
        """)
    assert json.loads(spec["params_json"]) == {"a": 5, "b": [1]}
    assert json.loads(spec["param_schemas_json"]) == {
        "a": {"schema": {"type": "integer"}, "description": None},
        "c": {"schema": {"type": "string"}, "description": None}}


def test_a_tasks_own_params_go_with_it(one_dag):
    spec = one_dag("""
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.bash import BashOperator
        with DAG("d", params={"a": 1}):
            BashOperator(task_id="t", bash_command="true", params={"own": "mine"})
        """)
    assert json.loads(spec["params_json"]) == {"a": 1}
    assert json.loads(spec["tasks"][0]["params_json"]) == {"own": "mine"}


@pytest.mark.parametrize("setting, command, needs", [
    ("user_defined_filters={'shout': str.upper}", "echo {{ 'x' | shout }}", True),
    ("user_defined_macros={'one': 1}", "run.sh", True), ("template_searchpath='scripts'", "run.sh", True),
    ("jinja_environment_kwargs={'trim_blocks': True}", "{{ ds }}", True), ("tags=['x']", "{{ ds }}", False),
    ("user_defined_macros={'one': 1}", "echo plain", False)])
def test_which_templates_need_their_dag_file(one_dag, setting, command, needs):
    """Of the DAG as it is, wherever its file built it: here in a function, as a module's would."""
    spec = one_dag(f"""
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.bash import BashOperator
        def build(name, **settings):
            dag = DAG(name, **settings)
            BashOperator(task_id="b", bash_command={command!r}, dag=dag)
            return dag
        dag = build("d", {setting})
        """)
    assert spec["tasks"][0]["bash"].get("needs_dag_file", False) is needs


@pytest.mark.parametrize("arguments, templated", [
    ("bash_command='echo {{ ds }}'", True), ("bash_command='{% if 1 %}x{% endif %}'", True),
    ("bash_command='a{# note #}'", True), ("bash_command='run.sh'", True), ("bash_command='run.sh '", False),
    ("bash_command='true', env={'A': '{{ ds }}'}", True), ("bash_command='true', cwd='/{{ ds }}'", True),
    ("bash_command='echo {x} ${y}'", False)])
def test_which_commands_are_templates(one_dag, arguments, templated):
    spec = one_dag(f"""
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.bash import BashOperator
        with DAG("d"):
            BashOperator(task_id="a", {arguments})
        """)
    assert spec["tasks"][0]["bash"].get("templated", False) is templated


@pytest.mark.parametrize("arguments, needs", [
    ("bash_command='echo {{ prev_start_date_success }}'", True),
    ("bash_command='true', env={'A': '{{ prev_end_date_success | ds }}'}", True),
    ("bash_command='run.sh'", True), ("bash_command='{% include \"x.sql\" %}'", True),
    ("bash_command='echo {{ prev_ds }}'", False), ("bash_command='echo prev_start_date_success'", False)])
def test_which_templates_are_told_the_run_that_succeeded_before(one_dag, arguments, needs):
    spec = one_dag(f"""
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.bash import BashOperator
        with DAG("d"):
            BashOperator(task_id="a", {arguments})
        """)
    assert spec["tasks"][0]["bash"].get("needs_previous_success", False) is needs


def test_one_meaning_has_one_text(one_dag):
    one = one_dag("""
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.empty import EmptyOperator
        with DAG("d", tags=["b", "a"]):
            a, b, c = (EmptyOperator(task_id=n, retries=0, pool="default_pool") for n in "abc")
            a >> [c, b]
        """)
    other = one_dag("""
        # dag airflow
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.empty import EmptyOperator
        with DAG("d", tags=["a", "b", "a"], catchup=False):
            a, b, c = (EmptyOperator(task_id=n, trigger_rule="all_success") for n in "abc")
            a >> b
            a >> c
            a >> b
        """)
    assert json.dumps(one) == json.dumps(other)


def test_setup_and_teardown(one_dag):
    spec = one_dag("""
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.empty import EmptyOperator
        with DAG("d"):
            up, work, down = (EmptyOperator(task_id=n) for n in ("up", "work", "down"))
            up >> work >> down.as_teardown(setups=up)
        """)
    tasks = tasks_of(spec)
    assert tasks["up"]["is_setup"] and tasks["down"]["is_teardown"]
    assert tasks["down"]["trigger_rule"] == "all_done_setup_success"
    assert ("up", "down") in edges_of(spec)


def test_what_is_accepted_but_not_done_is_said(parse):
    specs, error, warnings = parse("""
        from airflow import DAG
        from airflow.operators.empty import EmptyOperator
        with DAG("d", on_failure_callback=print, default_view="grid", default_args={"email": "a@b.c"}):
            EmptyOperator(task_id="a", on_success_callback=print, sla=5, email_on_failure=False, email_on_retry=False)
            for n in range(5):
                EmptyOperator(task_id=f"b{n}", email_on_failure=n != 0)
        """)
    assert error == ""
    said = ["on_failure_callback is accepted, but Gale does not act on it yet",
            "email (on failure or retry) of 5 tasks ('b0', 'b1', 'b2', ...) is accepted, "
            "but Gale does not act on it yet",
            "sla of task 'a' is accepted, but Gale does not act on it yet"]
    assert specs[0]["warnings"] == said
    assert warnings == [f"DAG 'd': {line}" for line in said]
