"""Plugins, and what installed provider packages say of themselves."""

import functools
import importlib
import importlib.metadata
import importlib.util
import logging
import os
import sys

from gale.exceptions import AirflowException

log = logging.getLogger("airflow.plugins_manager")


class AirflowPlugin:
    """A plugin's class. Its macros are `macros.<plugin>.<name>` in templates; what is for Airflow's web server is
    read, and does nothing."""

    name = None
    macros = ()
    operators = sensors = hooks = executors = admin_views = flask_blueprints = menu_links = ()
    appbuilder_views = appbuilder_menu_items = fastapi_apps = fastapi_root_middlewares = external_views = ()
    react_apps = global_operator_extra_links = operator_extra_links = timetables = listeners = ()
    ti_deps = priority_weight_strategies = ()

    @classmethod
    def on_load(cls, *args, **kwargs):
        pass


def load_folder(folder):
    """Imports the plugins folder's modules; those that fail are said, and left out. Returns the plugins' classes."""
    found = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        path = os.path.join(folder, name)
        if not name.endswith(".py") or name.startswith("."):
            continue
        with open(path, "rb") as file:
            if b"AirflowPlugin" not in file.read():
                continue
        try:
            module = _module(path, os.path.splitext(name)[0])
        except Exception as error:
            log.warning("the plugin %s cannot be read: %s: %s", path, type(error).__name__, error)
            continue
        found += [value for value in vars(module).values() if isinstance(value, type)
                  and issubclass(value, AirflowPlugin) and value is not AirflowPlugin and value.name]
    for plugin in found:
        _publish(plugin)
    return found


def _module(path, name):
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _publish(plugin):
    """1.10's imports from airflow.operators.<plugin> and its kin, and macros."""
    from gale import airflow_shim, macros
    for kind in ("operators", "sensors", "hooks", "executors"):
        things = {thing.__name__: thing for thing in getattr(plugin, kind) or ()}
        if things:
            airflow_shim.add_module(f"airflow.{kind}.{plugin.name}", things)
    if plugin.macros:
        names = {macro.__name__: macro for macro in plugin.macros}
        airflow_shim.add_module(f"airflow.macros.{plugin.name}", names)
        setattr(macros, plugin.name, importlib.import_module(f"airflow.macros.{plugin.name}"))


@functools.lru_cache(maxsize=None)
def installed_providers():
    found = []
    for point in importlib.metadata.entry_points(group="apache_airflow_provider"):
        try:
            found.append(point.load()())
        except Exception as error:
            log.warning("the provider %s says nothing of itself: %s", point.name, error)
    return found


def provider_decorator(name):
    """@task.<name> of an installed provider, or None."""
    from gale.helpers import import_string
    for provider in installed_providers():
        for decorator in provider.get("task-decorators", ()):
            if decorator["name"] == name:
                return import_string(decorator["class-name"])
    return None


_DECORATORS = {"docker": "docker", "kubernetes": "cncf.kubernetes", "kubernetes_cmd": "cncf.kubernetes",
               "pyspark": "apache.spark", "snowpark": "snowflake", "sql": "common.sql", "llm": "common.ai",
               "agent": "common.ai"}


def missing_decorator(name):
    """Why there is no @task.<name>."""
    if name not in _DECORATORS:
        return f"Gale has no @task.{name}, and no provider package that is installed has one"
    package = "apache-airflow-providers-" + _DECORATORS[name].replace(".", "-")
    return f"Gale does not support airflow.providers.{_DECORATORS[name]}:@task.{name} yet: the provider package is " \
        f"not installed; pip install --no-deps {package}"


def hook_class(conn_type):
    """(class, the name of its argument for the conn_id) of an installed provider's hook."""
    from gale.helpers import import_string
    for provider in installed_providers():
        for said in provider.get("connection-types", ()):
            if said["connection-type"] == conn_type:
                found = import_string(said["hook-class-name"])
                return found, found.conn_name_attr
    raise AirflowException(f"no installed provider has a hook for connections of type {conn_type!r}")
