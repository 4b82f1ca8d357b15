"""Every module of `airflow` that Gale answers: its names, and the release whose files use it.

A row: module -> (era, {name: "module:attribute" in gale}). Eras: "1.10", "2" and "3" are spellings of that
release only; "" is any. A module that is not here, or a name that a row lacks, is an ImportError that says so.
"""

def _all(module, names):
    """Names of one module of gale, which bear the same name there."""
    return {name: f"gale.{module}:{name}" for name in names.split()}


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
_EXCEPTIONS = _all("exceptions", """
    AirflowException AirflowBadRequest AirflowNotFoundException AirflowConfigException AirflowSkipException
    AirflowFailException AirflowRescheduleException AirflowTimetableInvalid AirflowSensorTimeout AirflowTaskTimeout
    AirflowTaskTerminated AirflowDagCycleException AirflowDagDuplicatedIdException DuplicateTaskIdFound TaskNotFound
    DagNotFound DagRunNotFound DagRunAlreadyExists ParamValidationError XComNotFound RemovedInAirflow3Warning
    AirflowProviderDeprecationWarning AirflowDeprecationWarning AirflowInternalRuntimeError
    AirflowOptionalProviderFeatureException AirflowClusterPolicyViolation AirflowClusterPolicySkipDag
    AirflowDagInconsistent AirflowFileParseException AirflowInactiveAssetInInletOrOutletException BackfillUnfinished
    ConnectionNotUnique FailStopDagInvalidTriggerRule PoolNotFound SerializationError TaskAlreadyInTaskGroup
    TaskDeferralTimeout TaskDeferralError TaskInstanceNotFound UnmappableXComLengthPushed UnmappableXComTypePushed
    VariableNotUnique XComForMappingNotPushed DownstreamTasksSkipped DagRunTriggerException TaskDeferred""")
_CONTEXT = {"Context": "gale.support:Context"}
_DEFAULTS = {name: f"gale.operator:{name}" for name in ("DEFAULT_OWNER", "DEFAULT_QUEUE")}

_TASK = _all("taskflow", "task setup teardown")
_TASK_GROUP = _all("group_decorator", "task_group")
_PYTHON = _all("python_operators", """
    PythonOperator BranchPythonOperator ShortCircuitOperator PythonVirtualenvOperator ExternalPythonOperator
    BranchPythonVirtualenvOperator BranchExternalPythonOperator get_current_context is_venv_installed""")
_BRANCH = _all("python_operators", "BaseBranchOperator BranchMixIn SkipMixin")
_CURRENT = _all("python_operators", "get_current_context")
_EMAIL = _all("core_operators", "EmailOperator")
_SEND = _all("core_operators", "send_email get_email_address_list")
_LATEST = _all("core_operators", "LatestOnlyOperator")
_TRIGGER_RUN = _all("core_operators", "TriggerDagRunOperator")
_SUBDAG = _all("core_operators", "SubDagOperator")
_BRANCH_TIME = _all("core_operators", "BranchDateTimeOperator")
_BRANCH_DAY = _all("core_operators", "BranchDayOfWeekOperator")
_HITL = _all("core_operators", "HITLOperator ApprovalOperator HITLBranchOperator HITLEntryOperator")
_TRANSFER = _all("core_operators", "GenericTransfer")
_SENSOR_BASE = _all("sensors", "BaseSensorOperator PokeReturnValue poke_mode_only")
_EXTERNAL = {**_all("sensors", "ExternalTaskSensor"), **_all("core_operators", "ExternalTaskMarker")}
_FILE_SENSOR = _all("sensors", "FileSensor")
_PYTHON_SENSOR = _all("sensors", "PythonSensor")
_BASH_SENSOR = _all("sensors", "BashSensor")
_TIME_SENSOR = {"TimeSensor": "gale.sensors:TimeSensor", "TimeSensorAsync": "gale.sensors:TimeSensor"}
_DELTA_SENSOR = {"TimeDeltaSensor": "gale.sensors:TimeDeltaSensor", "WaitSensor": "gale.sensors:WaitSensor",
                 "TimeDeltaSensorAsync": "gale.sensors:TimeDeltaSensor"}
_DATE_SENSOR = {"DateTimeSensor": "gale.sensors:DateTimeSensor", "DateTimeSensorAsync": "gale.sensors:DateTimeSensor"}
_DAY_SENSOR = _all("sensors", "DayOfWeekSensor")
_WEEKDAY = _all("weekday", "WeekDay")
_XCOM_ARG = _all("xcom_arg", "XComArg PlainXComArg MapXComArg ZipXComArg ConcatXComArg")
_XCOM_KEY = _all("xcom_arg", "XCOM_RETURN_KEY")
_MAPPED = _all("mapped", "MappedOperator OperatorPartial")
_CONNECTION = _all("connection", "Connection")
_HOOK = _all("hooks", "BaseHook")
_SUBPROCESS = _all("subprocess_hook", "SubprocessHook SubprocessResult")
_ASSETS = _all("assets", "Asset AssetAlias AssetAll AssetAny AssetWatcher Dataset AssetRef AssetNameRef AssetUriRef "
               "Model BaseAsset DatasetAlias DatasetAll DatasetAny")
_ASSET = {**_ASSETS, **_all("assets", "asset Metadata")}
_METADATA = _all("assets", "Metadata")
_ASSET_TIME = _all("assets", "AssetOrTimeSchedule PartitionedAssetTimetable DatasetOrTimeSchedule")
_PARTITIONS = _all("partitions", """PartitionMapper IdentityMapper AllowedKeyMapper ProductMapper ChainMapper
    StartOfHourMapper StartOfDayMapper StartOfWeekMapper StartOfMonthMapper StartOfQuarterMapper StartOfYearMapper""")
_NOTIFIER = _all("notifier", "BaseNotifier")
_TRIGGERS = _all("triggers", "BaseTrigger BaseEventTrigger TriggerEvent StartTriggerArgs")
_RUNS = _all("models", "DagRun")
_INSTANCES = {**_all("models", "TaskInstance TaskInstanceKey clear_task_instances"), **_CONTEXT,
              "TaskReschedule": "gale.unavailable:TaskReschedule"}
_XCOM = {**_all("models", "XCom BaseXCom"), **_XCOM_KEY}
_DAG_MODEL = _all("models", "DagModel")
_DAG_BAG = _all("models", "DagBag")
_POOL = _all("models", "Pool")
_TRIGGER_DAG = _all("models", "trigger_dag")
_LINK = _all("operator", "BaseOperatorLink")
_HELPERS = _all("helpers", """exactly_one at_most_one prune_dict merge_dicts chunks reduce_in_chunks is_container
    as_tuple as_flattened_list validate_key convert_camel_to_snake ask_yesno""")
_NOTSET = _all("helpers", "NOTSET ArgNotSet SET_DURING_EXECUTION is_arg_set")
_RUN_TYPE = {**_all("enums", "DagRunType DagRunTriggeredByType"), **_NOTSET}
_MASKER = _all("masking", "redact mask_secret")
_STORAGE = _all("object_path", "ObjectStoragePath attach")
_SESSIONS = _all("unavailable", "create_session provide_session NEW_SESSION")
_DATABASE = _all("unavailable", "Log TaskFail TaskReschedule SlaMiss RenderedTaskInstanceFields DagTag DagWarning "
                 "DatasetModel DatasetDagRunQueue Trigger")
_DATABASE["ImportError"] = "gale.unavailable:ImportError_"
_DATABASE.pop("DatasetDagRunQueue")
_ABSTRACT = {**_DEFAULTS, "AbstractOperator": _BASE["BaseOperator"]}
_STANDARD = "airflow.providers.standard"

_LINEAGE = _all("provider_support", "HookLineage HookLineageCollector HookLineageReader NoOpCollector LineageContext "
                "get_hook_lineage_collector")
_VARS = _all("provider_support", "AIRFLOW_VAR_NAME_FORMAT_MAPPING context_to_airflow_vars")
_LOADING = {**_all("helpers", "import_string qualname"), **_all("provider_support", "iter_namespace is_valid_dotpath")}
_RETRY = _all("provider_support", "RetryAction RetryDecision RetryPolicy RetryRule ChainRetryPolicy "
              "ExceptionRetryPolicy")
_DECORATOR_BASE = {**_all("taskflow", "DecoratedOperator TaskDecorator task_decorator_factory get_unique_task_id"),
                   **_all("python_operators", "determine_kwargs KeywordParameters"),
                   **_all("provider_support", "is_async_callable"),
                   "DecoratedMappedOperator": "gale.mapped:MappedOperator"}
_PARSING = _all("provider_support", "get_parsing_context")

# What 1.10 had at the top of airflow.operators and airflow.hooks, and providers have today.
_OF_PROVIDERS = {kind: {f"{name}{kind[:-1].title()}": f"airflow.{kind}.{module}_{kind[:-1]}:{name}{kind[:-1].title()}"
                        for name, module in (("Sqlite", "sqlite"), ("Postgres", "postgres"), ("MySql", "mysql"),
                                             ("MsSql", "mssql"))} for kind in ("hooks", "operators")}

# What the three releases call alike.
_MODELS = {**_DAG, **_BASE, **_PARAM, **_VARIABLE, **_CONNECTION, **_RUNS, **_all("models", "TaskInstance XCom"),
           **_DAG_MODEL, **_DAG_BAG, **_POOL, **_MAPPED, **_DATABASE, **_LINK,
           **_all("sensors", "BaseSensorOperator"), **_all("xcom_arg", "XComArg XCOM_RETURN_KEY"),
           **_all("python_operators", "SkipMixin")}
_DECORATED = {"dag": "gale.dag:dag", **_TASK, **_TASK_GROUP}
_SUPPORT = _all("support", "LoggingMixin")
_LOGGING = {**_SUPPORT, **_all("support", "StreamLogWriter")}
_SETTINGS = {**_all("unavailable", "Session SASession engine"), **_all("settings", """
    TIMEZONE AIRFLOW_HOME DAGS_FOLDER SQL_ALCHEMY_CONN PLUGINS_FOLDER json LOGGING_LEVEL STORE_SERIALIZED_DAGS
    configure_orm initialize policy"""), **_all("configuration", "conf")}
_CONF = {**_all("configuration", "conf get getboolean getint getfloat has_option"),
         "AIRFLOW_HOME": "gale.settings:AIRFLOW_HOME", "AirflowConfigParser": "gale.configuration:Configuration",
         "AirflowConfigException": _EXCEPTIONS["AirflowConfigException"]}

MODULES = {
    "airflow": ("", {**_DAG, "AirflowException": "gale.exceptions:AirflowException", **_all("assets", "Dataset Asset"),
                     **_all("xcom_arg", "XComArg"), **_all("configuration", "conf")}),
    "airflow.version": ("", {"version": "airflow:__version__"}),
    "airflow.configuration": ("", _CONF),
    "airflow.settings": ("", _SETTINGS),
    "airflow.exceptions": ("", _EXCEPTIONS),
    "airflow.macros": ("", _MACROS),
    "airflow.plugins_manager": ("", _all("plugins", "AirflowPlugin")),
    "airflow.stats": ("", _all("helpers", "Stats")),
    "airflow.templates": ("", _all("rendering", "literal")),
    "airflow.policies": ("2", _all("settings", "hookimpl")),
    "airflow.models": ("", _MODELS),
    "airflow.models.dag": ("", {**_DAG_AND_DECORATOR, **_DAG_MODEL, "DagTag": "gale.unavailable:DagTag",
                                **_all("dag", "ScheduleInterval DagContext")}),
    "airflow.models.dagbag": ("", _DAG_BAG),
    "airflow.models.dagrun": ("", {**_RUNS, "DagRunState": _STATES["DagRunState"]}),
    "airflow.models.baseoperator": ("", {**_BASE, **_CHAIN, **_LINK, **_MAPPED,
                                         "BaseOperatorMeta": "gale.operator:_OperatorMeta"}),
    "airflow.models.baseoperatorlink": ("2", _LINK),
    "airflow.models.abstractoperator": ("2", _ABSTRACT),
    "airflow.models.operator": ("2", {"Operator": _BASE["BaseOperator"]}),
    "airflow.models.mappedoperator": ("2", _MAPPED),
    "airflow.models.connection": ("", _CONNECTION),
    "airflow.models.param": ("2", {**_PARAM, "DagParam": "gale.dag:DagParam"}),
    "airflow.models.pool": ("", _POOL),
    "airflow.models.skipmixin": ("", _all("python_operators", "SkipMixin")),
    "airflow.models.taskinstance": ("", {**_INSTANCES, **_CURRENT, **_all("helpers", "context_merge")}),
    "airflow.models.taskinstancekey": ("2", _all("models", "TaskInstanceKey")),
    "airflow.models.taskmixin": ("2", {"DAGNode": "gale.dependencies:Node", "DependencyMixin": "gale.dependencies:Node",
                                       "TaskMixin": "gale.dependencies:Node"}),
    "airflow.models.variable": ("", _VARIABLE),
    "airflow.models.xcom": ("", _XCOM),
    "airflow.models.xcom_arg": ("2", _XCOM_ARG),
    "airflow.models.dataset": ("2", _all("unavailable", "DatasetModel DatasetAliasModel DatasetEvent")),
    "airflow.models.asset": ("3", {**_all("provider_support", "expand_alias_to_assets"),
                                   **_all("unavailable", "AssetModel AssetAliasModel AssetEvent")}),
    "airflow.models.renderedtifields": ("2", _all("unavailable", "RenderedTaskInstanceFields")),
    "airflow.models.serialized_dag": ("2", _all("unavailable", "SerializedDagModel")),
    "airflow.models.log": ("", _all("unavailable", "Log")),
    "airflow.models.base": ("", _all("unavailable", "Base")),
    "airflow.models.errors": ("", {"ImportError": "gale.unavailable:ImportError_"}),
    "airflow.jobs": ("", _all("unavailable", "BaseJob Job")),
    "airflow.jobs.base_job": ("", _all("unavailable", "BaseJob")),
    "airflow.jobs.job": ("2", _all("unavailable", "Job")),
    "airflow.jobs.backfill_job": ("", _all("unavailable", "BackfillJob")),
    "airflow.jobs.backfill_job_runner": ("2", _all("unavailable", "BackfillJobRunner")),
    "airflow.jobs.scheduler_job": ("", _all("unavailable", "SchedulerJob")),
    "airflow.jobs.scheduler_job_runner": ("2", _all("unavailable", "SchedulerJobRunner")),
    "airflow.executors": ("", {}),
    "airflow.executors.debug_executor": ("", _all("unavailable", "DebugExecutor")),
    "airflow.executors.local_executor": ("", _all("unavailable", "LocalExecutor")),
    "airflow.executors.sequential_executor": ("", _all("unavailable", "SequentialExecutor")),
    "airflow.executors.base_executor": ("", _all("unavailable", "BaseExecutor")),
    "airflow.api": ("", {}),
    "airflow.api.common": ("", {}),
    "airflow.api.common.trigger_dag": ("", _TRIGGER_DAG),
    "airflow.api.common.experimental": ("1.10", {}),
    "airflow.api.common.experimental.trigger_dag": ("1.10", _TRIGGER_DAG),
    "airflow.api.common.experimental.get_task_instance": ("1.10", _all("models", "get_task_instance")),
    "airflow.api.client": ("", {}),
    "airflow.api.client.local_client": ("", _all("models", "Client")),
    "airflow.decorators": ("2", _DECORATED),
    "airflow.decorators.task_group": ("2", _TASK_GROUP),
    "airflow.decorators.base": ("2", _DECORATOR_BASE),
    "airflow.decorators.python": ("2", _all("taskflow", "python_task")),
    "airflow.datasets": ("2", _ASSETS),
    "airflow.datasets.metadata": ("2", _METADATA),
    "airflow.assets": ("3", _ASSETS),
    "airflow.hooks": ("", {**_HOOK, **_OF_PROVIDERS["hooks"]}),
    "airflow.hooks.base_hook": ("1.10", _HOOK),
    "airflow.hooks.base": ("2", {**_HOOK, **_all("hooks", "DiscoverableHook")}),
    "airflow.hooks.filesystem": ("2", _all("hooks", "FSHook")),
    "airflow.hooks.subprocess": ("2", _SUBPROCESS),
    "airflow.io": ("2", _STORAGE),
    "airflow.io.path": ("2", _STORAGE),
    "airflow.kubernetes": ("", {}),
    "airflow.kubernetes.secret": ("", _all("kubernetes", "Secret")),
    "airflow.lineage": ("", {}),
    "airflow.lineage.entities": ("", _all("support", "File Table Column Tag User")),
    "airflow.listeners": ("2", _all("settings", "hookimpl")),
    "airflow.notifications": ("2", {}),
    "airflow.notifications.basenotifier": ("2", _NOTIFIER),
    "airflow.secrets": ("", _all("secrets_backend", "BaseSecretsBackend")),
    "airflow.secrets.base_secrets": ("", _all("secrets_backend", "BaseSecretsBackend")),
    "airflow.security": ("", {}),
    "airflow.security.permissions": ("", _all("support", "ACTION_CAN_READ ACTION_CAN_EDIT ACTION_CAN_DELETE "
                                              "ACTION_CAN_CREATE ACTION_CAN_ACCESS_MENU")),
    # Operators and sensors, in each release's places.
    "airflow.operators": ("", {**_BASH, **_DUMMY, **_PYTHON, **_EMAIL, **_SUBDAG, **_LATEST, **_TRIGGER_RUN, **_BASE,
                               **_all("sensors", "BaseSensorOperator"), **_OF_PROVIDERS["operators"]}),
    "airflow.operators.bash_operator": ("1.10", _BASH),
    "airflow.operators.branch_operator": ("1.10", _BRANCH),
    "airflow.operators.dummy_operator": ("1.10", {**_DUMMY, **_EMPTY}),
    "airflow.operators.dagrun_operator": ("1.10", _TRIGGER_RUN),
    "airflow.operators.email_operator": ("1.10", _EMAIL),
    "airflow.operators.generic_transfer": ("", _TRANSFER),
    "airflow.operators.latest_only_operator": ("1.10", _LATEST),
    "airflow.operators.python_operator": ("1.10", _PYTHON),
    "airflow.operators.sensors": ("1.10", {**_SENSOR_BASE, **_EXTERNAL, **_TIME_SENSOR, **_DELTA_SENSOR}),
    "airflow.operators.subdag_operator": ("1.10", _SUBDAG),
    "airflow.operators.bash": ("2", _BASH),
    "airflow.operators.branch": ("2", _BRANCH),
    "airflow.operators.datetime": ("2", _BRANCH_TIME),
    "airflow.operators.dummy": ("2", {**_DUMMY, **_EMPTY}),
    "airflow.operators.email": ("2", _EMAIL),
    "airflow.operators.empty": ("2", _EMPTY),
    "airflow.operators.latest_only": ("2", _LATEST),
    "airflow.operators.python": ("2", {**_PYTHON, **_BRANCH}),
    "airflow.operators.subdag": ("2", _SUBDAG),
    "airflow.operators.trigger_dagrun": ("2", _TRIGGER_RUN),
    "airflow.operators.weekday": ("2", _BRANCH_DAY),
    "airflow.sensors": ("", {}),
    "airflow.sensors.base_sensor_operator": ("1.10", _SENSOR_BASE),
    "airflow.sensors.external_task_sensor": ("1.10", _EXTERNAL),
    "airflow.sensors.date_time_sensor": ("1.10", _DATE_SENSOR),
    "airflow.sensors.time_sensor": ("1.10", _TIME_SENSOR),
    "airflow.sensors.time_delta_sensor": ("1.10", _DELTA_SENSOR),
    "airflow.sensors.base": ("2", _SENSOR_BASE),
    "airflow.sensors.bash": ("2", _BASH_SENSOR),
    "airflow.sensors.date_time": ("2", _DATE_SENSOR),
    "airflow.sensors.external_task": ("2", _EXTERNAL),
    "airflow.sensors.filesystem": ("2", _FILE_SENSOR),
    "airflow.sensors.python": ("2", _PYTHON_SENSOR),
    "airflow.sensors.time_delta": ("2", _DELTA_SENSOR),
    "airflow.sensors.time": ("2", _TIME_SENSOR),
    "airflow.sensors.weekday": ("2", _DAY_SENSOR),
    "airflow.contrib": ("1.10", {}),
    "airflow.contrib.hooks": ("1.10", {}),
    "airflow.contrib.hooks.fs_hook": ("1.10", _all("hooks", "FSHook")),
    "airflow.contrib.operators": ("1.10", {}),
    "airflow.contrib.sensors": ("1.10", {}),
    "airflow.contrib.sensors.file_sensor": ("1.10", _FILE_SENSOR),
    "airflow.contrib.sensors.python_sensor": ("1.10", _PYTHON_SENSOR),
    "airflow.contrib.sensors.bash_sensor": ("1.10", _BASH_SENSOR),
    "airflow.contrib.sensors.weekday_sensor": ("1.10", _DAY_SENSOR),
    "airflow.contrib.utils": ("1.10", {}),
    "airflow.contrib.utils.weekday": ("1.10", _WEEKDAY),
    "airflow.providers": ("", {}),
    _STANDARD: ("3", {}),
    f"{_STANDARD}.decorators": ("3", {}),
    f"{_STANDARD}.hooks": ("3", {}),
    f"{_STANDARD}.hooks.filesystem": ("3", _all("hooks", "FSHook")),
    f"{_STANDARD}.hooks.subprocess": ("3", _SUBPROCESS),
    f"{_STANDARD}.operators": ("3", {}),
    f"{_STANDARD}.operators.bash": ("3", _BASH),
    f"{_STANDARD}.operators.branch": ("3", _BRANCH),
    f"{_STANDARD}.operators.datetime": ("3", _BRANCH_TIME),
    f"{_STANDARD}.operators.empty": ("3", _EMPTY),
    f"{_STANDARD}.operators.hitl": ("3", _HITL),
    f"{_STANDARD}.operators.latest_only": ("3", _LATEST),
    f"{_STANDARD}.operators.python": ("3", _PYTHON),
    f"{_STANDARD}.operators.smooth": ("3", {"SmoothOperator": _EMPTY["EmptyOperator"]}),
    f"{_STANDARD}.operators.trigger_dagrun": ("3", _TRIGGER_RUN),
    f"{_STANDARD}.operators.weekday": ("3", _BRANCH_DAY),
    f"{_STANDARD}.sensors": ("3", {}),
    f"{_STANDARD}.sensors.bash": ("3", _BASH_SENSOR),
    f"{_STANDARD}.sensors.date_time": ("3", _DATE_SENSOR),
    f"{_STANDARD}.sensors.external_task": ("3", _EXTERNAL),
    f"{_STANDARD}.sensors.filesystem": ("3", _FILE_SENSOR),
    f"{_STANDARD}.sensors.python": ("3", _PYTHON_SENSOR),
    f"{_STANDARD}.sensors.time": ("3", _TIME_SENSOR),
    f"{_STANDARD}.sensors.time_delta": ("3", _DELTA_SENSOR),
    f"{_STANDARD}.sensors.weekday": ("3", _DAY_SENSOR),
    f"{_STANDARD}.triggers": ("3", {}),
    f"{_STANDARD}.triggers.file": ("3", _all("file_trigger", "FileTrigger FileDeleteTrigger")),
    f"{_STANDARD}.utils": ("3", {}),
    f"{_STANDARD}.utils.skipmixin": ("3", _all("python_operators", "SkipMixin")),
    f"{_STANDARD}.utils.weekday": ("3", _WEEKDAY),
    f"{_STANDARD}.utils.python_virtualenv": ("3", _all("virtualenv", "environment_for")),
    "airflow.sdk": ("3", {**_DAG, **_DECORATED, **_BASE, **_LINK, **_CHAIN, **_PARAM, **_VARIABLE, **_TRIGGER_RULE,
                          **_WEIGHT_RULE, **_GROUP, **_LABEL, **_INTERVAL, **_TRIGGER, **_CONTEXT, **_XCOM_ARG,
                          **_ASSET, **_ASSET_TIME, **_PARTITIONS, **_CONNECTION, **_HOOK, **_NOTIFIER, **_STORAGE,
                          **_SENSOR_BASE, **_CURRENT, **_MAPPED, **_PARSING, **_RETRY,
                          **_all("provider_support", "ResumableJobMixin"), **_TRIGGERS, **_all("rendering", "literal"),
                          **_all("models", "XCom BaseXCom TaskInstance"),
                          **_all("python_operators", "BaseBranchOperator SkipMixin BranchMixIn"),
                          **_all("timetables", "CronPartitionTimetable EventsTimetable MultipleCronTriggerTimetable"),
                          "BaseAsyncOperator": _BASE["BaseOperator"],
                          **_NOTSET, **_all("dag", "DagParam"), **_all("deadlines", """DeadlineAlert
                          DeadlineReference AsyncCallback SyncCallback"""), **_EXCEPTIONS,
                          "conf": "gale.configuration:conf", "timezone": "gale:timezone", "macros": "gale:macros",
                          "DagRunState": _STATES["DagRunState"],
                          "TaskInstanceState": _STATES["TaskInstanceState"]}),
    "airflow.sdk.api": ("3", {}),
    "airflow.sdk.bases": ("3", {}),
    "airflow.sdk.bases.branch": ("3", _BRANCH),
    "airflow.sdk.bases.decorator": ("3", _DECORATOR_BASE),
    "airflow.sdk.bases.hook": ("3", _HOOK),
    "airflow.sdk.bases.notifier": ("3", _NOTIFIER),
    "airflow.sdk.bases.operator": ("3", {"BaseAsyncOperator": _BASE["BaseOperator"], **_BASE, **_CHAIN, **_MAPPED}),
    "airflow.sdk.bases.operatorlink": ("3", _LINK),
    "airflow.sdk.bases.sensor": ("3", _SENSOR_BASE),
    "airflow.sdk.bases.skipmixin": ("3", _all("python_operators", "SkipMixin")),
    "airflow.sdk.bases.trigger": ("3", _TRIGGERS),
    "airflow.sdk.bases.xcom": ("3", _all("models", "XCom BaseXCom")),
    "airflow.sdk.configuration": ("3", _CONF),
    "airflow.sdk.definitions": ("3", {}),
    "airflow.sdk.definitions.asset": ("3", _ASSET),
    "airflow.sdk.definitions.asset.decorators": ("3", _all("assets", "asset AssetDefinition")),
    "airflow.sdk.definitions.asset.metadata": ("3", _METADATA),
    "airflow.sdk.definitions.baseoperator": ("3", _BASE),
    "airflow.sdk.definitions.connection": ("3", _CONNECTION),
    "airflow.sdk.definitions.context": ("3", {**_CONTEXT, **_CURRENT, **_all("helpers", "context_merge")}),
    "airflow.sdk.definitions.dag": ("3", _DAG_AND_DECORATOR),
    "airflow.sdk.definitions.deadline": ("3", _all("deadlines", "DeadlineAlert DeadlineReference AsyncCallback "
                                                   "SyncCallback")),
    "airflow.sdk.definitions.decorators": ("3", _DECORATED),
    "airflow.sdk.definitions.mappedoperator": ("3", _MAPPED),
    "airflow.sdk.definitions.notifier": ("3", _NOTIFIER),
    "airflow.sdk.definitions.param": ("3", {**_PARAM, "DagParam": "gale.dag:DagParam"}),
    "airflow.sdk.definitions.taskgroup": ("3", _GROUP),
    "airflow.sdk.definitions.template": ("3", _all("rendering", "literal")),
    "airflow.sdk.definitions.timetables": ("3", {}),
    "airflow.sdk.definitions.timetables.assets": ("3", _ASSET_TIME),
    "airflow.sdk.definitions.variable": ("3", _VARIABLE),
    "airflow.sdk.definitions.xcom_arg": ("3", _XCOM_ARG),
    "airflow.sdk.definitions.edges": ("3", _LABEL),
    "airflow.sdk.definitions._internal": ("3", {}),
    "airflow.sdk.definitions._internal.abstractoperator": ("3", _ABSTRACT),
    "airflow.sdk.definitions._internal.types": ("3", _NOTSET),
    "airflow.sdk.exceptions": ("3", _EXCEPTIONS),
    "airflow.sdk.execution_time": ("3", {}),
    "airflow.sdk.execution_time.context": ("3", {**_CURRENT, **_VARS, **_all("helpers", "context_merge")}),
    "airflow.sdk.execution_time.task_runner": ("3", _all("task_instance", "RuntimeTaskInstance")),
    "airflow.sdk.execution_time.secrets_masker": ("3", _MASKER),
    "airflow.sdk.execution_time.timeout": ("3", _all("helpers", "timeout")),
    "airflow.sdk.execution_time.xcom": ("3", _all("models", "XCom BaseXCom")),
    "airflow.sdk.io": ("3", _STORAGE),
    "airflow.sdk.lineage": ("3", _LINEAGE),
    "airflow.lineage.hook": ("2", {**_LINEAGE, "DatasetLineageInfo": _LINEAGE["HookLineage"]}),
    "airflow.sdk.definitions.retry_policy": ("3", _RETRY),
    "airflow.sdk.listener": ("3", _all("provider_support", "get_listener_manager")),
    "airflow.sdk.module_loading": ("3", _LOADING),
    "airflow.sdk.providers_manager_runtime": ("3", _all("provider_support", "ProvidersManagerTaskRuntime")),
    "airflow.providers_manager": ("", _all("provider_support", "ProvidersManager")),
    "airflow.sdk.log": ("3", _MASKER),
    "airflow.sdk.observability": ("3", {}),
    "airflow.sdk.observability.stats": ("3", _all("helpers", "Stats")),
    "airflow.sdk.plugins_manager": ("3", _all("plugins", "AirflowPlugin")),
    "airflow.sdk.serde": ("3", _all("xcom_values", "serialize deserialize")),
    "airflow.sdk.timezone": ("3", _TIMEZONE),
    "airflow.sdk.types": ("3", {**_NOTSET, **_CONTEXT, "Logger": "logging:Logger",
                                **_all("models", "TaskInstanceKey"), **_all("enums", "DagRunType"),
                                "RuntimeTaskInstanceProtocol": "gale.models:TaskInstance"}),
    "airflow.serialization": ("2", {}),
    "airflow.serialization.serde": ("2", _all("xcom_values", "serialize deserialize")),
    "airflow.task": ("3", {}),
    "airflow.task.trigger_rule": ("3", _TRIGGER_RULE),
    "airflow.task.priority_strategy": ("2", _all("priority_strategy", "PriorityWeightStrategy")),
    "airflow.task.weight_rule": ("3", _WEIGHT_RULE),
    "airflow.timetables": ("2", {}),
    "airflow.timetables.assets": ("3", _ASSET_TIME),
    "airflow.timetables.base": ("2", _all("timetables", "Timetable DataInterval DagRunInfo TimeRestriction")),
    "airflow.timetables.datasets": ("2", _ASSET_TIME),
    "airflow.timetables.events": ("2", _all("timetables", "EventsTimetable")),
    "airflow.timetables.interval": ("2", _INTERVAL),
    "airflow.timetables.simple": ("2", _all("timetables", "NullTimetable OnceTimetable ContinuousTimetable "
                                            "PartitionAtRuntime")),
    "airflow.timetables.trigger": ("2", {**_TRIGGER, **_all("timetables", "MultipleCronTriggerTimetable "
                                                            "CronPartitionTimetable")}),
    "airflow.triggers": ("2", {}),
    "airflow.triggers.base": ("2", _TRIGGERS),
    "airflow.triggers.file": ("2", _all("file_trigger", "FileTrigger FileDeleteTrigger")),
    "airflow.triggers.temporal": ("2", _all("time_triggers", "DateTimeTrigger TimeDeltaTrigger")),
    f"{_STANDARD}.triggers.temporal": ("3", _all("time_triggers", "DateTimeTrigger TimeDeltaTrigger")),
    "airflow.utils": ("", {}),
    "airflow.utils.airflow_flask_app": ("2", {}),
    "airflow.utils.code_utils": ("2", {}),
    "airflow.utils.context": ("2", {**_CONTEXT, **_all("helpers", "context_merge")}),
    "airflow.utils.dag_cycle_tester": ("2", _all("dag", "check_cycle")),
    "airflow.utils.db": ("", _SESSIONS),
    "airflow.utils.db_cleanup": ("2", _all("unavailable", "run_cleanup")),
    "airflow.utils.decorators": ("", _all("support", "apply_defaults")),
    "airflow.utils.email": ("", _SEND),
    "airflow.utils.file": ("", _all("helpers", "TemporaryDirectory mkdirs")),
    "airflow.utils.log": ("", {}),
    "airflow.utils.log.logging_mixin": ("", _LOGGING),
    "airflow.utils.log.secrets_masker": ("2", _MASKER),
    "airflow.utils.dates": ("", {**_DATES, "datetime": "datetime:datetime", "timedelta": "datetime:timedelta",
                                 "timezone": "gale:timezone"}),
    "airflow.utils.edgemodifier": ("2", _LABEL),
    "airflow.utils.hashlib_wrapper": ("2", {"md5": "hashlib:md5"}),
    "airflow.utils.helpers": ("", {**_CHAIN, **_HELPERS}),
    "airflow.utils.module_loading": ("", _LOADING),
    "airflow.utils.dag_parsing_context": ("2", _PARSING),
    "airflow.utils.deprecation_tools": ("2", _all("provider_support", "add_deprecated_classes")),
    "airflow.utils.platform": ("", _all("provider_support", "getuser")),
    "airflow.utils.yaml": ("", _all("yaml_names", "safe_load safe_dump load dump YAMLError")),
    "airflow.utils.net": ("2", _all("helpers", "get_hostname get_host_ip_address getfqdn")),
    "airflow.utils.operator_helpers": ("2", {**_VARS, **_all("python_operators",
                                                             "determine_kwargs KeywordParameters")}),
    "airflow.utils.operator_resources": ("", _all("support", "Resources")),
    "airflow.utils.process_utils": ("2", {}),
    "airflow.utils.session": ("2", _SESSIONS),
    "airflow.utils.setup_teardown": ("2", {}),
    "airflow.utils.state": ("", _STATES),
    "airflow.utils.strings": ("2", _all("support", "to_boolean get_random_string")),
    "airflow.utils.task_group": ("2", _GROUP),
    "airflow.utils.template": ("2", _all("rendering", "literal LiteralValue")),
    "airflow.utils.timeout": ("", _all("helpers", "timeout")),
    "airflow.utils.timezone": ("", _TIMEZONE),
    "airflow.utils.trigger_rule": ("", _TRIGGER_RULE),
    "airflow.utils.types": ("", _RUN_TYPE),
    "airflow.utils.weekday": ("2", _WEEKDAY),
    "airflow.www": ("", {}),
    "airflow.www.utils": ("", _all("support", "UIAlert get_attr_renderer")),
    "airflow.utils.weight_rule": ("", _WEIGHT_RULE),
    "airflow.utils.xcom": ("2", _XCOM_KEY),
}
