"""DAG: a set of tasks, when they run, and their limits."""

import copy
import datetime
import functools
import inspect
import json
import os

from gale import context, profile, timezone
from gale.exceptions import AirflowDagCycleException, AirflowException, DuplicateTaskIdFound, TaskNotFound
from gale.operator import as_time, check_id
from gale.params import Param, ParamsDict
from gale.task_group import TaskGroup

_UNSET = object()


class DagParam:
    """A DAG parameter as an argument of a task: written out, it is the template that reads it."""

    def __init__(self, name, dag=None):
        self.name = name
        self.dag = dag

    def resolve(self, context):
        return context["params"][self.name]

    def iter_references(self):
        return iter(())

    def __str__(self):
        return "{{ params." + self.name + " }}"


class DAG:
    """Takes the union of the arguments of Airflow 1.10, 2 and 3. Those after `end_date` in the last group
    are accepted and mean nothing to Gale."""

    def __init__(self, dag_id, description=None, schedule=_UNSET, *, schedule_interval=_UNSET, timetable=_UNSET,
                 start_date=None, end_date=None, template_searchpath=None, template_undefined=None,
                 user_defined_macros=None, user_defined_filters=None, default_args=None,
                 concurrency=None, max_active_tasks=None, max_active_runs=None, max_consecutive_failed_dag_runs=0,
                 dagrun_timeout=None, catchup=None, doc_md=None, params=None, is_paused_upon_creation=None,
                 jinja_environment_kwargs=None, render_template_as_native_obj=False, tags=None,
                 auto_register=True, fail_stop=False, fail_fast=False,
                 on_success_callback=None, on_failure_callback=None, sla_miss_callback=None, deadline=None,
                 full_filepath=None, default_view=None, orientation=None, access_control=None, owner_links=None,
                 dag_display_name=None, allowed_run_types=None, disable_bundle_versioning=None,
                 rerun_with_latest_version=None):
        self.dag_id = check_id("dag_id", dag_id)
        frame = context.users_frame()
        self.fileloc = os.path.abspath(frame.f_code.co_filename)
        self.made_at_module_level = frame.f_code.co_name == "<module>"
        given = [value for value in (schedule, schedule_interval, timetable) if value is not _UNSET]
        if len(given) > 1:
            raise AirflowException(f"DAG {dag_id!r}: give only one of schedule, schedule_interval and timetable")
        self._schedule = given[0] if given else _UNSET
        self.description = description
        self.default_args = dict(default_args or {})
        self.start_date = as_time(start_date, f"DAG {dag_id!r}: start_date")
        self.end_date = as_time(end_date, f"DAG {dag_id!r}: end_date")
        self.template_searchpath = [template_searchpath] if isinstance(template_searchpath, (str, os.PathLike)) \
            else list(template_searchpath or [])
        self.template_undefined = template_undefined
        self.user_defined_macros = user_defined_macros
        self.user_defined_filters = user_defined_filters
        self.jinja_environment_kwargs = jinja_environment_kwargs
        self.render_template_as_native_obj = render_template_as_native_obj
        self.max_active_tasks = concurrency if max_active_tasks is None else max_active_tasks
        self.max_active_runs = max_active_runs
        self.max_consecutive_failed_dag_runs = max_consecutive_failed_dag_runs
        self.dagrun_timeout = dagrun_timeout
        self._catchup = catchup
        self.doc_md = doc_md
        self.params = ParamsDict(copy.copy(self.default_args.get("params")))
        self.params.update(params or {})
        self.is_paused_upon_creation = is_paused_upon_creation
        self.tags = [tags] if isinstance(tags, str) else list(tags or [])
        self.auto_register = auto_register
        self.fail_fast = fail_fast or fail_stop
        self.on_success_callback, self.on_failure_callback = on_success_callback, on_failure_callback
        self.sla_miss_callback, self.deadline = sla_miss_callback, deadline
        self.dag_display_name = dag_display_name or dag_id
        self.access_control, self.owner_links = access_control, dict(owner_links or {})
        self.is_subdag = False
        self.ignored_arguments = [name for name, value in (
            ("on_success_callback", on_success_callback), ("on_failure_callback", on_failure_callback),
            ("sla_miss_callback", sla_miss_callback), ("deadline", deadline), ("access_control", access_control),
            ("allowed_run_types", allowed_run_types)) if value]
        self.task_dict = {}
        self.task_group_dict = {}
        self.edge_info = {}  # task_id -> task_id downstream of it -> {"label"}

    # What hangs on the profile, or has two names.

    @property
    def schedule(self):
        if self._schedule is not _UNSET:
            return self._schedule
        return None if profile.current() == "3" else datetime.timedelta(days=1)

    @schedule.setter
    def schedule(self, value):
        self._schedule = value

    schedule_interval = timetable = schedule

    @property
    def catchup(self):
        if self._catchup is not None:
            return bool(self._catchup)
        said = os.environ.get("GALE_CATCHUP_BY_DEFAULT")  # [scheduler] catchup_by_default, if it is set
        return said == "1" if said in ("0", "1") else profile.current() != "3"

    @catchup.setter
    def catchup(self, value):
        self._catchup = value

    @property
    def concurrency(self):
        return self.max_active_tasks

    @concurrency.setter
    def concurrency(self, value):
        self.max_active_tasks = value

    @property
    def fail_stop(self):
        return self.fail_fast

    @fail_stop.setter
    def fail_stop(self, value):
        self.fail_fast = value

    @property
    def first_date(self):
        """Where the calendar starts: the DAG's start_date, else default_args', else the earliest task's."""
        own = self.start_date or as_time(self.default_args.get("start_date"), f"DAG {self.dag_id!r}: start_date")
        return own or min((task.start_date for task in self.tasks if task.start_date), default=None)

    @property
    def timezone(self):
        """The tzinfo in which cron expressions are read: that of the start date, else the default."""
        return getattr(self.first_date, "tzinfo", None) or timezone.default()

    # Tasks.

    @property
    def tasks(self):
        return list(self.task_dict.values())

    @property
    def task_ids(self):
        return list(self.task_dict)

    @property
    def task_count(self):
        return len(self.task_dict)

    @property
    def roots(self):
        return [task for task in self.tasks if not task.upstream_task_ids]

    @property
    def leaves(self):
        return [task for task in self.tasks if not task.downstream_task_ids]

    @property
    def owner(self):
        return ", ".join(sorted({task.owner for task in self.tasks}))

    @property
    def changes_templates(self):
        """Whether templates of this DAG render otherwise than those of a DAG that says nothing about it."""
        return bool(self.user_defined_macros or self.user_defined_filters or self.template_searchpath
                    or self.template_undefined or self.jinja_environment_kwargs)

    @property
    def folder(self):
        return os.path.dirname(self.fileloc)

    filepath = full_filepath = property(lambda self: self.fileloc)

    def is_id_used(self, node_id):
        return node_id in self.task_dict or node_id in self.task_group_dict

    def add_task(self, task):
        """Makes `task` one of this DAG's; DuplicateTaskIdFound if its id is taken."""
        if self.task_dict.get(task.task_id) is task:
            return
        if self.is_id_used(task.task_id):
            raise DuplicateTaskIdFound(f"task_id {task.task_id!r} is already used in DAG {self.dag_id!r}")
        if task.dag is not None and task.dag is not self:
            raise AirflowException(f"task {task.task_id!r} is already in DAG {task.dag.dag_id!r}, "
                                   f"so it cannot be in {self.dag_id!r} too")
        task.dag = self
        self.task_dict[task.task_id] = task
        if task.task_group is not None and task.task_group.dag is self:
            task.task_group.children.append(task)

    def add_tasks(self, tasks):
        for task in tasks:
            self.add_task(task)

    def has_task(self, task_id):
        return task_id in self.task_dict

    def get_task(self, task_id, include_subdags=False):
        if task_id not in self.task_dict:
            raise TaskNotFound(f"task {task_id!r} not found in DAG {self.dag_id!r}")
        return self.task_dict[task_id]

    def param(self, name, default=_UNSET):
        if default is not _UNSET or name not in self.params:
            self.params[name] = None if default is _UNSET else default
        return DagParam(name, self)

    def set_dependency(self, upstream_task_id, downstream_task_id):
        self.get_task(upstream_task_id).set_downstream(self.get_task(downstream_task_id))

    def get_edge_info(self, upstream_task_id, downstream_task_id):
        return self.edge_info.get(upstream_task_id, {}).get(downstream_task_id, {})

    def set_edge_info(self, upstream_task_id, downstream_task_id, info):
        self.edge_info.setdefault(upstream_task_id, {})[downstream_task_id] = info

    def get_dagrun(self, execution_date=None, run_id=None, **kwargs):
        from gale.models import DagRun
        found = DagRun.find(self.dag_id, run_id=run_id, execution_date=execution_date)
        return found[0] if found else None

    def following_schedule(self, dttm):
        """The next tick after `dttm`, of schedules of a fixed length; None of others."""
        delta = self.schedule if isinstance(self.schedule, datetime.timedelta) else {
            "@hourly": datetime.timedelta(hours=1), "@daily": datetime.timedelta(days=1),
            "@weekly": datetime.timedelta(weeks=1)}.get(self.schedule) if isinstance(self.schedule, str) else None
        return None if delta is None else dttm + delta

    @property
    def normalized_schedule_interval(self):
        return self.schedule

    @property
    def teardowns(self):
        return [task for task in self.tasks if task.is_teardown]

    @property
    def setups(self):
        return [task for task in self.tasks if task.is_setup]

    @property
    def task_group(self):
        """What stands for the DAG itself as the outermost group, which has no id."""
        return context.current_group(self)

    def partial_subset(self, *args, **kwargs):
        raise AirflowException("Gale's DAG has no partial_subset()")

    def check_cycle(self):
        """AirflowDagCycleException that names the tasks, if they form a cycle."""
        order, on_path = [], {}  # an explicit stack: a chain may be longer than Python's recursion limit
        done = set()
        for root in self.task_dict:
            stack = [] if root in done else [(root, iter(sorted(self.task_dict[root].downstream_task_ids)))]
            if stack:
                on_path[root] = None
            while stack:
                task_id, rest = stack[-1]
                following = next(rest, None)
                if following is None:
                    stack.pop()
                    del on_path[task_id]
                    done.add(task_id)
                    order.append(task_id)
                elif following in on_path:
                    path = list(on_path)
                    cycle = path[path.index(following):] + [following]
                    raise AirflowDagCycleException(f"DAG {self.dag_id!r}: the tasks form a cycle: "
                                                   + " -> ".join(cycle))
                elif following not in done:
                    on_path[following] = None
                    stack.append((following, iter(sorted(self.task_dict[following].downstream_task_ids))))
        return order[::-1]

    def topological_sort(self):
        return tuple(self.task_dict[task_id] for task_id in self.check_cycle())

    def __enter__(self):
        context.push_dag(self)
        return self

    def __exit__(self, *exc_info):
        context.pop_dag()

    def cli(self):
        """`python file.py`: prints the DAG as Gale understands it, or fails with what is wrong."""
        from gale.serialize import serialize_dag
        print(json.dumps(serialize_dag(self), indent=2, ensure_ascii=False))

    def test(self, execution_date=None, run_conf=None, conn_file_path=None, variable_file_path=None, *,
             logical_date=None, run_after=None, use_executor=False, mark_success_pattern=None, **kwargs):
        """Runs the whole DAG in this process, without a server. Returns the run, with its `state`."""
        from gale.dag_test import run_dag
        return run_dag(self, logical_date=logical_date or execution_date or run_after, conf=run_conf,
                       connections_file=conn_file_path, variables_file=variable_file_path,
                       mark_success_pattern=mark_success_pattern)

    run = test

    def clear(self, *args, **kwargs):
        """Of `dag.clear(); dag.run()` at a file's end: there is nothing to clear without a server."""

    def __repr__(self):
        return f"<DAG: {self.dag_id}>"


def dag(dag_id=None, description=None, **kwargs):
    """@dag or @dag(...): the function's body makes the tasks; calling it makes and registers the DAG."""

    def decorate(function):
        @functools.wraps(function)
        def factory(*args, **kw):
            name = dag_id if isinstance(dag_id, str) else function.__name__
            signature = inspect.signature(function)
            bound = signature.bind_partial(*args, **kw)
            settings = {"doc_md": inspect.getdoc(function), **kwargs}
            with DAG(name, description, **settings) as made:
                made.fileloc = os.path.abspath(function.__code__.co_filename)
                arguments = {}
                for parameter in signature.parameters.values():
                    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                        continue
                    default = None if parameter.default is parameter.empty else parameter.default
                    value = bound.arguments.get(parameter.name, made.params.get(parameter.name, default))
                    arguments[parameter.name] = made.param(parameter.name, value)
                function(**arguments)
            return made
        return factory

    if callable(dag_id):
        return decorate(dag_id)
    return decorate


ScheduleInterval = object  # used in annotations


def check_cycle(made):
    made.check_cycle()


class DagContext:
    """The DAG that is open."""

    @staticmethod
    def get_current_dag():
        return context.current_dag()

    push_context_managed_dag = staticmethod(context.push_dag)
    pop_context_managed_dag = staticmethod(context.pop_dag)


__all__ = ["DAG", "DagContext", "DagParam", "Param", "TaskGroup", "dag"]
