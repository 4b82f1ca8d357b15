"""Every module of `airflow` that Gale answers: its names, and the release whose files use it.

A row: module -> (era, {name: "module:attribute" in gale}). Eras: "1.10", "2" and "3" are spellings of that
release only; "" is any. A module that is not here, or a name that a row lacks, is an ImportError that says so.
"""

_DAG = {"DAG": "gale.dag:DAG"}
_DAG_AND_DECORATOR = {**_DAG, "dag": "gale.dag:dag"}
_BASE = {"BaseOperator": "gale.operator:BaseOperator"}
_CHAIN = {name: f"gale.dependencies:{name}" for name in ("chain", "chain_linear", "cross_downstream")}
_PARAM = {name: f"gale.params:{name}" for name in ("Param", "ParamsDict")}
_VARIABLE = {"Variable": "gale.variable:Variable"}
_BASH = {"BashOperator": "gale.operators:BashOperator"}
_EMPTY = {"EmptyOperator": "gale.operators:EmptyOperator"}
_DUMMY = {"DummyOperator": "gale.operators:DummyOperator"}
_TRIGGER_RULE = {"TriggerRule": "gale.enums:TriggerRule"}
_WEIGHT_RULE = {"WeightRule": "gale.enums:WeightRule"}
_STATES = {name: f"gale.enums:{name}" for name in ("State", "DagRunState", "TaskInstanceState")}
_GROUP = {"TaskGroup": "gale.task_group:TaskGroup"}
_TASK_GROUP = {"task_group": "gale.group_decorator:task_group"}
_XCOM_ARG = {"XComArg": "gale.xcom_arg:XComArg"}
_LABEL = {name: f"gale.dependencies:{name}" for name in ("Label", "EdgeModifier")}
_INTERVAL = {name: f"gale.timetables:{name}" for name in ("CronDataIntervalTimetable", "DeltaDataIntervalTimetable")}
_TRIGGER = {name: f"gale.timetables:{name}" for name in ("CronTriggerTimetable", "DeltaTriggerTimetable")}
_DATES = {name: f"gale.dates:{name}"
          for name in ("days_ago", "cron_presets", "date_range", "parse_execution_date")}
_TIMEZONE = {name: f"gale.timezone:{name}" for name in (
    "utc", "is_localized", "is_naive", "utcnow", "utc_epoch", "make_aware", "make_naive", "convert_to_utc",
    "coerce_datetime", "datetime", "parse", "parse_timezone")}
_MACROS = {name: f"gale.macros:{name}" for name in (
    "ds_add", "ds_format", "datetime_diff_for_humans", "datetime", "timedelta", "time", "uuid", "random",
    "json", "dateutil")}
_EXCEPTIONS = {name: f"gale.exceptions:{name}" for name in (
    "AirflowException", "AirflowBadRequest", "AirflowNotFoundException", "AirflowConfigException",
    "AirflowSkipException", "AirflowFailException", "AirflowRescheduleException", "AirflowTimetableInvalid",
    "AirflowSensorTimeout", "AirflowTaskTimeout", "AirflowTaskTerminated", "AirflowDagCycleException",
    "AirflowDagDuplicatedIdException", "DuplicateTaskIdFound", "TaskNotFound", "DagNotFound", "DagRunNotFound",
    "DagRunAlreadyExists", "ParamValidationError", "XComNotFound", "RemovedInAirflow3Warning",
    "AirflowProviderDeprecationWarning", "AirflowDeprecationWarning")}
_CONTEXT = {"Context": "gale.support:Context"}
_DEFAULTS = {name: f"gale.operator:{name}" for name in ("DEFAULT_OWNER", "DEFAULT_QUEUE")}

MODULES = {
    "airflow": ("", {**_DAG, **_XCOM_ARG, "AirflowException": "gale.exceptions:AirflowException"}),
    "airflow.version": ("", {"version": "airflow:__version__"}),
    "airflow.configuration": ("", {name: f"gale.configuration:{name}" for name in ("conf", "get")}),
    "airflow.exceptions": ("", _EXCEPTIONS),
    "airflow.macros": ("", _MACROS),
    "airflow.models": ("", {**_DAG, **_BASE, **_PARAM, **_VARIABLE, **_XCOM_ARG}),
    "airflow.models.dag": ("", _DAG_AND_DECORATOR),
    "airflow.models.baseoperator": ("", {**_BASE, **_CHAIN}),
    "airflow.models.abstractoperator": ("2", _DEFAULTS),
    "airflow.models.param": ("2", _PARAM),
    "airflow.models.variable": ("", _VARIABLE),
    "airflow.models.xcom_arg": ("2", _XCOM_ARG),
    "airflow.decorators": ("2", {"dag": "gale.dag:dag", **_TASK_GROUP}),
    "airflow.decorators.task_group": ("2", _TASK_GROUP),
    "airflow.operators": ("", {**_BASH, **_DUMMY}),
    "airflow.operators.bash_operator": ("1.10", _BASH),
    "airflow.operators.dummy_operator": ("1.10", {**_DUMMY, **_EMPTY}),
    "airflow.operators.bash": ("2", _BASH),
    "airflow.operators.dummy": ("2", {**_DUMMY, **_EMPTY}),
    "airflow.operators.empty": ("2", _EMPTY),
    "airflow.providers": ("", {}),
    "airflow.providers.standard": ("3", {}),
    "airflow.providers.standard.operators": ("3", {}),
    "airflow.providers.standard.operators.bash": ("3", _BASH),
    "airflow.providers.standard.operators.empty": ("3", _EMPTY),
    "airflow.sdk": ("3", {**_DAG_AND_DECORATOR, **_BASE, **_CHAIN, **_PARAM, **_VARIABLE, **_TRIGGER_RULE,
                          **_WEIGHT_RULE, **_GROUP, **_LABEL, **_INTERVAL, **_TRIGGER, **_CONTEXT,
                          **_TASK_GROUP, **_XCOM_ARG,
                          "conf": "gale.configuration:conf", "timezone": "gale:timezone", "macros": "gale:macros",
                          "DagRunState": _STATES["DagRunState"],
                          "TaskInstanceState": _STATES["TaskInstanceState"]}),
    "airflow.sdk.bases": ("3", {}),
    "airflow.sdk.bases.operator": ("3", {**_BASE, **_CHAIN}),
    "airflow.sdk.definitions": ("3", {}),
    "airflow.sdk.definitions.context": ("3", _CONTEXT),
    "airflow.sdk.definitions.dag": ("3", _DAG_AND_DECORATOR),
    "airflow.sdk.definitions.param": ("3", _PARAM),
    "airflow.sdk.definitions.taskgroup": ("3", _GROUP),
    "airflow.sdk.definitions.variable": ("3", _VARIABLE),
    "airflow.sdk.definitions.edges": ("3", _LABEL),
    "airflow.sdk.definitions._internal": ("3", {}),
    "airflow.sdk.definitions._internal.abstractoperator": ("3", _DEFAULTS),
    "airflow.sdk.exceptions": ("3", _EXCEPTIONS),
    "airflow.sdk.timezone": ("3", _TIMEZONE),
    "airflow.task": ("3", {}),
    "airflow.task.trigger_rule": ("3", _TRIGGER_RULE),
    "airflow.task.weight_rule": ("3", _WEIGHT_RULE),
    "airflow.timetables": ("2", {}),
    "airflow.timetables.base": ("2", {"Timetable": "gale.timetables:Timetable"}),
    "airflow.timetables.interval": ("2", _INTERVAL),
    "airflow.timetables.trigger": ("2", _TRIGGER),
    "airflow.utils": ("", {}),
    "airflow.utils.context": ("2", _CONTEXT),
    "airflow.utils.decorators": ("", {"apply_defaults": "gale.support:apply_defaults"}),
    "airflow.utils.log": ("", {}),
    "airflow.utils.log.logging_mixin": ("", {"LoggingMixin": "gale.support:LoggingMixin"}),
    "airflow.utils.dates": ("", {**_DATES, "datetime": "datetime:datetime", "timedelta": "datetime:timedelta"}),
    "airflow.utils.edgemodifier": ("2", _LABEL),
    "airflow.utils.helpers": ("", _CHAIN),
    "airflow.utils.state": ("", _STATES),
    "airflow.utils.task_group": ("2", _GROUP),
    "airflow.utils.timezone": ("", _TIMEZONE),
    "airflow.utils.trigger_rule": ("", _TRIGGER_RULE),
    "airflow.utils.types": ("", {"DagRunType": "gale.enums:DagRunType"}),
    "airflow.utils.weight_rule": ("", _WEIGHT_RULE),
}
