"""A templated Bash task: what `{{ ... }}` gives, in which environment the command runs, what errors say."""

import json
import os
import subprocess
import sys

import pytest
from conftest import SDK

from gale.bash_task import TemplateError, header, render

CONTEXT = {
    "dag_id": "d", "run_id": "manual__1", "task_id": "t", "owner": "ann", "try_number": 2, "max_tries": 3,
    "logical_date": "2024-03-10T02:30:00.123456789Z", "data_interval_start": "2024-03-10T02:30:00Z",
    "data_interval_end": "2024-03-11T02:30:00Z", "run_after": "2024-03-11T02:30:00Z", "run_type": "manual",
    "conf_json": '{"who": "bob", "n": 3}', "params_json": '{"region": "eu"}', "fileloc": "",
    "dag_run_start_date": "2024-03-11T02:31:00Z", "dag_run_queued_at": "2024-03-11T02:30:30Z",
    "prev_logical_date": "2024-02-29T02:30:00Z", "next_logical_date": "2024-03-12T02:30:00Z",
    "log_url": "http://gale:8080/dags/d/runs/manual__1/tasks/t?try_number=2"}


def job_of(command, env=None, append_env=False, cwd="", **context):
    return {"command": command, "env": env or {}, "has_env": env is not None, "append_env": append_env, "cwd": cwd,
            "base_env": {"PATH": os.environ["PATH"], "BASE": "base", "AIRFLOW_CTX_DAG_ID": "d"},
            "task_env": {"AIRFLOW_CTX_TASK_ID": "t"}, "context": {**CONTEXT, **context}}


@pytest.fixture
def run_task(tmp_path):
    """Runs a task file in a process of its own: (exit status, stdout, stderr)."""
    def run(*args, **kwargs):
        path = tmp_path / "task.json"
        path.write_text(json.dumps(job_of(*args, **kwargs)))
        done = subprocess.run([sys.executable, "-m", "gale.bash_task"], capture_output=True, text=True, cwd=tmp_path,
                              env={**os.environ, "PYTHONPATH": SDK, "GALE_TASK_FILE": str(path)}, timeout=60)
        header, output, rest = done.stdout.partition("\nOutput:\n")
        assert not output or header.startswith("Running command: ['/bin/bash', '-c', ")
        return done.returncode, rest if output else done.stdout, done.stderr
    return run


def rendered(template, **context):
    """The command that the template becomes; in this process, which is quicker."""
    return render(job_of(template, **context))[0]


def test_the_names_of_all_three_releases():
    templates = {
        "{{ ds }} {{ ds_nodash }} {{ ts_nodash }}": "2024-03-10 20240310 20240310T023000",
        "{{ ts }} {{ ts_nodash_with_tz }}":
            "2024-03-10T02:30:00.123456+00:00 20240310T023000.123456+0000",
        "{{ yesterday_ds }} {{ tomorrow_ds_nodash }} {{ next_ds }} {{ prev_ds }}":
            "2024-03-09 20240311 2024-03-12 2024-02-29",
        "{{ prev_execution_date | ds }} {{ next_execution_date | ds }} {{ prev_ds_nodash }}":
            "2024-02-29 2024-03-12 20240229",
        "{{ dag_run.queued_at }} {{ ti.start_date.year > 2025 }} {{ execution_date.is_leap_year() }}":
            "2024-03-11 02:30:30+00:00 True True",
        "{{ ti.log_url }} {{ macros.dateutil.parser.parse(ds).year }}":
            "http://gale:8080/dags/d/runs/manual__1/tasks/t?try_number=2 2024",
        "{{ logical_date == execution_date }} {{ execution_date.strftime('%d/%m') }} {{ logical_date.year }}":
            "True 10/03 2024",
        "{{ data_interval_end | ds }} {{ data_interval_start | ts }} {{ data_interval_end | ts_nodash }}":
            "2024-03-11 2024-03-10T02:30:00+00:00 20240311T023000",
        "{{ data_interval_end.in_timezone('Asia/Seoul').to_datetime_string() }}": "2024-03-11 11:30:00",
        "{{ logical_date.subtract(days=10).to_date_string() }} {{ logical_date.add(months=1) | ds_nodash }}":
            "2024-02-29 20240410",
        "{{ run_id }} {{ dag.dag_id }} {{ task.task_id }} {{ ti.try_number }} {{ task_instance.task_id }}":
            "manual__1 d t 2 t",
        "{{ dag_run.conf['who'] }} {{ dag_run.conf.get('x', 'none') }} {{ dag_run.run_id }} {{ dag_run.run_type }}":
            "bob none manual__1 manual",
        "{{ dag_run.conf.n + 1 }} {{ params.region }} {{ params['region'] | upper }}": "4 eu EU",
        "{{ macros.ds_add(ds, 7) }} {{ macros.ds_format(ds, '%Y-%m-%d', '%d.%m.%y') }}": "2024-03-17 10.03.24",
        "{{ (execution_date - macros.timedelta(days=1)) | ds }} {{ macros.datetime(2020, 1, 2).day }}":
            "2024-03-09 2",
        "{{ task_instance_key_str }}": "d__t__20240310",
        "{% for n in range(3) %}{{ n }}{% if not loop.last %},{% endif %}{% endfor %}{# nothing #}": "0,1,2",
    }
    assert rendered("\n".join(templates)).splitlines() == list(templates.values())


def test_variables_in_templates(monkeypatch):
    monkeypatch.setenv("AIRFLOW_VAR_CITY", "Oslo")
    monkeypatch.setenv("GALE_VAR_SHAPE", '{"sides": 4}')
    template = "{{ var.value.city }} {{ var.json.shape.sides }} {{ var.value.get('no', 'dflt') }}"
    assert rendered(template) == "Oslo 4 dflt"


@pytest.mark.parametrize("env, append_env, expected", [
    (None, False, "base// d"), ({"MINE": "{{ ds }}"}, True, "base/2024-03-10/ d"),
    ({"MINE": "{{ ds }}", "AIRFLOW_CTX_TASK_ID": "forged"}, False, "/2024-03-10/ d"), ({}, False, "// d")])
def test_the_environment_rule(run_task, env, append_env, expected):
    status, out, _ = run_task("echo $BASE/$MINE/$GALE_TASK_FILE $AIRFLOW_CTX_DAG_ID $AIRFLOW_CTX_TASK_ID {# #}", env,
                               append_env)
    assert (status, out.strip()) == (0, expected + " t")


def test_exit_status_and_working_directory_are_the_commands(run_task, tmp_path):
    (tmp_path / "2024-03-10").mkdir()
    assert run_task("exit 99 # {{ ds }}")[0] == 99
    assert run_task("pwd", cwd="{{ ds }}")[1].strip() == str(tmp_path / "2024-03-10")
    status, _, err = run_task("pwd", cwd="nowhere")
    assert (status, err) == (1, "gale: No such file or directory: 'nowhere'\n")
    assert run_task("kill -TERM $$")[0] == -15


@pytest.mark.parametrize("command, complaint", [
    ("echo {{ nothing }}", "bash_command: UndefinedError: 'nothing' is undefined"),
    ("echo {{ params.nothing }}", "bash_command: UndefinedError"),
    ("echo {{ ds", "bash_command: line 1: unexpected end of template"),
    ("echo {{ ds | wrong }}", "No filter named 'wrong'"),
    ("echo {{ conn.db.host }}", "Gale does not support conn in templates yet"),
    ("echo {{ ti.xcom_pull('x') }}", "Gale does not support xcom_pull in templates yet"),
    ("echo {{ var.value.nothing }}", "Variable nothing does not exist"),
    ("echo {{ ().__class__ }}", "SecurityError"),
    ("missing.sh", "the template file 'missing.sh' is not in")])
def test_template_errors_name_the_field_and_the_reason(command, complaint):
    with pytest.raises(TemplateError) as raised:
        render(job_of(command))
    assert complaint in str(raised.value)


def test_the_log_begins_as_a_plain_tasks(tmp_path):
    path = tmp_path / "task.json"
    path.write_text(json.dumps(job_of('echo "{{ ds }}"\necho Zürich')))
    done = subprocess.run([sys.executable, "-m", "gale.bash_task"], capture_output=True, cwd=tmp_path, timeout=60,
                          env={**os.environ, "PYTHONPATH": SDK, "GALE_TASK_FILE": str(path)})
    shown = r'"echo \"2024-03-10\"\necho Zürich"'
    assert done.stdout.decode() == (
        f"Running command: ['/bin/bash', '-c', {shown}]\nOutput:\n2024-03-10\nZürich\n")
    assert header("x" * 5000) == f"Running command: ['/bin/bash', '-c', \"{'x' * 4096}...\"]\nOutput:\n"


def test_the_run_that_succeeded_before():
    told = {"logical_date": "2024-03-08T02:30:00Z", "data_interval_start": "2024-03-08T02:30:00Z",
            "data_interval_end": "2024-03-09T02:30:00Z", "start_date": "2024-03-09T02:31:05.25Z", "end_date": None}
    template = ("{{ prev_data_interval_start_success | ds }} {{ prev_data_interval_end_success.day }} "
                "{{ prev_start_date_success.isoformat() }} {{ prev_end_date_success }} "
                "{{ prev_execution_date_success | ds }}")
    assert rendered(template, previous_success=told) == "2024-03-08 9 2024-03-09T02:31:05.250000+00:00 None 2024-03-08"
    assert rendered("{{ prev_start_date_success }}", previous_success=None) == "None"
    with pytest.raises(TemplateError, match="'prev_start_date_success' is undefined"):
        rendered("{{ prev_start_date_success }}")


def test_a_template_error_is_one_line_and_status_1_and_nothing_runs(run_task):
    assert run_task("echo started; echo {{ nothing }}") == (
        1, "", "gale: cannot render the task's template: bash_command: UndefinedError: 'nothing' is undefined\n")


def test_a_run_without_a_logical_date_has_no_ds():
    dates = dict.fromkeys(("logical_date", "data_interval_start", "data_interval_end"))
    assert rendered("{{ run_id }} {{ dag_run.logical_date }}", **dates) == "manual__1 None"
    with pytest.raises(TemplateError, match="'ds' is undefined"):
        rendered("echo {{ ds }}", **dates)


DAG_FILE = """
    import jinja2
    from airflow.sdk import DAG, Param
    from airflow.providers.standard.operators.bash import BashOperator
    with DAG("d", user_defined_macros={"shout": lambda text: text.upper()}, template_undefined=jinja2.Undefined,
             user_defined_filters={"twice": lambda text: text * 2}, template_searchpath=["scripts"],
             params={"region": "eu"}, doc_md="dag words"):
        BashOperator(task_id="t", bash_command="x", params={"own": "mine", "n": 1}, retries=5)
    """


def test_macros_filters_and_settings_of_the_dag_file(write):
    path = write(DAG_FILE)
    template = "{{ shout('hi') }} {{ 'ab' | twice }} [{{ nothing }}] {{ params.region }} " \
        "{{ task.retries }} {{ dag.doc_md }}"
    assert rendered(template, fileloc=path, needs_dag_file=True) == "HI abab [] eu 5 dag words"


def test_the_dag_file_is_read_when_a_template_asks_for_more_of_its_dag(write):
    """Also a template file, which nobody looked into before."""
    path = write(DAG_FILE)
    write("echo {{ dag.dag_id }} {{ dag.doc_md }} {{ ti.task.retries }}", "asks.sh")
    assert rendered("asks.sh", fileloc=path) == "echo d dag words 5"
    write("1 / 0", "broken.py")
    assert rendered("{{ dag.dag_id }} {{ task.task_id }}", fileloc=str(path).replace("dag.py", "broken.py")) == "d t"


def test_what_a_record_lacks_is_said_by_its_name_in_templates():
    with pytest.raises(TemplateError, match="'dag_run object' has no attribute 'colour'"):
        rendered("{{ dag_run.colour }}")


def test_conf_answers_from_the_environment_and_gale_cfg(tmp_path, monkeypatch):
    (tmp_path / "gale.cfg").write_text("[core]\nparallelism = 7\n# dags_folder = {home}/dags\n")
    monkeypatch.setenv("GALE_HOME", str(tmp_path))
    monkeypatch.setenv("AIRFLOW__API__PORT", "81")
    template = "{{ conf.get('core', 'parallelism') }} {{ conf.get('api', 'port') }} " \
        "{{ conf.get('core', 'dags_folder') }}"
    assert rendered(template) == f"7 81 {tmp_path}/dags"
    with pytest.raises(TemplateError, match=r"\[core/nothing\] not found"):
        rendered("{{ conf.get('core', 'nothing') }}")


def test_template_files_beside_the_dag_file_and_on_its_search_path(write):
    path = write(DAG_FILE)
    write("echo beside {{ ds }}\n", "beside.sh")
    write("echo found {{ ds }}; {% include 'beside.sh' %}", "scripts/found.sh")
    assert rendered("beside.sh", fileloc=path) == "echo beside 2024-03-10"
    assert rendered("found.sh", fileloc=path, needs_dag_file=True) == "echo found 2024-03-10; echo beside 2024-03-10"


def test_a_dag_file_that_broke_meanwhile_is_said(write):
    path = write("1 / 0")
    with pytest.raises(TemplateError, match="which the template needs, cannot be run: ZeroDivisionError"):
        rendered("echo {{ ds }}", fileloc=path, needs_dag_file=True)


def test_of_a_mapped_instance_what_is_no_template_stays_as_it_is():
    job = {**job_of("echo {{ ti.map_index }}", {"A": "{{ ds }}", "B": "{{ ds }}"}, cwd="{{ ds }}", map_index=7),
           "as_is": ["cwd", "env.B"]}
    assert render(job) == ("echo 7", {"A": "2024-03-10", "B": "{{ ds }}"}, "{{ ds }}")
    assert render({**job, "as_is": ["bash_command", "env"]}) == (
        "echo {{ ti.map_index }}", {"A": "{{ ds }}", "B": "{{ ds }}"}, "2024-03-10")
    assert rendered("{{ ti.map_index }}") == "-1"
