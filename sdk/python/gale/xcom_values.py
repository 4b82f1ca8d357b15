"""What tasks give each other, as JSON: plain values as they are, others with their class's name.

{"__classname__": "datetime.datetime", "__version__": 1, "__data__": ...}, as Airflow's serialisation has it. What
cannot be written is a SerializationError that names the place. Only the classes below and dataclasses, attrs and
pydantic models are made again; nothing is unpickled.
"""

import base64
import collections
import dataclasses
import datetime as dt
import decimal
import enum
import importlib
import io
import json
import math
import uuid
import zoneinfo

from gale.exceptions import SerializationError

BYTES_MAX = 16 << 20  # of one value
DEPTH_MAX = 100
CLASS, VERSION, DATA = "__classname__", "__version__", "__data__"


def encode(value):
    """JSON (lists, dicts, texts, numbers) that decode() makes the value of again."""
    made = _encode(value, "the value", DEPTH_MAX)
    size = len(json.dumps(made))
    if size > BYTES_MAX:
        raise SerializationError(f"the value takes {size} bytes as JSON, more than {BYTES_MAX}; keep it in a file or "
                                 "an object store, and return where")
    return made


def _tagged(name, data):
    return {CLASS: name, VERSION: 1, DATA: data}


def _encode(value, where, depth):
    if type(value) in (type(None), bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else _tagged("builtins.float", repr(value))
    if depth == 0:
        raise SerializationError(f"{where} is nested too deeply, or holds itself")
    if type(value) is list:
        return [_encode(item, f"{where}[{number}]", depth - 1) for number, item in enumerate(value)]
    if type(value) is dict:
        return _dict(value, where, depth)
    for classes, write in _WRITERS:
        if isinstance(value, classes):
            name, data = write(value)
            return _tagged(name, _encode(data, where, depth - 1))
    return _other(value, where, depth)


def _dict(value, where, depth):
    wrong = next((key for key in value if not isinstance(key, (str, int, float, bool, type(None)))), None)
    if wrong is not None:
        raise SerializationError(f"{where}: a dict's keys must be texts or numbers, not {type(wrong).__name__}")
    made = {str(key) if not isinstance(key, enum.Enum) else str(key.value): _encode(item, f"{where}[{key!r}]",
                                                                                  depth - 1)
            for key, item in value.items()}
    return _tagged("builtins.dict", made) if CLASS in value else made


def _qualified(cls):
    return f"{cls.__module__}.{cls.__qualname__}"


def _other(value, where, depth):
    """numpy, pandas, dataclasses, attrs, pydantic, and what has serialize(); known without importing them."""
    cls = type(value)
    root = (cls.__module__ or "").partition(".")[0]
    if root == "numpy":
        if hasattr(value, "dtype") and cls.__name__ == "ndarray":
            return _tagged("numpy.ndarray", {"dtype": str(value.dtype), "shape": list(value.shape),
                                             "values": _encode(value.ravel().tolist(), where, depth - 1)})
        return _encode(value.item(), where, depth - 1)
    if root == "pandas" and hasattr(value, "to_parquet"):
        return _tagged("pandas.DataFrame", _parquet(value, where))
    if root == "pandas" and cls.__name__ == "Series":
        return _tagged("pandas.Series", _parquet(value.to_frame(name=str(value.name or 0)), where))
    if isinstance(value, enum.Enum):
        return _encode(value.value, where, depth - 1)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return _tagged(_qualified(cls), _encode(fields, where, depth - 1))
    if hasattr(cls, "__attrs_attrs__"):
        fields = {field.name: getattr(value, field.name) for field in cls.__attrs_attrs__}
        return _tagged(_qualified(cls), _encode(fields, where, depth - 1))
    if hasattr(cls, "model_dump") and hasattr(cls, "model_validate"):
        return _tagged(_qualified(cls), _encode(value.model_dump(), where, depth - 1))
    if callable(getattr(value, "serialize", None)) and hasattr(cls, "deserialize"):
        return _tagged(_qualified(cls), _encode(value.serialize(), where, depth - 1))
    if isinstance(value, (str, int, float, dict, list)):  # their subclasses, as what they are
        base = next(base for base in (str, int, float, dict, list) if isinstance(value, base))
        return _encode(base(value), where, depth - 1)
    if hasattr(value, "__len__") and hasattr(value, "__getitem__") and hasattr(value, "__iter__"):  # lazy sequences
        return _encode(list(value), where, depth - 1)
    raise SerializationError(f"{where} is a {_qualified(cls)}, which cannot be given to other tasks: return plain "
                             "data, a dataclass, a pydantic model, or where it is kept")


def _parquet(frame, where):
    file = io.BytesIO()
    try:
        frame.to_parquet(file)
    except ImportError:
        raise SerializationError(f"{where} is a pandas frame, which needs the package pyarrow: pip install pyarrow") \
            from None
    return base64.b64encode(file.getvalue()).decode()


def _zone(value):
    from gale import timezone
    try:
        return None if value.tzinfo is None else timezone.name_of(value.tzinfo)
    except ValueError:
        return None


def _datetime(value):
    name = "pendulum.datetime.DateTime" if type(value).__module__.startswith("pendulum") else "datetime.datetime"
    return name, {"iso": dt.datetime.isoformat(value), "zone": _zone(value)}


_WRITERS = (
    (dt.datetime, _datetime),
    (dt.date, lambda value: ("datetime.date", value.isoformat())),
    (dt.time, lambda value: ("datetime.time", value.isoformat())),
    (dt.timedelta, lambda value: ("datetime.timedelta", value.total_seconds())),
    (zoneinfo.ZoneInfo, lambda value: ("zoneinfo.ZoneInfo", value.key)),
    (decimal.Decimal, lambda value: ("decimal.Decimal", str(value))),
    (uuid.UUID, lambda value: ("uuid.UUID", str(value))),
    ((bytes, bytearray), lambda value: ("builtins.bytes", base64.b64encode(value).decode())),
    (tuple, lambda value: ("builtins.tuple", list(value))),
    (frozenset, lambda value: ("builtins.frozenset", sorted(value, key=repr))),
    (set, lambda value: ("builtins.set", sorted(value, key=repr))),
    (collections.deque, lambda value: ("builtins.list", list(value))),
)


def decode(value):
    """The value of what encode() made."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if CLASS not in value:
        return {key: decode(item) for key, item in value.items()}
    name, data = value[CLASS], value.get(DATA)
    if name == "builtins.dict":
        return {key: decode(item) for key, item in data.items()}
    if name in _READERS:
        return _READERS[name](decode(data))
    return _made_again(name, decode(data))


def _read_datetime(data):
    when = dt.datetime.fromisoformat(data["iso"])
    return when.astimezone(zoneinfo.ZoneInfo(data["zone"])) if data.get("zone") and when.tzinfo else when


def _read_pendulum(data):
    import pendulum
    return pendulum.instance(_read_datetime(data))


def _read_array(data):
    import numpy
    return numpy.array(data["values"], dtype=data["dtype"]).reshape(data["shape"])


def _read_frame(data):
    import pandas
    return pandas.read_parquet(io.BytesIO(base64.b64decode(data)))


_READERS = {
    "datetime.datetime": _read_datetime,
    "pendulum.datetime.DateTime": _read_pendulum,
    "datetime.date": dt.date.fromisoformat,
    "datetime.time": dt.time.fromisoformat,
    "datetime.timedelta": lambda data: dt.timedelta(seconds=data),
    "zoneinfo.ZoneInfo": zoneinfo.ZoneInfo,
    "decimal.Decimal": decimal.Decimal,
    "uuid.UUID": uuid.UUID,
    "builtins.bytes": base64.b64decode,
    "builtins.float": float,
    "builtins.tuple": tuple,
    "builtins.frozenset": frozenset,
    "builtins.set": set,
    "builtins.list": list,
    "numpy.ndarray": _read_array,
    "pandas.DataFrame": _read_frame,
    "pandas.Series": lambda data: _read_frame(data).iloc[:, 0],
}


def _made_again(name, data):
    """A dataclass, attrs class or pydantic model by its name; no other class is called."""
    module, _, attribute = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError):
        raise SerializationError(f"the class {name} of the value is not there") from None
    if isinstance(found, type):
        if hasattr(found, "model_validate"):
            return found.model_validate(data)
        if dataclasses.is_dataclass(found):
            given = {field.name for field in dataclasses.fields(found) if field.init}
            return found(**{key: item for key, item in data.items() if key in given})
        if hasattr(found, "__attrs_attrs__"):
            return found(**{key.lstrip("_"): item for key, item in data.items()})
        if hasattr(found, "deserialize"):
            return found.deserialize(data, 1)
    raise SerializationError(f"{name} is no class whose values can be made again from data")


serialize, deserialize = encode, decode
