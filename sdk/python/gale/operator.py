"""BaseOperator: what every task has in common, and how default_args reach it."""

import abc
import datetime as dt
import functools
import inspect
import logging
import re

from gale import context, profile, setup_teardown, timezone, xcom_arg
from gale.dependencies import Node
from gale.enums import TriggerRule, WeightRule
from gale.exceptions import AirflowException, TaskDeferred
from gale.params import ParamsDict
from gale.xcom_arg import XComArg

ID_CHARS_MAX = 250
DEFAULT_OWNER = "airflow"
DEFAULT_QUEUE = "default"
DEFAULT_POOL = "default_pool"
DEFAULT_RETRY_DELAY = dt.timedelta(seconds=300)

# Accepted with no effect. The loud ones change what happens in Airflow, so the file's author is told.
_IGNORED = frozenset((
    "provide_context", "logger_name", "allow_nested_operators", "render_template_as_native_obj",
    "xcom_push", "output_encoding", "adhoc", "subdag", "log_events_on_failure", "is_setup", "is_teardown",
    "on_failure_fail_dagrun", "max_concurrency"))
_IGNORED_LOUDLY = frozenset(("sla", "run_as_user", "wait_for_past_depends_before_skipping", "executor", "resources"))
CALLBACKS = ("on_execute_callback", "on_success_callback", "on_failure_callback", "on_retry_callback",
             "on_skipped_callback")
# Kept as they are said: for the task's own process, or for people.
_KEPT = {"email": None, "email_on_retry": True, "email_on_failure": True, "executor_config": None,
         "task_display_name": None, "map_index_template": None, "doc": None, "doc_json": None, "doc_yaml": None,
         "doc_rst": None, "pre_execute": None, "post_execute": None, "inlets": None, "outlets": None,
         "multiple_outputs": False, "show_return_value_in_logs": True, **dict.fromkeys(CALLBACKS)}


class UnknownArgument(AirflowException, TypeError):
    """An operator was given a keyword that it does not know."""


def check_id(kind, value):
    if not isinstance(value, str) or not re.fullmatch(r"[\w.-]+", value) or len(value) > ID_CHARS_MAX:
        raise AirflowException(f"{kind} {value!r} is not valid: use 1 to {ID_CHARS_MAX} letters, digits, "
                               "dashes, dots and underscores")
    return value


def as_timedelta(value, what):
    """A timedelta from itself or from a number of seconds; None stays None."""
    if value is None or isinstance(value, dt.timedelta):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return dt.timedelta(seconds=value)
    raise AirflowException(f"{what} must be a timedelta or a number of seconds, not {value!r}")


def as_retries(value, what):
    """A number of retries from whatever int() reads, as Airflow does; None is 0."""
    if value is None:
        return 0
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise AirflowException(f"{what} must be a whole number, not {value!r}") from None


def as_time(value, what):
    """A time with a zone from a datetime, a date or an ISO 8601 string; None stays None."""
    if isinstance(value, str):
        try:
            return timezone.parse(value)
        except ValueError as error:
            raise AirflowException(f"{what}: {error}") from None
    if value is None or isinstance(value, dt.date):
        if isinstance(value, dt.datetime) and value.tzinfo:
            return value
        value = timezone.convert_to_utc(value)
        return value and value.astimezone(timezone.default())  # the zone of cron expressions, too
    raise AirflowException(f"{what} must be a datetime, not {value!r}")


def _with_defaults(init):
    """Wraps an operator's __init__: arguments that the call omits come from default_args."""
    names = [name for name, parameter in inspect.signature(init).parameters.items()
             if name != "self" and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)]

    @functools.wraps(init)
    def wrapped(self, *args, **kwargs):
        if args:
            raise AirflowException(f"use keyword arguments only: {type(self).__name__}(task_id=...)")
        if "_defaults" not in self.__dict__:  # the outermost __init__ of the class chain
            self._defaults = _gather_defaults(kwargs)
        for name in names:
            if name not in kwargs and name in self._defaults:
                kwargs[name] = self._defaults[name]
        return init(self, **kwargs)

    return wrapped


def _gather_defaults(kwargs):
    group = kwargs.get("task_group")
    dag = kwargs.get("dag") or (group.dag if group else None) or context.current_dag()
    group = group or (context.current_group(dag) if dag else None)
    merged, params = {}, ParamsDict()
    chain = ([dag.default_args] if dag else []) + (group.default_args_chain() if group else [])
    for default_args in (*chain, kwargs.get("default_args") or {}):
        merged.update(default_args)
        params.update(default_args.get("params") or {})
    merged.pop("task_id", None)
    merged["params"] = params
    return merged


class _OperatorMeta(abc.ABCMeta):
    def __call__(cls, *args, **kwargs):
        task = super().__call__(*args, **kwargs)
        if isinstance(task.template_fields, str):
            raise AirflowException(f"{cls.__name__}.template_fields is the string {task.template_fields!r}; it must be "
                                   "a tuple or list of names: put a comma behind the only one")
        for name in task.template_fields:
            task._link_results(getattr(task, name, None))
        setup_teardown.made(task)
        task._complete = True
        return task

    def __new__(mcs, name, bases, namespace, **kwargs):
        if "__init__" in namespace:
            namespace["__init__"] = _with_defaults(namespace["__init__"])
        return super().__new__(mcs, name, bases, namespace, **kwargs)


class BaseOperator(Node, metaclass=_OperatorMeta):
    """One task. Takes the union of the arguments of Airflow 1.10, 2 and 3; unknown ones are refused."""

    template_fields = ()
    template_ext = ()
    expand_input = None  # of a mapped one: mapped.py
    ui_color = "#fff"
    ui_fgcolor = "#000"

    template_fields_renderers = {}
    operator_extra_links = ()
    shallow_copy_attrs = ()
    inherits_from_empty_operator = False
    supports_lineage = False
    _complete = False  # its constructors have all run

    def __init__(self, *, task_id, dag=None, task_group=None, default_args=None, owner=DEFAULT_OWNER,
                 retries=0, retry_delay=DEFAULT_RETRY_DELAY, retry_exponential_backoff=False, max_retry_delay=None,
                 lost_retries=0, start_date=None, end_date=None, depends_on_past=False, wait_for_downstream=False,
                 ignore_first_depends_on_past=True, params=None, priority_weight=1,
                 weight_rule=WeightRule.DOWNSTREAM, queue=DEFAULT_QUEUE, pool=None, pool_slots=1,
                 execution_timeout=None, trigger_rule=TriggerRule.ALL_SUCCESS, task_concurrency=None,
                 max_active_tis_per_dag=None, max_active_tis_per_dagrun=None, do_xcom_push=True, doc_md=None,
                 **kwargs):
        said = {**{name: value for name, value in self._defaults.items() if name in _IGNORED_LOUDLY}, **kwargs}
        self.ignored_arguments = sorted(name for name in said if name in _IGNORED_LOUDLY and said[name])
        self._refuse_unknown(task_id, kwargs)
        self.dag = None
        task_id = self._free_id(task_id, dag, task_group)
        dag = dag or (task_group.dag if task_group else None) or context.current_dag()
        self.task_group = (task_group or context.current_group(dag)) if dag else None
        self.label = check_id("task_id", task_id)
        self.task_id = self.task_group.child_id(task_id) if self.task_group else task_id
        self._keep(kwargs)
        self.owner = owner
        self.retries = as_retries(retries, f"task {task_id!r}: retries")
        self.retry_delay = retry_delay
        self.retry_exponential_backoff = retry_exponential_backoff
        self.max_retry_delay = max_retry_delay
        self.lost_retries = lost_retries
        self.start_date = as_time(start_date, f"task {task_id!r}: start_date")
        self.end_date = as_time(end_date, f"task {task_id!r}: end_date")
        self.depends_on_past = depends_on_past
        self.wait_for_downstream = wait_for_downstream
        self.ignore_first_depends_on_past = ignore_first_depends_on_past
        self.own_params = ParamsDict(self._defaults["params"])  # those that are not the DAG's
        self.own_params.update(params or {})
        self.params = ParamsDict(dag.params if dag else None)
        self.params.update(self.own_params)
        self.priority_weight = priority_weight
        self.weight_rule = weight_rule
        self.queue = queue
        self.pool = pool
        self.pool_slots = pool_slots
        self.execution_timeout = execution_timeout
        self.trigger_rule = trigger_rule
        self.max_active_tis_per_dag = max_active_tis_per_dag or task_concurrency
        self.max_active_tis_per_dagrun = max_active_tis_per_dagrun
        self.do_xcom_push = do_xcom_push
        self.doc_md = doc_md
        self.is_setup = self.is_teardown = self.on_failure_fail_dagrun = False
        self.upstream_task_ids = set()
        self.downstream_task_ids = set()
        if dag is not None:
            dag.add_task(self)

    @staticmethod
    def _free_id(task_id, dag, task_group):
        return task_id

    def _keep(self, kwargs):
        for name, default in _KEPT.items():
            value = kwargs.get(name, self._defaults.get(name, default))
            if name in ("inlets", "outlets"):
                value = [] if value is None else value if isinstance(value, list) else [value]
            elif name in CALLBACKS:
                value = [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]
            elif name in ("pre_execute", "post_execute"):
                name = f"_{name}_hook"
            elif name == "task_display_name":
                name, value = "_display_name", value
            setattr(self, name, value)

    def _refuse_unknown(self, task_id, kwargs):
        unknown = sorted(set(kwargs) - _IGNORED - _IGNORED_LOUDLY - set(_KEPT))
        if unknown and profile.current() == "1.10":  # which warned, and went on
            self.ignored_arguments += [f"{type(self).__name__}'s unknown argument {name}" for name in unknown]
        elif unknown:
            raise UnknownArgument(f"task {task_id!r}: {type(self).__name__} has no argument "
                                  + ", ".join(map(repr, unknown)))

    def asked_in_vain(self):
        """What its arguments ask for and Gale does not do."""
        mails = self.email and (self.email_on_failure or self.email_on_retry)
        return self.ignored_arguments + (["email (on failure or retry)"] if mails else [])

    @property
    def dag_id(self):
        return self.dag.dag_id if self.dag else f"adhoc_{self.owner}"

    @property
    def task_type(self):
        return type(self).__name__

    @property
    def operator_name(self):
        return getattr(self, "custom_operator_name", None) or self.task_type

    @property
    def task_display_name(self):
        return self._display_name or self.task_id

    @property
    def output(self):
        return XComArg(self)

    @property
    def log(self):
        return logging.getLogger(f"airflow.task.operators.{type(self).__module__}.{type(self).__name__}")

    logger = log

    @property
    def node_id(self):
        return self.task_id

    @property
    def operator_class(self):
        return type(self)

    @property
    def upstream_list(self):
        return [self.dag.get_task(task_id) for task_id in sorted(self.upstream_task_ids)]

    @property
    def downstream_list(self):
        return [self.dag.get_task(task_id) for task_id in sorted(self.downstream_task_ids)]

    def has_dag(self):
        return self.dag is not None

    def first_tasks(self):
        return [self]

    def last_tasks(self):
        return [self]

    def as_setup(self):
        setup_teardown.forget(self)
        self.is_setup = True
        return self

    def as_teardown(self, *, setups=None, on_failure_fail_dagrun=False):
        """Makes it the teardown of `setups`: it runs once they succeeded, whatever came between."""
        setup_teardown.forget(self)
        self.is_teardown = True
        self.trigger_rule = TriggerRule.ALL_DONE_SETUP_SUCCESS
        self.on_failure_fail_dagrun = on_failure_fail_dagrun
        for setup in setups if isinstance(setups, (list, tuple, set)) else [setups] if setups else []:
            for task in setup.first_tasks():
                task.is_setup = True
            setup.set_downstream(self)
        return self

    # As `with setup_task:` the tasks made inside are between it and its teardowns; see setup_teardown.

    def __enter__(self):
        setup_teardown.enter(self)
        return self

    def __exit__(self, *exc_info):
        setup_teardown.leave(self)

    @classmethod
    def partial(cls, **kwargs):
        from gale.mapped import OperatorPartial  # which is about classes of this one
        return OperatorPartial(cls, kwargs)

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)
        if self._complete and name in self.template_fields:
            self._link_results(value)

    def _link_results(self, value):
        """Edges from the tasks whose results `value` holds."""
        if context.is_aside():  # an instance of a mapped task, which has them already
            return
        for arg in xcom_arg.iterate(value):
            if any(task is not self for task in arg.references()):
                arg.set_downstream(self)

    def get_flat_relative_ids(self, upstream=False):
        found, rest = set(), [self]
        while rest:
            task = rest.pop()
            for task_id in (task.upstream_task_ids if upstream else task.downstream_task_ids) - found:
                found.add(task_id)
                rest.append(self.dag.get_task(task_id))
        return found

    def get_flat_relatives(self, upstream=False):
        return [self.dag.get_task(task_id) for task_id in sorted(self.get_flat_relative_ids(upstream))]

    def get_direct_relatives(self, upstream=False):
        return self.upstream_list if upstream else self.downstream_list

    @property
    def needs_process(self):
        """Whether functions of the file go with it, so that it wants a Python process, whatever it does itself."""
        return bool(self._pre_execute_hook or self._post_execute_hook
                    or any(getattr(self, name) for name in CALLBACKS))

    # What the task's own process calls.

    def pre_execute(self, context):
        if self._pre_execute_hook is not None:
            self._pre_execute_hook(context)

    def post_execute(self, context, result=None):
        if self._post_execute_hook is not None:
            self._post_execute_hook(context, result)

    def on_kill(self):
        """Called when the attempt is ended from outside."""

    def prepare_for_execution(self):
        return self

    def get_template_env(self, dag=None):
        from gale.rendering import environment_of
        return environment_of(dag or self.dag)

    def render_template(self, content, context, jinja_env=None, seen_oids=None):
        from gale.rendering import render_value
        return render_value(self, content, context, jinja_env)

    def render_template_fields(self, context, jinja_env=None):
        from gale.rendering import render_fields
        render_fields(self, context, jinja_env)

    def xcom_pull(self, context, task_ids=None, dag_id=None, key=xcom_arg.XCOM_RETURN_KEY, include_prior_dates=None,
                  **kwargs):
        return context["ti"].xcom_pull(task_ids=task_ids, dag_id=dag_id, key=key,
                                       include_prior_dates=include_prior_dates, **kwargs)

    def xcom_push(self, context, key, value, execution_date=None):
        context["ti"].xcom_push(key=key, value=value)

    def defer(self, *, trigger, method_name, kwargs=None, timeout=None):
        raise TaskDeferred(trigger=trigger, method_name=method_name, kwargs=kwargs, timeout=timeout)

    def resume_execution(self, next_method, next_kwargs, context):
        return getattr(self, next_method)(context, **(next_kwargs or {}))

    def dry_run(self):
        for name in self.template_fields:
            self.log.info("%s: %r", name, getattr(self, name, None))

    def execute(self, context):
        raise NotImplementedError(f"{type(self).__name__} has no execute()")

    def __repr__(self):
        return f"<Task({type(self).__name__}): {self.task_id}>"


BASE_ARGUMENTS = frozenset(name for name, parameter in inspect.signature(BaseOperator.__init__).parameters.items()
                           if parameter.kind is parameter.KEYWORD_ONLY) | _IGNORED | _IGNORED_LOUDLY | frozenset(_KEPT)


class BaseOperatorLink:
    """A link beside a task, for Airflow's UI; Gale shows none."""

    name = ""

    def get_link(self, operator, *, ti_key):
        return ""
