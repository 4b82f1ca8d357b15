"""@task and its kin: a function becomes a task where it is called."""

import functools
import inspect
import re
import typing

from gale import context, profile
from gale.exceptions import AirflowSkipException
from gale.mapped import MappedOperator, argument_names, expand_arguments, expand_kwargs
from gale.operator import BASE_ARGUMENTS, BaseOperator, UnknownArgument
from gale.operators import BashOperator
from gale.python_operators import (BranchExternalPythonOperator, BranchPythonOperator, BranchPythonVirtualenvOperator,
                                   ExternalPythonOperator, PythonOperator, PythonVirtualenvOperator,
                                   ShortCircuitOperator, determine_kwargs)
from gale.sensors import PokeReturnValue, PythonSensor
from gale.xcom_arg import XComArg

# Of the context: what a decorated function may name without being given it.
CONTEXT_KEYS = frozenset((
    "conf", "conn", "dag", "dag_run", "data_interval_end", "data_interval_start", "ds", "ds_nodash",
    "exception", "execution_date", "expanded_ti_count", "inlet_events", "inlets", "logical_date", "macros",
    "map_index_template", "next_ds", "next_ds_nodash", "next_execution_date", "outlet_events", "outlets", "params",
    "prev_data_interval_end_success", "prev_data_interval_start_success", "prev_ds", "prev_ds_nodash",
    "prev_end_date_success", "prev_execution_date", "prev_execution_date_success", "prev_start_date_success",
    "reason", "run_id", "start_date", "task", "task_instance", "task_instance_key_str", "task_reschedule_count",
    "templates_dict", "test_mode", "ti", "tomorrow_ds", "tomorrow_ds_nodash", "triggering_asset_events",
    "triggering_dataset_events", "try_number", "ts", "ts_nodash", "ts_nodash_with_tz", "var", "yesterday_ds",
    "yesterday_ds_nodash"))


def get_unique_task_id(task_id, dag=None, task_group=None):
    """task_id, or task_id__1, __2, ... if it is taken."""
    dag = dag or context.current_dag()
    group = task_group or (context.current_group(dag) if dag else None)
    if dag is None:
        return task_id

    def full(name):
        return group.child_id(name) if group else name
    if not dag.is_id_used(full(task_id)):
        return task_id
    core = re.split(r"__\d+$", task_id)[0]
    number = 1
    while dag.is_id_used(full(f"{core}__{number}")):
        number += 1
    return f"{core}__{number}"


def _fits(function, args, kwargs):
    """Raises TypeError if the function cannot be called so, the context's names given."""
    signature = inspect.signature(function)
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = [parameter.replace(default=None) if name in CONTEXT_KEYS and parameter.default is parameter.empty
                  and parameter.kind not in variadic else parameter
                  for name, parameter in signature.parameters.items()]
    seen_default = False
    for number, parameter in enumerate(parameters):  # a name without a default may not follow one that has
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            if seen_default and parameter.default is parameter.empty:
                if parameter.name not in kwargs and number >= len(args):
                    raise TypeError(f"missing a required argument: {parameter.name!r}")
                parameters[number] = parameter.replace(default=None)
            seen_default = seen_default or parameters[number].default is not parameter.empty
    signature.replace(parameters=parameters).bind(*args, **kwargs)


class DecoratedOperator(BaseOperator):
    """What every decorated task has: the function, its arguments, an id of the function's name."""

    template_fields = ("op_args", "op_kwargs")
    custom_operator_name = "@task"

    def __init__(self, *, python_callable, task_id, op_args=None, op_kwargs=None, kwargs_to_upstream=None,
                 multiple_outputs=False, **kwargs):
        if not getattr(self, "_own_id", False):
            task_id = get_unique_task_id(task_id, kwargs.get("dag"), kwargs.get("task_group"))
        op_args, op_kwargs = list(op_args or ()), dict(op_kwargs or {})
        _fits(python_callable, op_args, op_kwargs)
        super().__init__(task_id=task_id, python_callable=python_callable, op_args=op_args, op_kwargs=op_kwargs,
                         multiple_outputs=multiple_outputs, **kwargs)


class _DecoratedPython(DecoratedOperator, PythonOperator):
    template_fields = PythonOperator.template_fields
    custom_operator_name = "@task"


class _DecoratedBranch(DecoratedOperator, BranchPythonOperator):
    template_fields = PythonOperator.template_fields
    custom_operator_name = "@task.branch"


class _DecoratedShortCircuit(DecoratedOperator, ShortCircuitOperator):
    template_fields = PythonOperator.template_fields
    custom_operator_name = "@task.short_circuit"


class _DecoratedVirtualenv(DecoratedOperator, PythonVirtualenvOperator):
    template_fields = PythonVirtualenvOperator.template_fields
    custom_operator_name = "@task.virtualenv"


class _DecoratedExternalPython(DecoratedOperator, ExternalPythonOperator):
    template_fields = ExternalPythonOperator.template_fields
    custom_operator_name = "@task.external_python"


class _DecoratedBranchVirtualenv(DecoratedOperator, BranchPythonVirtualenvOperator):
    template_fields = PythonVirtualenvOperator.template_fields
    custom_operator_name = "@task.branch_virtualenv"


class _DecoratedBranchExternal(DecoratedOperator, BranchExternalPythonOperator):
    template_fields = ExternalPythonOperator.template_fields
    custom_operator_name = "@task.branch_external_python"


class _DecoratedSensor(DecoratedOperator, PythonSensor):
    template_fields = PythonSensor.template_fields
    custom_operator_name = "@task.sensor"

    def poke(self, context):
        found = super().poke(context, whole=True)
        return found if isinstance(found, PokeReturnValue) else PokeReturnValue(bool(found))


class _BashArguments(BashOperator):
    """Takes the function for BashOperator, whose command it will make."""

    def __init__(self, *, python_callable, op_args, op_kwargs, bash_command="", **kwargs):
        super().__init__(bash_command=bash_command, **kwargs)
        self.python_callable = python_callable
        self.op_args = op_args
        self.op_kwargs = op_kwargs


class _DecoratedBash(DecoratedOperator, _BashArguments):
    """The function returns the command."""

    template_fields = ("op_args", "op_kwargs", *BashOperator.template_fields)
    custom_operator_name = "@task.bash"

    def execute(self, context):
        from gale.rendering import render_one
        given = determine_kwargs(self.python_callable, self.op_args, {**context, **self.op_kwargs})
        command = self.python_callable(*self.op_args, **given)
        if not isinstance(command, str) or not command.strip():
            raise TypeError("the function of a @task.bash must return a command, a string that is not empty")
        self.bash_command = command
        render_one(self, "bash_command", context)
        return super().execute(context)


class TaskDecorator:
    """@task's result: called, it makes a task; and it has override(), partial(), expand() and expand_kwargs()."""

    is_task_decorator = True

    def __init__(self, function, operator_class, kwargs, multiple_outputs=None):
        if isinstance(function, (staticmethod, classmethod)):
            raise TypeError(f"@task cannot be put on {type(function).__name__}s")
        if inspect.isclass(function):
            raise TypeError("@task wants a function, not a class")
        self.function = function
        self.operator_class = operator_class
        self.kwargs = dict(kwargs)
        self._outputs = multiple_outputs
        self.kwargs.setdefault("task_id", getattr(function, "__name__", type(function).__name__))
        self.is_setup = self.kwargs.pop("is_setup", False)
        self.is_teardown = self.kwargs.pop("is_teardown", False)
        self.on_failure_fail_dagrun = self.kwargs.pop("on_failure_fail_dagrun", False)
        functools.update_wrapper(self, function, updated=())
        _check_known(operator_class, self.kwargs)

    @property
    def multiple_outputs(self):
        if self._outputs is not None:
            return self._outputs
        try:
            said = typing.get_type_hints(self.function).get("return")
        except Exception:  # a hint that names what is not there is no reason to fail
            return False
        origin = typing.get_origin(said) or said
        return isinstance(origin, type) and issubclass(origin, dict) or typing.is_typeddict(said)

    def _settings(self):
        return {**self.kwargs, "python_callable": self.function, "multiple_outputs": self.multiple_outputs}

    def __call__(self, *args, **kwargs):
        task = self.operator_class(op_args=args, op_kwargs=kwargs, **self._settings())
        if self.function.__doc__ and not task.doc_md:
            task.doc_md = inspect.cleandoc(self.function.__doc__)
        return self._finish(task)

    def _finish(self, task):
        if self.is_setup:
            task.as_setup()
        if self.is_teardown:
            task.as_teardown(on_failure_fail_dagrun=self.on_failure_fail_dagrun)
        return XComArg(task)

    def override(self, **kwargs):
        changed = {**self.kwargs, "is_setup": self.is_setup, "is_teardown": self.is_teardown,
                   "on_failure_fail_dagrun": self.on_failure_fail_dagrun, **kwargs}
        outputs = changed.pop("multiple_outputs", self._outputs)
        return type(self)(self.function, self.operator_class, changed, outputs)

    def partial(self, **kwargs):
        self._check_arguments("partial", kwargs)
        return _PartialTask(self, kwargs)

    def expand(self, **mapped):
        return _PartialTask(self, {}).expand(**mapped)

    def expand_kwargs(self, kwargs, *, strict=True):
        return _PartialTask(self, {}).expand_kwargs(kwargs, strict=strict)

    def _check_arguments(self, what, kwargs):
        parameters = inspect.signature(self.function).parameters
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
            return
        unknown = sorted(set(kwargs) - set(parameters))
        if unknown:
            raise TypeError(f"{self.function.__name__}.{what}() got an unexpected keyword argument {unknown[0]!r}")

    def __get__(self, instance, owner=None):
        return self if instance is None else functools.partial(self, instance)


def _check_known(operator_class, kwargs):
    unknown = sorted(set(kwargs) - argument_names(operator_class) - BASE_ARGUMENTS)
    if unknown and profile.current() != "1.10":
        raise UnknownArgument(f"task {kwargs['task_id']!r}: {operator_class.custom_operator_name} has no argument "
                              + ", ".join(map(repr, unknown)))


class _PartialTask:
    """@task's partial(...): some of the function's arguments."""

    def __init__(self, decorator, kwargs):
        self._decorator = decorator
        self._kwargs = kwargs

    def partial(self, **kwargs):
        return _PartialTask(self._decorator, {**self._kwargs, **kwargs})

    def expand(self, **mapped):
        function = self._decorator.function.__name__
        self._decorator._check_arguments("expand", mapped)
        twice = sorted(set(mapped) & set(self._kwargs))
        if twice:
            raise TypeError(f"{function}: {twice[0]!r} is in both partial() and expand()")
        return self._mapped(expand_arguments(function, mapped))

    def expand_kwargs(self, kwargs, *, strict=True):
        return self._mapped(expand_kwargs(self._decorator.function.__name__, kwargs))

    def _mapped(self, expand_input):
        decorator = self._decorator
        settings = decorator._settings()
        settings["task_id"] = get_unique_task_id(settings["task_id"], settings.get("dag"), settings.get("task_group"))

        def make(mapped, defaults):
            plain = {name: value for name, value in settings.items() if name not in ("dag", "task_group")}
            plain["default_args"] = defaults
            return decorator.operator_class(op_args=[], op_kwargs={**self._kwargs, **mapped}, **plain)
        task = MappedOperator.of(decorator.operator_class, {**settings, "op_kwargs": self._kwargs}, expand_input, make)
        return decorator._finish(task)


def task_decorator_factory(python_callable=None, *, multiple_outputs=None, decorated_operator_class=None, **kwargs):
    """What providers' decorators are made with."""
    if python_callable is not None and not callable(python_callable):
        raise TypeError("no positional arguments here: @task(task_id=...), with keywords")

    def decorate(function):
        return TaskDecorator(function, decorated_operator_class, kwargs, multiple_outputs)
    return decorate if python_callable is None else decorate(python_callable)


def _decorator(operator_class):
    def make(python_callable=None, multiple_outputs=None, **kwargs):
        return task_decorator_factory(python_callable, multiple_outputs=multiple_outputs,
                                      decorated_operator_class=operator_class, **kwargs)
    return make


def _conditional(skips_if, name):
    """@task.run_if(condition) and @task.skip_if(condition), over another @task."""
    def make(condition, skip_message=None):
        def decorate(decorated):
            if not isinstance(decorated, TaskDecorator):
                raise TypeError(f"@task.{name} goes over a @task, so that it stands above it")

            def before(ctx):
                if bool(condition(ctx)) is skips_if:
                    raise AirflowSkipException(skip_message or f"skipped by @task.{name}")
            earlier = decorated.kwargs.get("pre_execute")

            def pre_execute(ctx):
                before(ctx)
                if earlier is not None:
                    earlier(ctx)
            return decorated.override(pre_execute=pre_execute)
        return decorate
    return make


class TaskDecoratorCollection:
    """`task` itself: @task, @task(...), @task.bash, ..."""

    python = staticmethod(_decorator(_DecoratedPython))
    branch = staticmethod(_decorator(_DecoratedBranch))
    short_circuit = staticmethod(_decorator(_DecoratedShortCircuit))
    sensor = staticmethod(_decorator(_DecoratedSensor))
    bash = staticmethod(_decorator(_DecoratedBash))
    virtualenv = staticmethod(_decorator(_DecoratedVirtualenv))
    external_python = staticmethod(_decorator(_DecoratedExternalPython))
    branch_virtualenv = staticmethod(_decorator(_DecoratedBranchVirtualenv))
    branch_external_python = staticmethod(_decorator(_DecoratedBranchExternal))
    run_if = staticmethod(_conditional(False, "run_if"))
    skip_if = staticmethod(_conditional(True, "skip_if"))

    def __call__(self, python_callable=None, multiple_outputs=None, **kwargs):
        return self.python(python_callable, multiple_outputs=multiple_outputs, **kwargs)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        from gale.plugins import missing_decorator, provider_decorator
        found = provider_decorator(name)
        if found is None:
            raise AttributeError(missing_decorator(name))
        return found


task = TaskDecoratorCollection()
python_task = task.python


def setup(function):
    """@setup, over a function or a @task."""
    decorated = function if isinstance(function, TaskDecorator) else task(function)
    return decorated.override(is_setup=True)


def teardown(function=None, *, on_failure_fail_dagrun=False):
    def decorate(inner):
        decorated = inner if isinstance(inner, TaskDecorator) else task(inner)
        return decorated.override(is_teardown=True, on_failure_fail_dagrun=on_failure_fail_dagrun)
    return decorate if function is None else decorate(function)
