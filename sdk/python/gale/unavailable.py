"""Names that work on Airflow's own database. Gale's tasks and files have none: importing one says what to do."""

_INSTEAD = {
    "settings": "read and change runs, tasks, variables and connections over Gale's REST API (/api/v2)",
    "clean": "old runs, tasks and logs are removed by `gale db clean`",
    "job": "Gale's scheduler and workers are no Python objects; see `gale servers`",
}
_NAMES = {
    **dict.fromkeys(("Session", "SASession", "engine", "create_session", "provide_session", "NEW_SESSION",
                     "create_global_lock", "async_session", "session_scope", "Base"), "settings"),
    **dict.fromkeys(("Log", "TaskFail", "TaskReschedule", "SlaMiss", "ImportError_", "RenderedTaskInstanceFields",
                     "SerializedDagModel", "Job", "BaseJob", "DagTag", "AssetAliasModel", "AssetModel",
                     "AssetEvent", "DatasetModel", "DatasetAliasModel", "DatasetEvent", "DagPickle",
                     "KnownEvent", "User", "Chart", "DagWarning", "DagVersion", "Trigger", "run_cleanup"), "clean"),
    **dict.fromkeys(("BackfillJob", "BackfillJobRunner", "SchedulerJob", "SchedulerJobRunner", "DebugExecutor",
                     "LocalExecutor", "SequentialExecutor", "LocalTaskJobRunner", "BaseExecutor", "CeleryExecutor",
                     "KubernetesExecutor"), "job"),
}


def __getattr__(name):
    if name not in _NAMES:
        raise AttributeError(name)
    raise ImportError(f"Gale has no {name.rstrip('_')}: it works on Airflow's own database, which isn't there; "
                      f"instead, {_INSTEAD[_NAMES[name]]}")
