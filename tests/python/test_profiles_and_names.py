"""Which Airflow a file was written for decides its defaults; every spelling leads to the same classes."""

import pytest

FILE = """
    from datetime import datetime
    {imports}
    with DAG("d", start_date=datetime(2024, 1, 1){arguments}):
        pass
    """
ONE_TEN = "from airflow import DAG; from airflow.operators.bash_operator import BashOperator"
TWO = "from airflow import DAG; from airflow.operators.bash import BashOperator"
THREE = "from airflow.sdk import DAG"


@pytest.mark.parametrize("imports, profile", [
    (ONE_TEN, "1.10"), (TWO, "2"), (THREE, "3"),
    ("from airflow.models import DAG", "2"),
    ("from airflow import DAG; from airflow.providers.standard.operators.empty import EmptyOperator", "3"),
    ("from airflow.operators.dummy_operator import DummyOperator; from airflow.models.dag import DAG", "1.10"),
    (ONE_TEN + "; from airflow.utils.task_group import TaskGroup", "2"),
    ("from gale import DAG", "3"),
    ("import airflow; DAG = airflow.DAG", "2")])
def test_the_profile_follows_the_imports(one_dag, imports, profile):
    assert one_dag(FILE.format(imports=imports, arguments=""))["profile"] == profile


@pytest.mark.parametrize("imports, catchup, omitted, cron, delta", [
    (ONE_TEN, True, {"kind": "DELTA_INTERVAL", "delta": "86400s"}, "CRON_INTERVAL", "DELTA_INTERVAL"),
    (TWO, True, {"kind": "DELTA_INTERVAL", "delta": "86400s"}, "CRON_INTERVAL", "DELTA_INTERVAL"),
    (THREE, False, None, "CRON_TRIGGER", "DELTA_TRIGGER")])
def test_defaults_of_each_profile(one_dag, imports, catchup, omitted, cron, delta):
    def spec(arguments):
        return one_dag(FILE.format(imports=imports, arguments=arguments))
    assert spec("").get("schedule") == omitted
    assert spec("").get("catchup", False) is catchup
    assert spec(", catchup=True")["catchup"] is True
    assert spec(", catchup=False").get("catchup", False) is False
    assert "schedule" not in spec(", schedule=None")
    assert spec(", schedule='0 2 * * *'")["schedule"] == {"kind": cron, "cron": "0 2 * * *"}
    assert spec(", schedule_interval='@daily'")["schedule"] == {"kind": cron, "cron": "@daily"}
    assert spec(", schedule=__import__('datetime').timedelta(hours=1)")["schedule"] == {"kind": delta,
                                                                                      "delta": "3600s"}
    assert spec(", schedule='@once'")["schedule"] == {"kind": "ONCE"}
    assert spec(", schedule='@continuous'")["max_active_runs"] == 1


@pytest.mark.parametrize("imports", [ONE_TEN, THREE])
@pytest.mark.parametrize("said, catchup", [("1", True), ("0", False)])
def test_catchup_by_default_is_the_settings_if_it_is_set(one_dag, monkeypatch, imports, said, catchup):
    monkeypatch.setenv("GALE_CATCHUP_BY_DEFAULT", said)
    assert one_dag(FILE.format(imports=imports, arguments="")).get("catchup", False) is catchup
    assert one_dag(FILE.format(imports=imports, arguments=", catchup=True"))["catchup"] is True


def test_limits_that_a_file_does_not_say_are_the_settings(one_dag, monkeypatch):
    monkeypatch.setenv("GALE_MAX_ACTIVE_RUNS_PER_DAG", "3")
    monkeypatch.setenv("GALE_MAX_ACTIVE_TASKS_PER_DAG", "16")  # as in the DagSpec that says nothing
    spec = one_dag(FILE.format(imports=THREE, arguments=""))
    assert (spec["max_active_runs"], "max_active_tasks" in spec) == (3, False)
    assert one_dag(FILE.format(imports=THREE, arguments=", max_active_runs=5"))["max_active_runs"] == 5
    assert one_dag(FILE.format(imports=THREE, arguments=", schedule='@continuous'"))["max_active_runs"] == 1


def test_the_environment_overrides_the_profile(one_dag, error_of, monkeypatch):
    monkeypatch.setenv("GALE_DAG_PROFILE", "3")
    assert one_dag(FILE.format(imports=ONE_TEN, arguments=""))["profile"] == "3"
    monkeypatch.setenv("GALE_DAG_PROFILE", "4")
    assert "GALE_DAG_PROFILE is '4'" in error_of(FILE.format(imports=ONE_TEN, arguments=""))


@pytest.mark.parametrize("zone, name", [
    ("__import__('pendulum').timezone('Europe/Paris')", "Europe/Paris"),
    ("__import__('zoneinfo').ZoneInfo('Asia/Seoul')", "Asia/Seoul"),
    ("__import__('datetime').timezone.utc", None),
    ("__import__('datetime').timezone(__import__('datetime').timedelta(hours=9))", "Etc/GMT-9")])
def test_the_schedules_zone_is_the_start_dates(one_dag, zone, name):
    spec = one_dag(f"""
        from datetime import datetime
        from airflow.sdk import DAG
        DAG_ = DAG("d", schedule="@daily", start_date=datetime(2024, 7, 1, tzinfo={zone}))
        """)
    assert spec["schedule"].get("timezone") == name
    assert spec["start_date"] == {"Europe/Paris": "2024-06-30T22:00:00Z", None: "2024-07-01T00:00:00Z"}.get(
        name, "2024-06-30T15:00:00Z")


@pytest.mark.parametrize("start", ["datetime(2024, 7, 1)", "'2024-07-01'", "datetime(2024, 7, 1).date()",
                                   "timezone.datetime(2024, 7, 1)", "timezone.make_aware(datetime(2024, 7, 1))"])
def test_dates_without_a_zone_are_of_the_default_one(one_dag, monkeypatch, start):
    monkeypatch.setenv("GALE_DEFAULT_TIMEZONE", "Asia/Seoul")
    spec = one_dag(f"""
        from datetime import datetime
        from airflow import DAG
        from airflow.utils import timezone
        DAG_ = DAG("d", schedule="0 3 * * *", start_date={start}, end_date="2024-07-03")
        """)
    assert spec["schedule"] == {"kind": spec["schedule"]["kind"], "cron": "0 3 * * *", "timezone": "Asia/Seoul"}
    assert (spec["start_date"], spec["end_date"]) == ("2024-06-30T15:00:00Z", "2024-07-02T15:00:00Z")


def test_calendar_months(one_dag):
    pytest.importorskip("dateutil")
    spec = one_dag("""
        from dateutil.relativedelta import relativedelta
        from airflow import DAG
        DAG_ = DAG("d", schedule_interval=relativedelta(months=1, years=1, days=2))
        """)
    assert spec["schedule"] == {"kind": "DELTA_INTERVAL", "delta": "172800s", "delta_months": 13}


def test_timetables_keep_their_own_semantics(one_dag):
    spec = one_dag("""
        from airflow.sdk import DAG, CronDataIntervalTimetable
        DAG_ = DAG("d", schedule=CronDataIntervalTimetable("0 0 * * *", timezone="Asia/Seoul"))
        """)
    assert spec["schedule"] == {"kind": "CRON_INTERVAL", "cron": "0 0 * * *", "timezone": "Asia/Seoul"}


@pytest.mark.parametrize("spellings", [
    "airflow:DAG airflow.models:DAG airflow.models.dag:DAG airflow.sdk:DAG gale:DAG",
    "airflow.operators.bash_operator:BashOperator airflow.operators.bash:BashOperator "
    "airflow.providers.standard.operators.bash:BashOperator airflow.operators:BashOperator gale:BashOperator",
    "airflow.operators.dummy_operator:DummyOperator airflow.operators.dummy:DummyOperator",
    "airflow.operators.empty:EmptyOperator airflow.providers.standard.operators.empty:EmptyOperator",
    "airflow.utils.trigger_rule:TriggerRule airflow.sdk:TriggerRule airflow.task.trigger_rule:TriggerRule",
    "airflow.utils.task_group:TaskGroup airflow.sdk:TaskGroup",
    "airflow.utils.edgemodifier:Label airflow.sdk:Label",
    "airflow.utils.helpers:chain airflow.models.baseoperator:chain airflow.sdk:chain "
    "airflow.sdk.bases.operator:chain",
    "airflow.models:Variable airflow.models.variable:Variable airflow.sdk:Variable",
    "airflow.models.param:Param airflow.models:Param airflow.sdk:Param",
    "airflow.decorators:dag airflow.sdk:dag",
    "airflow:AirflowException airflow.exceptions:AirflowException"])
def test_all_spellings_are_one_thing(spellings):
    found = set()
    for spelling in spellings.split():
        module, name = spelling.split(":")
        scope = {}
        exec(f"from {module} import {name} as it", scope)
        found.add(scope["it"])
    assert len(found) == 1


def test_every_name_of_the_table_leads_somewhere():
    import importlib

    from gale.airflow_names import MODULES
    for module, (_, names) in MODULES.items():
        for name in set(names) - {"dateutil"}:  # optional
            getattr(importlib.import_module(module), name)


def test_bare_import_airflow_is_enough(one_dag):
    spec = one_dag("""
        import airflow
        with airflow.DAG("d", start_date=airflow.utils.dates.days_ago(3), schedule_interval=None):
            airflow.operators.bash_operator.BashOperator(task_id="a", bash_command="true")
        """)
    assert spec["start_date"].endswith("T00:00:00Z")


@pytest.mark.parametrize("statement, lacks", [
    ("from airflow.operators.python import PythonOperator", "airflow.operators.python:PythonOperator"),
    ("from airflow.operators.python_operator import PythonOperator",
     "airflow.operators.python_operator:PythonOperator"),
    ("from airflow.sdk import task", "airflow.sdk:task"),
    ("from airflow.decorators import dag, task", "airflow.decorators:task"),
    ("from airflow import Dataset", "airflow:Dataset"),
    ("from airflow.providers.amazon.aws.hooks.s3 import S3Hook", "airflow.providers.amazon.aws.hooks.s3:S3Hook"),
    ("from airflow.sensors.external_task import ExternalTaskSensor",
     "airflow.sensors.external_task:ExternalTaskSensor"),
    ("import airflow.providers.google", "airflow.providers.google")])
def test_what_gale_lacks_is_named(error_of, statement, lacks):
    error = error_of(statement + "\n# dag\n")
    assert error.endswith(f"Gale does not support {lacks} yet")
    assert "some_dag.py\", line 1" in error
    assert "gale/" not in error  # the SDK's own frames are of no use to the file's author


def test_a_missing_module_can_be_caught(one_dag):
    assert one_dag("""
        from airflow.sdk import DAG
        try:
            from airflow.providers.slack.notifications.slack import SlackNotifier
        except ImportError:
            SlackNotifier = None
        DAG_ = DAG("d")
        """)


def test_variables_come_from_the_environment(one_dag, error_of, monkeypatch):
    monkeypatch.setenv("AIRFLOW_VAR_WHO", "ann")
    monkeypatch.setenv("GALE_VAR_CONF", '{"n": 3}')
    spec = one_dag("""
        from airflow.models import Variable, DAG
        n = Variable.get("conf", deserialize_json=True)["n"]
        DAG_ = DAG(f"{Variable.get('who')}_{n}_{Variable.get('no', default_var='x')}_{Variable.get('no', default='y')}")
        """)
    assert spec["dag_id"] == "ann_3_x_y"
    assert "Variable nothing does not exist: set AIRFLOW_VAR_NOTHING" in error_of("""
        from airflow.models import Variable  # dag
        Variable.get("nothing")
        """)


def test_settings_are_answered_from_the_environment_or_missing_as_in_airflow(one_dag, monkeypatch):
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "8")
    spec = one_dag("""
        from airflow.configuration import conf
        from airflow.exceptions import AirflowConfigException
        from airflow.sdk import DAG
        try:
            folder = conf.get("core", "base_log_folder")
        except AirflowConfigException:
            folder = conf.get("logging", "base_log_folder", fallback="none")
        DAG_ = DAG(f"d_{folder}_{conf.getint('core', 'parallelism') + 1}_{conf.getboolean('a', 'b', fallback=True)}")
        """)
    assert spec["dag_id"] == "d_none_9_True"
