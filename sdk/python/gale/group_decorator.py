"""@task_group: a function whose tasks are a group, where it is called; and its expand()."""

import functools
import inspect

from gale.mapped import check_trigger_rule, expand_arguments, expand_kwargs
from gale.task_group import TaskGroup
from gale.xcom_arg import GroupArgument


class MappedTaskGroup(TaskGroup):
    """A group that is there once for each element of `expand_input`."""

    def __init__(self, *, expand_input, **kwargs):
        super().__init__(**kwargs)
        self.expand_input = expand_input

    def __exit__(self, *exc_info):
        super().__exit__(*exc_info)
        if exc_info[0] is not None:
            return
        for task in self.tasks():
            check_trigger_rule(task, self.expand_input)
        for before in self.expand_input.references():
            before.set_downstream(self)


class GroupDecorator:
    """What @task_group makes of a function."""

    def __init__(self, function, kwargs, given=None):
        self.function = function
        self.kwargs = {"group_id": function.__name__, **kwargs}
        self.given = given or {}
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args, **kwargs):
        with self._group(TaskGroup) as group:
            returned = self.function(*args, **{**self.given, **kwargs})
        return group if returned is None else returned

    def override(self, **kwargs):
        return GroupDecorator(self.function, {**self.kwargs, **kwargs}, self.given)

    def partial(self, **kwargs):
        self._check("partial", kwargs)
        return GroupDecorator(self.function, self.kwargs, {**self.given, **kwargs})

    def expand(self, **mapped):
        self._check("expand", mapped)
        return self._mapped(expand_arguments(self.function.__name__, mapped), mapped)

    def expand_kwargs(self, kwargs):
        expand_input = expand_kwargs(self.function.__name__, kwargs)
        self._check("expand_kwargs", expand_input.names())
        names = [parameter.name for parameter in self._parameters()
                 if parameter.name not in self.given and parameter.default is parameter.empty]
        return self._mapped(expand_input, dict.fromkeys([*names, *sorted(expand_input.names())]))

    def _group(self, cls, **more):
        settings = {"add_suffix_on_collision": True, "tooltip": inspect.getdoc(self.function) or "", **self.kwargs}
        return cls(**settings, **more)

    def _mapped(self, expand_input, names):
        with self._group(MappedTaskGroup, expand_input=expand_input) as group:
            self.function(**self.given, **{name: GroupArgument(group, name) for name in names})
        return group

    def _parameters(self):
        return [parameter for parameter in inspect.signature(self.function).parameters.values()
                if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)]

    def _check(self, what, names):
        unknown = sorted(set(names) - {parameter.name for parameter in self._parameters()})
        anything = any(parameter.kind is parameter.VAR_KEYWORD
                       for parameter in inspect.signature(self.function).parameters.values())
        if unknown and not anything:
            raise TypeError(f"{self.function.__name__}.{what}() got an unexpected keyword argument {unknown[0]!r}")
        twice = sorted(set(names) & set(self.given))
        if twice:
            raise TypeError(f"{self.function.__name__}.{what}(): argument {twice[0]!r} is given by partial() already")


def task_group(group_id=None, **kwargs):
    """@task_group or @task_group(group_id=..., tooltip=..., default_args=...)."""
    if callable(group_id):
        return GroupDecorator(group_id, kwargs)
    if group_id is not None:
        kwargs["group_id"] = group_id
    return lambda function: GroupDecorator(function, kwargs)
