"""What provider packages import from Airflow's core beside what files do."""

import getpass
import importlib
import inspect
import pkgutil
import re

from gale import plugins

AIRFLOW_VAR_NAME_FORMAT_MAPPING = {
    f"AIRFLOW_CONTEXT_{name}": {"default": f"airflow.ctx.{name.lower()}", "env_var_format": f"AIRFLOW_CTX_{name}"}
    for name in ("DAG_ID", "TASK_ID", "LOGICAL_DATE", "TRY_NUMBER", "DAG_RUN_ID", "DAG_OWNER", "DAG_EMAIL")}


def context_to_airflow_vars(context, in_env_var_format=False):
    """The task's names for commands and queries: AIRFLOW_CTX_DAG_ID or airflow.ctx.dag_id, ..."""
    ti, run = context.get("ti"), context.get("dag_run")
    values = {"DAG_ID": getattr(ti, "dag_id", None), "TASK_ID": getattr(ti, "task_id", None),
              "TRY_NUMBER": getattr(ti, "try_number", None), "DAG_RUN_ID": getattr(run, "run_id", None),
              "LOGICAL_DATE": run.logical_date.isoformat() if getattr(run, "logical_date", None) else None,
              "DAG_OWNER": getattr(context.get("task"), "owner", None)}
    kind = "env_var_format" if in_env_var_format else "default"
    return {AIRFLOW_VAR_NAME_FORMAT_MAPPING[f"AIRFLOW_CONTEXT_{name}"][kind]: str(value)
            for name, value in values.items() if value is not None}


class ProvidersManager:
    """What the installed providers say of themselves."""

    @property
    def hooks(self):
        return {said["connection-type"]: None for provider in plugins.installed_providers()
                for said in provider.get("connection-types", ())}

    providers = field_behaviours = connection_form_widgets = property(lambda self: {})
    extra_links_class_names = trigger = notification = property(lambda self: [])

    def initialize_providers_list(self):
        pass


ProvidersManagerTaskRuntime = ProvidersManager


class HookLineage:
    """Which assets hooks touched: nobody collects it."""

    inputs = outputs = extra = ()


class NoOpCollector:
    has_collected = False
    collected_assets = HookLineage()

    def __getattr__(self, name):
        return lambda *args, **kwargs: None


HookLineageCollector = HookLineageReader = LineageContext = NoOpCollector


def get_hook_lineage_collector():
    return NoOpCollector()


get_listener_manager = get_hook_lineage_collector


class RetryAction:
    RETRY, FAIL, DEFAULT = "retry", "fail", "default"


class RetryRule:
    """Which retry follows which exception: read and kept."""

    def __init__(self, *args, **kwargs):
        self.args = args
        vars(self).update(kwargs)


RetryDecision = RetryPolicy = ChainRetryPolicy = ExceptionRetryPolicy = RetryRule


class ResumableJobMixin:
    """Of operators that would find their job again after a lost attempt: here they begin anew."""


class ParsingContext:
    dag_id = task_id = None


def get_parsing_context():
    return ParsingContext()


def is_async_callable(function):
    return inspect.iscoroutinefunction(inspect.unwrap(function))


def iter_namespace(namespace):
    return pkgutil.iter_modules(namespace.__path__, namespace.__name__ + ".")


def is_valid_dotpath(path):
    return isinstance(path, str) and re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", path) is not None


def getuser():
    return getpass.getuser()


def add_deprecated_classes(modules, package):
    """Old modules of a package as names of new places."""
    import sys
    import types
    for name, classes in modules.items():
        module = types.ModuleType(f"{package}.{name}" if name else package)
        module.__getattr__ = lambda attribute, classes=classes: _found(classes, attribute)
        sys.modules.setdefault(module.__name__, module)


def _found(classes, attribute):
    if attribute not in classes:
        raise AttributeError(attribute)
    module, _, name = classes[attribute].rpartition(".")
    return getattr(importlib.import_module(module), name)


def expand_alias_to_assets(alias, **kwargs):
    return []
