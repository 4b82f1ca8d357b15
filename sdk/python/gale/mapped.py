"""Mapped tasks: Operator.partial(...).expand(...). What they are mapped over stays data: the master counts the
elements, and an instance gets its own when it starts."""

import collections.abc
import inspect

from gale import context
from gale.enums import TriggerRule
from gale.operator import BASE_ARGUMENTS, BaseOperator, UnknownArgument
from gale.xcom_arg import XCOM_RETURN_KEY, XComArg, iterate


class ExpandInput:
    """What makes the elements: {name: list, dict or XComArg}, or (kwargs) one list of dicts or XComArg."""

    def __init__(self, arguments=None, kwargs=None):
        self.arguments = arguments
        self.kwargs = kwargs

    @property
    def sources(self):
        return list(self.arguments.values()) if self.arguments is not None else [self.kwargs]

    def references(self):
        return [task for arg in iterate(self.sources) for task in arg.references()]

    def names(self):
        """The arguments that are known to be mapped; of a task's result as expand_kwargs() nothing is."""
        if self.arguments is not None:
            return set(self.arguments)
        literal = self.kwargs if isinstance(self.kwargs, list) else []
        return {name for element in literal if isinstance(element, dict) for name in element}


def expand_arguments(what, arguments):
    """The ExpandInput of expand(**arguments). `what` names it in complaints."""
    if not arguments:
        raise TypeError(f"{what}.expand() got no arguments to expand against")
    for name, value in arguments.items():
        mappable = isinstance(value, (XComArg, collections.abc.Mapping, collections.abc.Sequence))
        if not mappable or isinstance(value, (str, bytes)):
            raise ValueError(f"{what}.expand() got an unexpected type {type(value).__name__!r} for keyword argument "
                             f"{name}: it wants a list, a dict, or what a task returns")
        _check_key(what, value)
    return ExpandInput(arguments=dict(arguments))


def expand_kwargs(what, kwargs):
    """The ExpandInput of expand_kwargs(kwargs)."""
    if isinstance(kwargs, XComArg):
        _check_key(what, kwargs)
        return ExpandInput(kwargs=kwargs)
    if not isinstance(kwargs, collections.abc.Sequence) or isinstance(kwargs, (str, bytes)):
        raise TypeError(f"{what}.expand_kwargs() wants a list of dicts or what a task returns, "
                        f"not {type(kwargs).__name__}")
    for number, element in enumerate(kwargs):
        if not isinstance(element, (collections.abc.Mapping, XComArg)):
            raise TypeError(f"{what}.expand_kwargs() wants a dict of arguments for each instance, "
                            f"not {type(element).__name__} at {number}")
        wrong = next((name for name in element if not isinstance(name, str)), None) \
            if isinstance(element, collections.abc.Mapping) else None
        if wrong is not None:
            raise ValueError(f"{what}.expand_kwargs(): the names of arguments must be strings, and {wrong!r} "
                             f"at {number} is none")
    return ExpandInput(kwargs=list(kwargs))


def _check_key(what, value):
    if getattr(value, "key", XCOM_RETURN_KEY) != XCOM_RETURN_KEY:
        raise ValueError(f"{what}: only what a task returns can be mapped over, not its key {value.key!r}")


def own_arguments(operator_class):
    """The arguments that the class has beside every operator's: only these differ from instance to instance."""
    return {name: parameter.default for cls in operator_class.__mro__ if issubclass(cls, BaseOperator)
            and cls is not BaseOperator and "__init__" in cls.__dict__
            for name, parameter in inspect.signature(cls.__init__).parameters.items()
            if name != "self" and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)}


class OperatorPartial:
    """What Operator.partial(...) gives: the arguments that all instances share."""

    def __init__(self, operator_class, kwargs):
        self.operator_class = operator_class
        self.kwargs = kwargs
        self.never_mapped = True
        self._own = own_arguments(operator_class)
        self._refuse_unknown("partial", kwargs)
        if "task_id" not in kwargs:
            raise TypeError(f"{operator_class.__name__}.partial() wants a task_id")
        context.partials.append(self)

    def expand(self, **mapped):
        expand_input = expand_arguments(self.what, mapped)
        self._check("expand", mapped)
        return mapped_task(self, expand_input)

    def expand_kwargs(self, kwargs, *, strict=True):
        expand_input = expand_kwargs(self.what, kwargs)
        self._check("expand_kwargs", expand_input.names(), strict)
        return mapped_task(self, expand_input)

    @property
    def what(self):
        return f"{self.operator_class.__name__}.partial(task_id={self.kwargs['task_id']!r})"

    def _refuse_unknown(self, function, names):
        unknown = sorted(set(names) - set(self._own) - BASE_ARGUMENTS)
        if unknown:
            raise UnknownArgument(f"{self.operator_class.__name__}.{function}() got "
                                  + ("an unexpected keyword argument " if len(unknown) == 1 else
                                     "unexpected keyword arguments ") + ", ".join(map(repr, unknown)))

    def _check(self, function, names, strict=True):
        self._refuse_unknown(function, names)
        taken = set(self.kwargs) if strict else set()
        twice = sorted(set(names) & (taken | BASE_ARGUMENTS))
        if twice:
            why = "partial() gives it, too" if twice[0] in self.kwargs else \
                "it is the same for all instances: give it in partial()"
            raise TypeError(f"{self.what}.{function}(): unmappable or already specified argument: {twice[0]} ({why})")


class MappedOperator(BaseOperator):
    """One task of the DAG with an instance for each element. What all of them share are its attributes."""

    def __init__(self, *, partial, expand_input, **shared):
        super().__init__(**shared)
        self._class = partial.operator_class
        self.expand_input = expand_input
        self.template_fields = self._class.template_fields
        self.template_ext = self._class.template_ext
        own = own_arguments(self._class)
        for name, default in own.items():
            setattr(self, name, partial.kwargs.get(name, self._defaults.get(
                name, None if default is inspect.Parameter.empty else default)))
        for arg in iterate([[getattr(self, name) for name in own], expand_input.sources]):
            arg.set_downstream(self)

    @property
    def operator_class(self):
        return self._class

    @property
    def task_type(self):
        return self._class.__name__

    operator_name = task_type


def check_trigger_rule(task, expand_input):
    """Refuses a task that would not wait for what makes its instances."""
    if expand_input.references() and task.trigger_rule in (TriggerRule.ALWAYS, "dummy"):
        raise ValueError(f"task {task.task_id!r} is mapped over what a task returns, so its trigger rule cannot be "
                         "'always': it has to wait for that")


def mapped_task(partial, expand_input):
    base = {name: value for name, value in partial.kwargs.items() if name in BASE_ARGUMENTS}
    task = MappedOperator(partial=partial, expand_input=expand_input, **base)
    partial.never_mapped = False
    check_trigger_rule(task, expand_input)
    group = task.task_group
    while group is not None:
        if group.expand_input is not None:
            raise NotImplementedError(f"task {task.task_id!r} is in the mapped task group {group.group_id!r}, "
                                      "and cannot be mapped itself: map the group over both")
        group = group.parent_group
    return task
