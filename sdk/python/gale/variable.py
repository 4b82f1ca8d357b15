"""Variables, read while a file is parsed or a template rendered: from the environment only."""

import json
import os

_UNSET = object()
PREFIXES = ("AIRFLOW_VAR_", "GALE_VAR_")


class Variable:
    """`Variable.get("x")` reads AIRFLOW_VAR_X or GALE_VAR_X; else the default; else KeyError."""

    def __init__(self, key=None, val=None, description=None):
        self.key = key
        self.val = val
        self.description = description

    @classmethod
    def get(cls, key, default_var=_UNSET, deserialize_json=False, *, default=_UNSET):
        for prefix in PREFIXES:
            text = os.environ.get(prefix + key.upper())
            if text is not None:
                return json.loads(text) if deserialize_json else text
        for fallback in (default_var, default):
            if fallback is not _UNSET:
                return fallback
        raise KeyError(f"Variable {key} does not exist: set AIRFLOW_VAR_{key.upper()} in the environment of the "
                       "DAG processor (Gale has no stored variables yet) or give a default")

    @staticmethod
    def set(key, value, description=None, serialize_json=False):
        raise NotImplementedError(f"Gale does not support Variable.set yet (variable {key!r})")

    @staticmethod
    def delete(key):
        raise NotImplementedError(f"Gale does not support Variable.delete yet (variable {key!r})")

    @classmethod
    def setdefault(cls, key, default, description=None, deserialize_json=False):
        return cls.get(key, default_var=default, deserialize_json=deserialize_json)


class Accessor:
    """`var.value.x`, `var.json.x` and `.get(name, default)` in templates."""

    def __init__(self, deserialize_json):
        self._json = deserialize_json

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Variable.get(name, deserialize_json=self._json)

    def __getitem__(self, name):
        return Variable.get(name, deserialize_json=self._json)

    def get(self, name, default_var=None, *, default=None):
        return Variable.get(name, default if default_var is None else default_var, deserialize_json=self._json)
