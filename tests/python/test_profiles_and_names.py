"""Which Airflow a file was written for decides its defaults; every spelling leads to the same classes."""

import importlib
import re
import sys

import pytest

from gale.parse_file import parse_file

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
    from gale.airflow_names import MODULES
    for module, (_, names) in MODULES.items():
        for name in set(names) - {"dateutil"} if module != "airflow.utils.yaml" else ():  # these are optional
            if re.match(r"airflow\.(hooks|operators)\.", names[name]):
                with pytest.raises(ImportError, match="the provider package is not installed"):
                    getattr(importlib.import_module(module), name)
            elif names[name].startswith("gale.unavailable:"):
                with pytest.raises(ImportError, match="; instead, "):
                    getattr(importlib.import_module(module), name)
            else:
                getattr(importlib.import_module(module), name)


def test_a_submodule_does_not_hide_the_name_beside_it(one_dag):
    spec = one_dag("""
        import airflow.decorators.task_group
        from airflow.decorators import dag, task_group
        @dag
        def d():
            @task_group
            def g(): pass
            g()
        d()
        """)
    assert [group["group_id"] for group in spec["task_groups"]] == ["g"]


def test_bare_import_airflow_is_enough(one_dag):
    spec = one_dag("""
        import airflow
        with airflow.DAG("d", start_date=airflow.utils.dates.days_ago(3), schedule_interval=None):
            airflow.operators.bash_operator.BashOperator(task_id="a", bash_command="true")
        """)
    assert spec["start_date"].endswith("T00:00:00Z")


@pytest.mark.parametrize("statement, lacks", [
    ("from airflow.operators.pig_operator import PigOperator", "airflow.operators.pig_operator:PigOperator yet"),
    ("from airflow.sdk import nothing", "airflow.sdk:nothing yet"),
    ("from airflow.decorators import dag, tusk", "airflow.decorators:tusk yet"),
    ("from airflow.providers.amazon.aws.hooks.s3 import S3Hook", "airflow.providers.amazon.aws.hooks.s3:S3Hook yet: "
     "the provider package is not installed; pip install --no-deps apache-airflow-providers-amazon"),
    ("from airflow.hooks.S3_hook import S3Hook", "airflow.providers.amazon.aws.hooks.s3:S3Hook yet: "
     "the provider package is not installed; pip install --no-deps apache-airflow-providers-amazon"),
    ("import airflow.providers.google", "airflow.providers.google yet: "
     "the provider package is not installed; pip install --no-deps apache-airflow-providers-google"),
    ("from airflow.operators.postgres_operator import PostgresOperator",
     "airflow.providers.common.sql.operators.sql:SQLExecuteQueryOperator yet: "
     "the provider package is not installed; pip install --no-deps apache-airflow-providers-common-sql")])
def test_what_gale_lacks_is_named(error_of, statement, lacks):
    error = error_of(statement + "\n# dag\n")
    assert error.endswith(f"Gale does not support {lacks}")
    assert "some_dag.py\", line 1" in error
    assert "gale/" not in error  # the SDK's own frames are of no use to the file's author


@pytest.mark.parametrize("statement", [
    "from airflow.settings import Session", "from airflow.utils.db import provide_session",
    "from airflow import settings; settings.engine", "from airflow.models import ImportError",
    "from airflow.models import Log",
    "from airflow.jobs.scheduler_job import SchedulerJob"])
def test_what_needs_airflows_database_says_what_to_use(error_of, statement):
    error = error_of(statement + "\n# dag\n")
    assert re.search(r"ImportError: Gale has no \w+: it works on Airflow's own .*; instead, \w", error)


def test_a_provider_that_is_installed_is_used_and_has_what_it_dropped(one_dag, tmp_path, monkeypatch):
    package = tmp_path / "site" / "airflow" / "providers" / "http" / "operators"
    package.mkdir(parents=True)
    (package / "http.py").write_text("from airflow.sdk import BaseOperator\n"
                                     "class HttpOperator(BaseOperator):\n"
                                     "    def __init__(self, *, endpoint, http_conn_id='http_default', **kwargs):\n"
                                     "        super().__init__(**kwargs)\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    for name in [name for name in sys.modules if name.startswith("airflow.providers")]:
        monkeypatch.delitem(sys.modules, name)
    spec = one_dag("""
        from airflow.sdk import DAG
        from airflow.providers.http.operators.http import HttpOperator, SimpleHttpOperator
        with DAG("d"):
            HttpOperator(task_id="a", endpoint="x") >> SimpleHttpOperator(task_id="b", endpoint="y")
        """)
    assert [task["operator_name"] for task in spec["tasks"]] == ["HttpOperator", "SimpleHttpOperator"]
    for name in [name for name in sys.modules if name.startswith("airflow.providers")]:
        monkeypatch.delitem(sys.modules, name)


def test_modules_beside_the_dags_folder_are_found_for_its_files_only(write, tmp_path):
    write("value = 'beside'", "project/our_code/helpers/names.py")
    write("value = 'source'", "project/src/sourced.py")
    write("import wrapped_library", "project/wrapped_library.py")
    path = write("""
        from airflow import DAG
        from our_code.helpers import names
        import sourced
        DAG_ = DAG(f"{names.value}_{sourced.value}")
        """, "project/dags/a.py")
    specs, error, _ = parse_file(path, str(tmp_path / "project" / "dags"))
    assert (error, [spec["dag_id"] for spec in specs]) == ("", ["beside_source"])
    error = parse_file(write("import project.wrapped_library  # airflow dag", "project/dags/b.py"),
                       str(tmp_path / "project" / "dags"))[1]
    assert "\nModuleNotFoundError: No module named 'wrapped_library'\n" in error  # that wants itself
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("our_code.nothing")
    sys.modules.pop("our_code.helpers.names"), sys.modules.pop("our_code.helpers"), sys.modules.pop("our_code")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("our_code")


def test_plugins_give_macros_and_old_imports(write, tmp_path):
    write("""
        from airflow.plugins_manager import AirflowPlugin
        from airflow.models import BaseOperator
        class Own(BaseOperator):
            def execute(self, context): pass
        def shout(text): return text.upper()
        class Plug(AirflowPlugin):
            name = "plug"
            operators = [Own]
            macros = [shout]
        """, "project/plugins/plug_module.py")
    path = write("""
        from airflow import DAG
        from airflow.operators.plug import Own
        from plug_module import Own as Same
        from airflow.macros.plug import shout
        with DAG(shout("d"), start_date=None, schedule_interval=None):
            Own(task_id="a") >> Same(task_id="b")
        """, "project/dags/a.py")
    specs, error, _ = parse_file(path, str(tmp_path / "project" / "dags"))
    assert (error, [spec["dag_id"] for spec in specs]) == ("", ["D"])


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
    assert "Variable nothing does not exist: set it by `gale variables set nothing VALUE`" in error_of("""
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
            folder = conf.get("logging", "base_log_folder").rsplit("/", 1)[1]
        DAG_ = DAG(f"d_{folder}_{conf.getint('core', 'parallelism') + 1}_{conf.getboolean('a', 'b', fallback=True)}")
        """)
    assert spec["dag_id"] == "d_logs_9_True"


def test_settings_of_all_kinds(monkeypatch):
    from gale.configuration import conf
    monkeypatch.setenv("AIRFLOW__A__CLASS", "datetime.timedelta")
    monkeypatch.setenv("AIRFLOW__A__LIST", "x, y")
    monkeypatch.setenv("AIRFLOW__A__SECONDS", "5")
    assert conf.getimport("a", "class").__name__ == "timedelta" and conf.getimport("a", "none") is None
    assert conf.getlist("a", "list") == ["x", "y"]
    assert conf.gettimedelta("a", "seconds").total_seconds() == 5 and conf.gettimedelta("a", "none") is None
    assert conf.getsection("a") == {"class": "datetime.timedelta", "list": "x, y", "seconds": "5"}
