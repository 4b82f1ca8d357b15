"""What is wrong with a file is said in words that name the DAG, the task and the place."""

import sys

import pytest

from gale import missing

HEAD = """
    from datetime import datetime, timedelta
    from airflow.sdk import DAG
    from airflow.models import BaseOperator
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.empty import EmptyOperator
    """


def in_dag(body, arguments=""):
    return HEAD + f"""
    with DAG("d"{arguments}):
        {body}
    """


@pytest.mark.parametrize("body, complaint", [
    ("a, b, c = (EmptyOperator(task_id=n) for n in 'abc'); a >> b >> c >> a",
     "DAG 'd': the tasks form a cycle: a -> b -> c -> a"),
    ("a = EmptyOperator(task_id='a'); a >> a", "DAG 'd': the tasks form a cycle: a -> a"),
    ("[EmptyOperator(task_id='a') for _ in '12']", "task_id 'a' is already used in DAG 'd'"),
    ("BashOperator(task_id='a', bash_command='x', comand=1)", "task 'a': BashOperator has no argument 'comand'"),
    ("BashOperator(task_id='a')", "bash_command"),
    ("EmptyOperator('a')", "use keyword arguments only"),
    ("EmptyOperator(task_id='a b')", "task_id 'a b' is not valid"),
    ("EmptyOperator(task_id='x' * 251)", "is not valid"),
    ("EmptyOperator(task_id='a', trigger_rule='sometimes')", "task 'a': unknown trigger_rule 'sometimes'"),
    ("EmptyOperator(task_id='a', weight_rule='x')", "task 'a': unknown weight_rule 'x'"),
    ("EmptyOperator(task_id='a', retries='few')", "task 'a': retries must be a whole number, not 'few'"),
    ("EmptyOperator(task_id='a', retries=float('inf'))", "task 'a': retries must be a whole number, not inf"),
    ("EmptyOperator(task_id='a', retries=1 << 32)", "retries must be a whole number of at least 0, not 4294967296"),
    ("EmptyOperator(task_id='a', retry_delay='5m')", "task 'a': retry_delay must be a timedelta"),
    ("EmptyOperator(task_id='a', execution_timeout=timedelta(-1))", "execution_timeout must not be negative"),
    ("EmptyOperator(task_id='a', pool_slots=0)", "pool_slots must be a whole number of at least 1"),
    ("EmptyOperator(task_id='a', start_date='soon')", "cannot read 'soon' as a time"),
    ("EmptyOperator(task_id='a') >> 'b'", "only tasks and task groups can be linked with >>, not 'b'"),
    ("BashOperator(task_id='a', bash_command=['ls'])", "task 'a': bash_command must be a string"),
    ("BashOperator(task_id='a', bash_command='')", "task 'a': bash_command is empty"),
    ("BashOperator(task_id='a', bash_command='x', env={'A': []})", "env['A'] must be a string"),
    ("type('Mine', (BaseOperator,), {'template_fields': 'sql'})(task_id='a')",
     "Mine.template_fields is the string 'sql'; it must be a tuple or list of names"),
    ("pass\n    EmptyOperator(task_id='a') >> EmptyOperator(task_id='b')", "are in no DAG yet")])
def test_a_bad_task(error_of, body, complaint):
    assert complaint in error_of(in_dag(body))


@pytest.mark.parametrize("arguments, complaint", [
    (", schedul=None", "unexpected keyword argument 'schedul'"),
    (", schedule=None, schedule_interval=None", "give only one of schedule"),
    (", schedule='every day'", "'every day' is not a cron expression"),
    (", schedule=[1]", "does not support a schedule of type list"),
    (", schedule=timedelta(0)", "must be longer than 0"),
    (", max_active_runs=0", "max_active_runs must be a whole number of at least 1"),
    (", params={'a': {1}}", "params must be JSON"),
    (", schedule='@continuous', max_active_runs=2", "@continuous wants max_active_runs=1")])
def test_a_bad_dag(error_of, arguments, complaint):
    assert complaint in error_of(in_dag("pass", arguments))


def test_a_traceback_shows_the_users_lines_only(error_of):
    error = error_of("""
        # airflow dag
        def helper():
            return 1 / 0
        helper()
        """)
    assert error.splitlines()[0] == "Traceback (most recent call last):"
    assert error.endswith("ZeroDivisionError: division by zero")
    assert "some_dag.py\", line 5, in <module>" in error and "line 4, in helper" in error
    assert "parse_file.py" not in error and "importlib" not in error


def test_a_syntax_error_names_its_line(error_of):
    error = error_of("# airflow dag\ndef broken(:\n")
    assert "some_dag.py\", line 2" in error and "SyntaxError" in error


def test_two_dags_of_one_id(error_of):
    assert "two DAGs have the dag_id 'd'" in error_of("""
        from airflow.sdk import DAG
        a, b = DAG("d"), DAG("d")
        """)


def test_a_bad_dag_does_not_hide_its_good_neighbour(parse):
    specs, error, _ = parse("""
        from airflow.sdk import DAG
        good, bad = DAG("good"), DAG("bad", schedule="x")
        """)
    assert [spec["dag_id"] for spec in specs] == ["good"]
    assert "DAG 'bad'" in error


def test_tasks_of_two_dags_cannot_be_linked(error_of):
    assert "are in two DAGs ('one' and 'two')" in error_of("""
        from airflow.sdk import DAG
        from airflow.providers.standard.operators.empty import EmptyOperator
        EmptyOperator(task_id="a", dag=DAG("one")) >> EmptyOperator(task_id="b", dag=DAG("two"))
        """)


def test_a_very_long_chain_is_no_problem(one_dag):
    spec = one_dag("""
        from airflow.sdk import DAG, chain
        from airflow.providers.standard.operators.empty import EmptyOperator
        with DAG("d"):
            chain(*[EmptyOperator(task_id=f"t{n}") for n in range(3000)])
        """)
    assert len(spec["tasks"]) == 3000


def test_files_that_speak_of_no_dags_are_not_run(parse):
    assert parse("raise RuntimeError('this is a helper')") == ([], "", [])


def test_a_module_that_makes_dags_keeps_them_when_another_file_imports_it(write):
    from gale.parse_file import parse_file
    write("""
        from airflow.sdk import DAG
        with DAG("theirs"):
            pass
        def factory(name):
            with DAG(name):
                pass
        """, "their_module_for_test.py")
    mine = write("""
        # airflow dag
        from their_module_for_test import factory
        factory("mine")
        """, "mine.py")
    specs, error, _ = parse_file(mine)
    assert error == ""
    assert [(spec["dag_id"], spec["fileloc"]) for spec in specs] == [("mine", mine)]


def test_a_package_that_is_not_there_is_named_with_what_installs_it(error_of):
    error = error_of("""
        from airflow import DAG
        import sklearn_that_is_nowhere.svm
        """)
    assert error.splitlines()[-2:] == [
        "ModuleNotFoundError: No module named 'sklearn_that_is_nowhere'",
        f"gale: no package in {sys.prefix} and no file on the DAGs' path has 'sklearn_that_is_nowhere'; if it is a "
        f"package's: {sys.executable} -m pip install sklearn_that_is_nowhere"]


@pytest.mark.parametrize("line, last", [
    ("import json.nothing", "ModuleNotFoundError: No module named 'json.nothing'"),
    ("import xml.nothing", "ModuleNotFoundError: No module named 'xml.nothing'"),
    ("from json import nothing", "ImportError: cannot import name 'nothing' from 'json'"),
    ("raise ModuleNotFoundError('No module named x')", "ModuleNotFoundError: No module named x"),
    ("from airflow.nothing import x", "nothing")])
def test_nothing_is_to_install_where_no_package_is_missing(error_of, line, last):
    error = error_of(f"from airflow import DAG\n{line}\n")
    assert "pip install" not in error and last in error.splitlines()[-1]


def test_a_package_of_another_name_is_told_by_that():
    assert missing.PACKAGES["yaml"] == "PyYAML"
    missing_one = ModuleNotFoundError("No module named 'MySQLdb.cursors'", name="MySQLdb.cursors")
    assert missing.advice(missing_one).endswith(" -m pip install mysqlclient")
