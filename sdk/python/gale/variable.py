"""Variables: AIRFLOW_VAR_NAME or GALE_VAR_NAME in the environment, then the store's, which running tasks ask for."""

import json
import os

from gale import masking, task_state

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
                return cls._read(key, text, deserialize_json)
        try:
            said = task_state.ask({"type": "GetVariable", "key": key})
        except task_state.SupervisorError as error:
            if error.error != "VARIABLE_NOT_FOUND":
                raise
            said = None
        if said is not None and said.get("value") is not None:
            return cls._read(key, said["value"], deserialize_json)
        for fallback in (default_var, default):
            if fallback is not _UNSET:
                return fallback
        raise KeyError(f"Variable {key} does not exist: set it by `gale variables set {key} VALUE`, or as "
                       f"AIRFLOW_VAR_{key.upper()} in the environment, or give a default")

    @staticmethod
    def _read(key, text, deserialize_json):
        if masking.is_secret_name(key):
            task_state.mask(text, key)
        if not deserialize_json:
            return text
        try:
            return json.loads(text)
        except ValueError as error:
            raise ValueError(f"variable {key!r} is not JSON: {error}") from None

    @staticmethod
    def set(key, value, description=None, serialize_json=False):
        if task_state.supervisor is None:
            raise RuntimeError(f"variables are set by running tasks, not while a file is read (variable {key!r})")
        task_state.ask({"type": "PutVariable", "key": key, "description": description,
                        "value": json.dumps(value, indent=2) if serialize_json else str(value)})

    @staticmethod
    def delete(key):
        if task_state.supervisor is None:
            raise RuntimeError(f"variables are deleted by running tasks, not while a file is read (variable {key!r})")
        return int(bool(task_state.ask({"type": "DeleteVariable", "key": key}).get("ok")))

    @classmethod
    def update(cls, key, value, serialize_json=False, session=None):
        cls.get(key)
        cls.set(key, value, serialize_json=serialize_json)

    @classmethod
    def setdefault(cls, key, default, description=None, deserialize_json=False):
        found = cls.get(key, default_var=None, deserialize_json=deserialize_json)
        if found is None and task_state.supervisor is not None:
            cls.set(key, default, description=description, serialize_json=deserialize_json)
        return default if found is None else found


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
