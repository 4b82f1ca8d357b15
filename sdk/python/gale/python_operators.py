"""Operators that run a Python function, and those that decide what comes after them."""

import inspect
import logging

from gale.exceptions import AirflowException, DownstreamTasksSkipped
from gale.operator import BaseOperator
from gale.virtualenv import FunctionElsewhere, environment_for

log = logging.getLogger("airflow.task")


def determine_kwargs(function, args, context):
    """Of `context` (name -> value), what the function takes beside the positional `args`."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some builtins say nothing about themselves
        return {}
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        taken = [parameter.name for parameter in parameters
                 if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)][:len(args)]
        return {name: value for name, value in context.items() if name not in taken}
    named = [parameter.name for parameter in parameters if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD,
                                                                             parameter.KEYWORD_ONLY)]
    return {name: context[name] for name in named[len(args):] if name in context}


class KeywordParameters:
    """What a call of a function is given, by the names that it takes."""

    def __init__(self, kwargs):
        self._kwargs = kwargs

    @classmethod
    def determine(cls, function, args, kwargs):
        return cls(determine_kwargs(function, args, kwargs))

    def unpacking(self):
        return dict(self._kwargs)


class SkipMixin:
    """Which tasks are skipped: the end is an exception that says so."""

    def skip(self, dag_run=None, tasks=(), map_index=-1, **kwargs):
        """Skips these tasks (1.10's skip(dag_run, execution_date, tasks) as well)."""
        if tasks:
            raise DownstreamTasksSkipped(tasks=[task.task_id for task in tasks])

    def skip_all_except(self, ti, branch_task_ids):
        """Skips what comes after this task directly, but what was chosen or comes after that."""
        chosen = branch_task_ids
        if chosen is None:
            chosen = []
        elif isinstance(chosen, str) or not hasattr(chosen, "__iter__"):
            chosen = [chosen]
        chosen = list(chosen)
        wrong = next((task_id for task_id in chosen if not isinstance(task_id, str)), None)
        if wrong is not None:
            raise AirflowException(f"a branch returns a task_id, a list of them or None, not {branch_task_ids!r}")
        dag = self.dag
        chosen = [name for task_id in chosen for name in _expand_group(dag, task_id)]
        unknown = sorted(set(chosen) - set(dag.task_ids))
        if unknown:
            raise AirflowException(
                f"the branch chose {', '.join(map(repr, unknown))}, which DAG {dag.dag_id!r} does not have; in a task "
                "group a task's id begins with the group's")
        kept = set(chosen)
        for task_id in chosen:
            kept |= dag.get_task(task_id).get_flat_relative_ids()
        skipped = [task.task_id for task in self.downstream_list if task.task_id not in kept]
        log.info("follows %s; skips %s", chosen or "nothing", skipped or "nothing")
        if skipped:
            raise DownstreamTasksSkipped(tasks=skipped)


def _expand_group(dag, task_id):
    group = dag.task_group_dict.get(task_id)
    return [task.task_id for task in group.first_tasks()] if group else [task_id]


class BranchMixIn(SkipMixin):
    def do_branch(self, context, branches_to_execute):
        context["ti"].xcom_push(key="skipmixin_key", value={"followed": branches_to_execute})
        self._push_return(context, branches_to_execute)
        self.skip_all_except(context["ti"], branches_to_execute)
        return branches_to_execute

    def _push_return(self, context, value):
        # The skip ends execute() as an exception, so what it returns is pushed before.
        if self.do_xcom_push and value is not None:
            context["ti"].xcom_push(key="return_value", value=value)


class PythonOperator(BaseOperator):
    """Calls `python_callable(*op_args, **op_kwargs)`, with those of the context's names that it takes."""

    template_fields = ("templates_dict", "op_args", "op_kwargs")
    template_fields_renderers = {"templates_dict": "json", "op_args": "py", "op_kwargs": "py"}
    ui_color = "#ffefeb"
    BLUE = ui_color

    def __init__(self, *, python_callable, op_args=None, op_kwargs=None, templates_dict=None, templates_exts=None,
                 show_return_value_in_logs=True, **kwargs):
        super().__init__(**kwargs)
        if not callable(python_callable):
            raise AirflowException(f"task {self.task_id!r}: python_callable must be a function, "
                                   f"not {python_callable!r}")
        self.python_callable = python_callable
        self.op_args = () if op_args is None else op_args
        self.op_kwargs = {} if op_kwargs is None else op_kwargs
        self.templates_dict = templates_dict
        self.show_return_value_in_logs = show_return_value_in_logs
        if templates_exts:
            self.template_ext = templates_exts

    def execute(self, context):
        values = {**context, **self.op_kwargs}
        if self.templates_dict is not None:
            values["templates_dict"] = self.templates_dict
        self.op_kwargs = self.determine_kwargs(values)
        returned = self.execute_callable()
        if self.show_return_value_in_logs:
            log.info("Done. Returned value was: %s", returned)
        else:
            log.info("Done. Returned value not shown")
        return returned

    def determine_kwargs(self, context):
        return determine_kwargs(self.python_callable, self.op_args, context)

    def execute_callable(self):
        function = self.python_callable
        if inspect.iscoroutinefunction(function):
            import asyncio
            return asyncio.run(function(*self.op_args, **self.op_kwargs))
        if inspect.isgeneratorfunction(function):
            return _drained(function(*self.op_args, **self.op_kwargs))
        return function(*self.op_args, **self.op_kwargs)


def _drained(generator):
    """Runs a generator to its end; what it yields of assets goes to outlet_events. Returns what it returns."""
    from gale import task_state
    from gale.assets import Metadata
    while True:
        try:
            found = next(generator)
        except StopIteration as end:
            return end.value
        if isinstance(found, Metadata) and task_state.current_context is not None:
            task_state.current_context["outlet_events"].take(found)


class BranchPythonOperator(BranchMixIn, PythonOperator):
    """The function returns the task_id (or a list of them) that is followed; the rest is skipped."""

    def execute(self, context):
        return self.do_branch(context, super().execute(context))


class ShortCircuitOperator(SkipMixin, PythonOperator):
    """A false result skips everything behind it; or only what directly follows, as their trigger rules have it."""

    def __init__(self, *, ignore_downstream_trigger_rules=True, **kwargs):
        super().__init__(**kwargs)
        self.ignore_downstream_trigger_rules = ignore_downstream_trigger_rules

    def execute(self, context):
        return self.short_circuit(context, super().execute(context))

    def short_circuit(self, context, condition):
        if condition:
            return condition
        if self.do_xcom_push and condition is not None:
            context["ti"].xcom_push(key="return_value", value=condition)
        relatives = self.get_flat_relatives() if self.ignore_downstream_trigger_rules else self.downstream_list
        skipped = [task.task_id for task in relatives if not task.is_teardown]
        if skipped:
            raise DownstreamTasksSkipped(tasks=skipped)
        return condition


class BaseBranchOperator(BranchMixIn, BaseOperator):
    """Subclasses say with choose_branch(context) what is followed."""

    def choose_branch(self, context):
        raise NotImplementedError(f"{type(self).__name__} has no choose_branch()")

    def execute(self, context):
        return self.do_branch(context, self.choose_branch(context))


class _ElsewhereOperator(PythonOperator):
    """The function's source is run by another interpreter: it sees its arguments only, and must import itself what it
    needs."""

    template_fields = ("requirements", "index_urls", *PythonOperator.template_fields)
    template_ext = (".txt",)

    def __init__(self, *, python_callable, string_args=None, use_dill=False, serializer=None, expect_airflow=True,
                 skip_on_exit_code=None, env_vars=None, inherit_env=True, expect_pendulum=None, **kwargs):
        if isinstance(python_callable, type(lambda: 0)) and python_callable.__name__ == "<lambda>":
            raise ValueError(f"{type(self).__name__} needs a function with a name, not a lambda")
        super().__init__(python_callable=python_callable, **kwargs)
        self.string_args = string_args or []
        self.serializer = serializer or ("dill" if use_dill else "pickle")
        self.skip_on_exit_code = skip_on_exit_code
        self.env_vars = env_vars
        self.inherit_env = inherit_env
        self.requirements = self.index_urls = None

    def interpreter(self):
        raise NotImplementedError

    def determine_kwargs(self, context):
        # What isn't plain data stays here: the other interpreter knows nothing of Gale.
        kept = {name: value for name, value in context.items()
                if name in self.op_kwargs or isinstance(value, (str, int, float, bool, type(None)))}
        if "params" in context:
            kept["params"] = dict(context["params"])
        return determine_kwargs(self.python_callable, self.op_args, kept)

    def execute_callable(self):
        return FunctionElsewhere(self).run(self.interpreter())


class PythonVirtualenvOperator(_ElsewhereOperator):
    """Runs the function in an environment made of `requirements`, which is kept for the next time."""

    def __init__(self, *, requirements=None, python_version=None, system_site_packages=True, pip_install_options=None,
                 venv_cache_path=None, index_urls=None, index_urls_connection_ids=None, **kwargs):
        super().__init__(**kwargs)
        self.requirements = [requirements] if isinstance(requirements, str) else list(requirements or [])
        self.python_version = python_version
        self.system_site_packages = system_site_packages
        self.pip_install_options = pip_install_options or []
        self.venv_cache_path = venv_cache_path
        self.index_urls = index_urls

    def interpreter(self):
        return environment_for(self)


class ExternalPythonOperator(_ElsewhereOperator):
    """Runs the function with the interpreter `python`."""

    template_fields = ("python", *_ElsewhereOperator.template_fields)

    def __init__(self, *, python, expect_airflow=True, **kwargs):
        if not python:
            raise ValueError("ExternalPythonOperator wants the path of an interpreter as `python`")
        super().__init__(**kwargs)
        self.python = python

    def interpreter(self):
        return str(self.python)


class BranchPythonVirtualenvOperator(BranchMixIn, PythonVirtualenvOperator):
    def execute(self, context):
        return self.do_branch(context, super().execute(context))


class BranchExternalPythonOperator(BranchMixIn, ExternalPythonOperator):
    def execute(self, context):
        return self.do_branch(context, super().execute(context))


def is_venv_installed():
    import importlib.util
    return importlib.util.find_spec("venv") is not None


def get_current_context():
    """The context of the task that runs in this process."""
    from gale import task_state
    if task_state.current_context is None:
        raise AirflowException("get_current_context() is for tasks that run: there is none here")
    return task_state.current_context
