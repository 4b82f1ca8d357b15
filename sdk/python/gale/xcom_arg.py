"""What a task will return, as an argument of another task: XComArg and its map, zip and concat."""

import itertools

from gale.dependencies import Node
from gale.exceptions import AirflowException

XCOM_RETURN_KEY = "return_value"
_UNSET = object()


class XComArg(Node):
    """A value that is known once its task has run. As an argument it makes the edge by itself."""

    def __new__(cls, operator=None, key=XCOM_RETURN_KEY):
        return super().__new__(PlainXComArg if cls is XComArg else cls)

    def references(self):
        """The tasks whose results it is made of."""
        raise NotImplementedError

    def resolve(self, look_up):
        """Its value; look_up(task, key) gives a task's own (of a mapped one: all of them)."""
        raise NotImplementedError

    def first_tasks(self):
        return [task for task in self.references() for task in task.first_tasks()]

    def last_tasks(self):
        return [task for task in self.references() for task in task.last_tasks()]

    @property
    def roots(self):
        return self.first_tasks()

    leaves = roots

    def map(self, f):
        return MapXComArg(self, [f])

    def zip(self, *others, fillvalue=_UNSET):
        return ZipXComArg([self, *others], fillvalue)

    def concat(self, *others):
        return ConcatXComArg([self, *others])

    def as_setup(self):
        for task in self.references():
            task.as_setup()
        return self

    def as_teardown(self, *, setups=None, on_failure_fail_dagrun=None):
        for task in self.references():
            task.as_teardown(setups=setups, on_failure_fail_dagrun=bool(on_failure_fail_dagrun))
        return self

    def __enter__(self):
        for task in self.references():
            task.__enter__()
        return self

    def __exit__(self, *exc_info):
        for task in self.references():
            task.__exit__(*exc_info)

    @staticmethod
    def iter_xcom_references(value):
        """(task, key) of every result that `value` is made of."""
        return ((arg.operator, arg.key) for arg in iterate(value) if isinstance(arg, PlainXComArg))

    def iter_references(self):
        return self.iter_xcom_references(self)

    @staticmethod
    def apply_upstream_relationship(downstream, value):
        for arg in iterate(value):
            arg.set_downstream(downstream)


class PlainXComArg(XComArg):
    """The result of one task, or one key of it: `task.output`, `task()["key"]`."""

    def __init__(self, operator, key=XCOM_RETURN_KEY):
        self.operator = operator
        self.key = key

    def references(self):
        return [self.operator]

    def resolve(self, look_up):
        return look_up(self.operator, self.key)

    def __getitem__(self, key):
        if not isinstance(key, str):
            raise ValueError(f"a task's result has names, not {key!r}: XComArg[...] wants a string")
        return PlainXComArg(self.operator, key)

    def __iter__(self):
        raise TypeError("a task's result is not there yet, so it cannot be iterated over; use .expand()")

    def __eq__(self, other):
        return isinstance(other, PlainXComArg) and (self.operator, self.key) == (other.operator, other.key)

    def __hash__(self):
        return hash((id(self.operator), self.key))

    def __str__(self):
        """The template that reads it."""
        key = "" if self.key == XCOM_RETURN_KEY else f", key={self.key!r}"
        dag = f", dag_id={self.operator.dag_id!r}"
        return "{{ task_instance.xcom_pull(task_ids=" + f"{self.operator.task_id!r}{dag}{key}" + ") }}"

    def __repr__(self):
        return f"XComArg({self.operator!r})" if self.key == XCOM_RETURN_KEY else \
            f"XComArg({self.operator!r}, {self.key!r})"

    def concat(self, *others):
        return ConcatXComArg([self, *others])


def _check_source(arg, what):
    if getattr(arg, "key", XCOM_RETURN_KEY) != XCOM_RETURN_KEY:
        raise ValueError(f"cannot {what} a task's key {arg.key!r}, only what it returns")


class MapXComArg(XComArg):
    """Each element through the functions, as the instance that gets it starts."""

    def __init__(self, arg, callables):
        _check_source(arg, "map over")
        for function in callables:
            if getattr(function, "is_task_decorator", False) or isinstance(function, Node):
                raise ValueError("map() wants a plain function, not an @task")
        self.arg = arg
        self.callables = callables

    def references(self):
        return self.arg.references()

    def map(self, f):
        return MapXComArg(self.arg, [*self.callables, f])

    def resolve(self, look_up):
        return _Mapped(elements(self.arg.resolve(look_up)), self.callables)


class _Mapped:
    """A list whose elements are made when they are asked for: an instance calls the functions for its own."""

    def __init__(self, values, callables):
        self._values = values
        self._callables = callables

    def __len__(self):
        return len(self._values)

    def __getitem__(self, index):
        value = self._values[index]
        for function in self._callables:
            value = function(value)
        return value

    def __iter__(self):
        return (self[index] for index in range(len(self)))


class ZipXComArg(XComArg):
    def __init__(self, args, fillvalue=_UNSET):
        if not args:
            raise ValueError("zip() wants at least one argument")
        for arg in args:
            _check_source(arg, "zip")
        self.args = args
        self.fillvalue = fillvalue

    @property
    def has_fill(self):
        return self.fillvalue is not _UNSET

    def references(self):
        return [task for arg in self.args if isinstance(arg, XComArg) for task in arg.references()]

    def resolve(self, look_up):
        sources = [resolved_elements(arg, look_up) for arg in self.args]
        if self.has_fill:
            return list(itertools.zip_longest(*sources, fillvalue=self.fillvalue))
        return list(zip(*sources))


class ConcatXComArg(XComArg):
    def __init__(self, args):
        for arg in args:
            _check_source(arg, "concatenate")
        self.args = args

    def references(self):
        return [task for arg in self.args if isinstance(arg, XComArg) for task in arg.references()]

    def concat(self, *others):
        return ConcatXComArg([*self.args, *others])

    def resolve(self, look_up):
        return [value for arg in self.args for value in resolved_elements(arg, look_up)]


class GroupArgument(XComArg):
    """An argument of a mapped task group's function: known for each index of the group."""

    def __init__(self, group, name):
        self.group = group
        self.name = name

    def references(self):
        return self.group.expand_input.references()

    def set_downstream(self, other, edge_modifier=None):
        """The group's own edges say it; a task inside waits for the group's first tasks anyway."""
        super().set_downstream(other, edge_modifier)

    def resolve(self, look_up):
        return look_up(self.group, self.name)

    def __str__(self):
        raise TypeError(f"{self.name!r} of the mapped task group {self.group.group_id!r} is another value in each of "
                        f"its instances: give it whole, as env={{'X': {self.name}}}, and not within a text")

    def __repr__(self):
        return f"GroupArgument({self.group.group_id!r}, {self.name!r})"


def elements(value):
    """What a mapped task has an instance for each of: a list's elements, or a dict's (name, value) pairs."""
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, (str, bytes)) or not hasattr(value, "__len__") or not hasattr(value, "__getitem__"):
        raise AirflowException(f"only a list or a dict can be mapped over, not {type(value).__name__} ({value!r:.100})")
    return value


def resolved_elements(arg, look_up):
    return elements(arg.resolve(look_up) if isinstance(arg, XComArg) else arg)


def iterate(value, depth=20):
    """Every XComArg in `value`: itself, or in lists, tuples, sets, dicts and objects with template_fields."""
    if isinstance(value, XComArg):
        yield value
    elif depth == 0 or isinstance(value, (str, bytes, int, float, Node)):
        return
    elif isinstance(value, dict):
        for item in (*value.keys(), *value.values()):
            yield from iterate(item, depth - 1)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from iterate(item, depth - 1)
    elif isinstance(getattr(type(value), "template_fields", None), (list, tuple)):
        for name in value.template_fields:
            yield from iterate(getattr(value, name, None), depth - 1)


def replace(value, look_up):
    """`value` with each XComArg in it (lists, tuples, sets and dicts) as what it stands for."""
    if isinstance(value, XComArg):
        found = value.resolve(look_up)
        return list(found) if isinstance(found, _Mapped) else found
    if isinstance(value, dict) and type(value) is dict:
        return {key: replace(item, look_up) for key, item in value.items()}
    if type(value) in (list, tuple, set):
        return type(value)(replace(item, look_up) for item in value)
    return value
