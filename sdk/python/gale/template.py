"""Jinja in tasks: what `{{ ... }}` can name, and how a command becomes text."""

import datetime as dt
import json
import os
import types

import jinja2
import jinja2.sandbox

from gale import macros, variable
from gale.configuration import conf
from gale.previous_success import PREVIOUS_SUCCESS

_DAY = dt.timedelta(days=1)


def _ds(when):
    return when.strftime("%Y-%m-%d")


def _nodash(text):
    return text.replace("-", "")


def _ts_nodash(when):
    return when.strftime("%Y%m%dT%H%M%S")


def _ts_nodash_with_tz(when):
    return when.isoformat().replace("-", "").replace(":", "")


FILTERS = {
    "ds": _ds,
    "ds_nodash": lambda when: _nodash(_ds(when)),
    "ts": lambda when: when.isoformat(),
    "ts_nodash": _ts_nodash,
    "ts_nodash_with_tz": _ts_nodash_with_tz,
}


class Record(types.SimpleNamespace):
    """A thing with named values, of which a template sees no more than the worker was told: or, with _load, what the
    thing that it returns has beyond them."""

    _load = None

    def __new__(cls, kind, **values):
        # Jinja's errors name the class: "'dag_run object' has no attribute 'x'".
        return super().__new__(type(kind, (cls,), {"__module__": "builtins"}))

    def __init__(self, kind, **values):
        super().__init__(**values)

    def __getattr__(self, name):
        whole = self._load() if self._load and not name.startswith("__") else None
        if whole is None:
            raise AttributeError(f"Gale's {type(self).__name__} has no {name!r} in templates")
        return getattr(whole, name)

    def __repr__(self):
        return f"<{type(self).__name__}>"


class TaskInstance(Record):
    def xcom_pull(self, *args, **kwargs):
        raise NotImplementedError("Gale does not support xcom_pull in templates yet")

    xcom_push = xcom_pull


class _Missing:
    """`conn`: says what is missing once something is asked of it."""

    def __init__(self, what):
        self._what = what

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(f"Gale does not support {self._what} in templates yet")


def parse_time(text):
    """A pendulum time from RFC 3339; None from null or nothing."""
    import pendulum  # the real one or ours: bundled.provide()
    if not text:
        return None
    # Python reads at most 6 decimals.
    head, dot, rest = text.replace("Z", "+00:00").partition(".")
    if dot:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        text = f"{head}.{rest[:digits][:6].ljust(6, '0')}{rest[digits:]}"
    else:
        text = head
    return pendulum.instance(dt.datetime.fromisoformat(text))


def _now():
    import pendulum
    return pendulum.now("UTC")


def make_context(facts, load=lambda: (None, None)):
    """The template context of one try: Airflow's names, for 1.10, 2 and 3 alike.

    facts: the `context` of the task file. load: reads the DAG file, once somebody asks `dag` or `task` for more than
    was sent; (DAG, task), or (None, None).
    """
    logical = parse_time(facts.get("logical_date"))
    start = parse_time(facts.get("data_interval_start")) or logical
    end = parse_time(facts.get("data_interval_end")) or logical
    run_conf = json.loads(facts.get("conf_json") or "{}") or {}
    params = json.loads(facts.get("params_json") or "{}") or {}
    dag_id, task_id, run_id = facts.get("dag_id", ""), facts.get("task_id", ""), facts.get("run_id", "")
    run = Record("dag_run", dag_id=dag_id, run_id=run_id, conf=run_conf, logical_date=logical, execution_date=logical,
                 data_interval_start=start, data_interval_end=end, run_type=facts.get("run_type", ""),
                 run_after=parse_time(facts.get("run_after")), external_trigger=facts.get("run_type") == "manual",
                 queued_at=parse_time(facts.get("dag_run_queued_at")),
                 start_date=parse_time(facts.get("dag_run_start_date")), end_date=None, state="running")
    dag = Record("dag", dag_id=dag_id, fileloc=facts.get("fileloc", ""),
                 folder=os.path.dirname(facts.get("fileloc") or ""), _load=lambda: load()[0])
    task = Record("task", task_id=task_id, dag_id=dag_id, owner=facts.get("owner", "airflow"), dag=dag,
                  _load=lambda: load()[1])
    tries = facts.get("try_number", 1)
    instance = TaskInstance("task_instance", dag_id=dag_id, task_id=task_id, run_id=run_id, try_number=tries,
                            max_tries=facts.get("max_tries", 0), map_index=facts.get("map_index", -1),
                            dag_run=run, task=task, execution_date=logical, logical_date=logical,
                            state="running", start_date=_now(), end_date=None, duration=None,
                            log_url=facts.get("log_url", ""), hostname=os.uname().nodename)
    context = {
        "conf": conf, "conn": _Missing("conn"), "dag": dag, "dag_run": run, "inlets": [], "outlets": [],
        "macros": macros, "map_index_template": None, "params": params, "run_id": run_id, "task": task,
        "task_instance": instance, "ti": instance, "test_mode": False, "exception": None, "templates_dict": None,
        "expanded_ti_count": None, "task_reschedule_count": 0,
        "var": types.SimpleNamespace(value=variable.Accessor(False), json=variable.Accessor(True)),
    }
    if "previous_success" in facts:  # else no template of the task was seen to name them
        success = facts["previous_success"] or {}
        context.update({name: parse_time(success.get(known)) for name, known in PREVIOUS_SUCCESS.items()})
    if logical is not None:
        before, after = (parse_time(facts.get(f"{name}_logical_date")) for name in ("prev", "next"))
        context.update(_date_names(logical, start, end, before, after))
        key_date = context["ds_nodash"]
    else:
        key_date = run_id  # ds and its relatives do not exist in a run without a logical date
    context["task_instance_key_str"] = f"{dag_id}__{task_id}__{key_date}"
    return context


def _date_names(logical, start, end, previous, following):
    names = {"logical_date": logical, "execution_date": logical, "data_interval_start": start,
             "data_interval_end": end, "next_execution_date": following, "prev_execution_date": previous,
             "ts": logical.isoformat(), "ts_nodash": _ts_nodash(logical),
             "ts_nodash_with_tz": _ts_nodash_with_tz(logical), "end_date": _ds(logical), "latest_date": _ds(logical)}
    for name, when in (("ds", logical), ("next_ds", following), ("prev_ds", previous),
                       ("yesterday_ds", logical - _DAY), ("tomorrow_ds", logical + _DAY)):
        names[name] = None if when is None else _ds(when)
        names[name + "_nodash"] = None if when is None else _nodash(_ds(when))
    return names


class _Environment(jinja2.sandbox.SandboxedEnvironment):
    """As Airflow's: names with one underscore may be used, those with two may not."""

    def is_safe_attribute(self, obj, attr, value):
        return not attr.startswith("__")


def make_environment(folders, dag=None, cls=None):
    """The Jinja environment of a DAG: its macros, filters and settings over the standard ones. cls: another class."""
    options = {"undefined": jinja2.StrictUndefined, "extensions": ["jinja2.ext.do"], "cache_size": 0}
    if dag is not None:
        folders = [os.path.join(os.path.dirname(dag.fileloc), os.fspath(path)) for path in dag.template_searchpath] \
            + folders
        if dag.template_undefined is not None:
            options["undefined"] = dag.template_undefined
        options.update(dag.jinja_environment_kwargs or {})
    environment = (cls or _Environment)(loader=jinja2.FileSystemLoader(folders), **options)
    environment.filters.update(FILTERS)
    if dag is not None:
        environment.globals.update(dag.user_defined_macros or {})
        environment.filters.update(dag.user_defined_filters or {})
    return environment
