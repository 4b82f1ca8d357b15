"""Mapped tasks: Operator.partial(...).expand(...). What they are mapped over stays data: the master counts the
elements, and an instance gets its own when it starts."""

import collections.abc
import inspect

from gale import context
from gale.enums import TriggerRule
from gale.exceptions import AirflowException
from gale.operator import BASE_ARGUMENTS, BaseOperator, UnknownArgument
from gale.xcom_arg import XCOM_RETURN_KEY, XComArg, iterate, resolved_elements


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

    def length(self, look_up):
        """How many elements there are. A dict or list of arguments makes the product of them all."""
        product = 1
        for source in self.sources:
            product *= len(resolved_elements(source, look_up))
        return product

    def element(self, index, look_up):
        """The arguments (name -> value) of the instance `index`; the last argument varies fastest."""
        if self.arguments is None:
            found = resolved_elements(self.kwargs, look_up)[index]
            found = found.resolve(look_up) if isinstance(found, XComArg) else found
            if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
                raise AirflowException(f"expand_kwargs() wants a dict of arguments for each instance, "
                                       f"not {type(found).__name__} at {index}")
            return found
        values = {}
        for name, source in reversed(self.arguments.items()):
            found = resolved_elements(source, look_up)
            index, at = divmod(index, len(found))
            values[name] = found[at]
        return {name: values[name] for name in self.arguments}


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
    return {name: parameter.default for cls in operator_class.__mro__
            if cls not in (BaseOperator, object) and "__init__" in cls.__dict__
            for name, parameter in inspect.signature(cls.__init__).parameters.items()
            if name != "self" and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)}


def argument_names(operator_class):
    """Every argument that the class takes by name."""
    return BASE_ARGUMENTS | set(own_arguments(operator_class))


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
        return self._mapped(expand_input)

    def expand_kwargs(self, kwargs, *, strict=True):
        expand_input = expand_kwargs(self.what, kwargs)
        self._check("expand_kwargs", expand_input.names(), strict)
        return self._mapped(expand_input)

    def _mapped(self, expand_input):
        self.never_mapped = False
        return MappedOperator.of(self.operator_class, self.kwargs, expand_input)

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
        twice = sorted(set(names) & (taken | BASE_ARGUMENTS - set(self._own)))
        if twice:
            why = "partial() gives it, too" if twice[0] in self.kwargs else \
                "it is the same for all instances: give it in partial()"
            raise TypeError(f"{self.what}.{function}(): unmappable or already specified argument: {twice[0]} ({why})")


class MappedOperator(BaseOperator):
    """One task of the DAG with an instance for each element. What all of them share stands in `partial_kwargs`."""

    @classmethod
    def of(cls, operator_class, partial_kwargs, expand_input, make=None):
        """make: builds the task of one instance from its arguments; else the class is called with all of them."""
        base = {name: value for name, value in partial_kwargs.items() if name in BASE_ARGUMENTS}
        task = cls(operator_class=operator_class, partial_kwargs=partial_kwargs, expand_input=expand_input, make=make,
                   **base)
        check_trigger_rule(task, expand_input)
        group = task.task_group
        while group is not None:
            if group.expand_input is not None:
                raise NotImplementedError(f"task {task.task_id!r} is in the mapped task group {group.group_id!r}, "
                                          "and cannot be mapped itself: map the group over both")
            group = group.parent_group
        return task

    def __init__(self, *, operator_class, partial_kwargs, expand_input, make=None, **base):
        super().__init__(**base)
        self._class = operator_class
        self._make = make
        self.partial_kwargs = dict(partial_kwargs)
        self.expand_input = expand_input
        self.template_fields = operator_class.template_fields
        self.template_ext = operator_class.template_ext
        self.python_callable = partial_kwargs.get("python_callable")
        shared = {name: value for name, value in partial_kwargs.items() if name not in BASE_ARGUMENTS}
        for arg in iterate([shared, expand_input.sources]):
            arg.set_downstream(self)

    @property
    def operator_class(self):
        return self._class

    @property
    def task_type(self):
        return self._class.__name__

    @property
    def operator_name(self):
        return getattr(self._class, "custom_operator_name", None) or self.task_type

    def given(self, name):
        """What all instances have for the class's own argument `name`: said in partial(), in default_args, or not."""
        if name in self.partial_kwargs:
            return self.partial_kwargs[name]
        default = own_arguments(self._class)[name]
        return self._defaults.get(name, None if default is inspect.Parameter.empty else default)

    def unmap(self, mapped):
        """The task of one instance, whose own arguments are `mapped`: of the same id and edges, in the same DAG."""
        arguments = {**self.partial_kwargs, **mapped}
        with context.aside():  # it isn't another task of the DAG that may be open
            task = self._make(mapped, self._defaults) if self._make else self._class(
                **{**_undecorated(arguments), "default_args": self._defaults})
        for name in ("dag", "task_group", "task_id", "label", "params", "own_params", "upstream_task_ids",
                     "downstream_task_ids", "is_setup", "is_teardown"):
            object.__setattr__(task, name, getattr(self, name))
        return task

    def execute(self, context):
        raise AirflowException(f"{self.task_id}: a mapped task runs by its instances (unmap)")


def _undecorated(arguments):
    """Without what puts the task in a DAG."""
    return {name: value for name, value in arguments.items() if name not in ("dag", "task_group")}


def check_trigger_rule(task, expand_input):
    """Refuses a task that would not wait for what makes its instances."""
    if expand_input.references() and task.trigger_rule in (TriggerRule.ALWAYS, "dummy"):
        raise ValueError(f"task {task.task_id!r} is mapped over what a task returns, so its trigger rule cannot be "
                         "'always': it has to wait for that")
