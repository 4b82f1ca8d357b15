"""DAG and task parameters: names with default values, and a JSON schema that the trigger form shows."""

import copy

from gale.exceptions import ParamValidationError

_UNSET = object()


class Param:
    """One parameter. `schema` is every further keyword (type=, enum=, minimum=, ...)."""

    def __init__(self, default=_UNSET, description=None, schema=None, source=None, **kwargs):
        self._default = default
        self.description = description
        self.schema = {**(schema or {}), **kwargs}

    @property
    def has_value(self):
        return self._default is not _UNSET

    @property
    def value(self):
        return None if self._default is _UNSET else self._default

    default = value

    def resolve(self, value=_UNSET, suppress_exception=False):
        value = self._default if value is _UNSET else value
        if value is _UNSET:
            if suppress_exception:
                return None
            raise ParamValidationError("No value passed and Param has no default value")
        return value

    def dump(self):
        return {"value": self.value, "description": self.description, "schema": self.schema}


class ParamsDict(dict):
    """name -> Param; reading a name gives its value, as templates and DAG files expect."""

    def __init__(self, values=None, suppress_exception=False):
        super().__init__()
        self.update(values or {})

    def __setitem__(self, name, value):
        super().__setitem__(name, value if isinstance(value, Param) else Param(value))

    def __getitem__(self, name):
        return super().__getitem__(name).resolve(suppress_exception=True)

    def __copy__(self):
        return ParamsDict({name: param for name, param in super().items()})

    def __deepcopy__(self, memo):
        return ParamsDict({name: copy.deepcopy(param, memo) for name, param in super().items()})

    def get(self, name, default=None):
        return self[name] if name in self else default

    def get_param(self, name):
        return super().__getitem__(name)

    def params(self):
        """(name, Param) pairs, where items() gives (name, value)."""
        return super().items()

    def items(self):
        return [(name, self[name]) for name in self]

    def values(self):
        return [self[name] for name in self]

    def update(self, *args, **kwargs):
        for mapping in (*args, kwargs):
            pairs = mapping.params() if isinstance(mapping, ParamsDict) else dict(mapping).items()
            for name, value in pairs:
                self[name] = value

    def dump(self):
        return dict(self.items())

    def validate(self):
        return self.dump()
