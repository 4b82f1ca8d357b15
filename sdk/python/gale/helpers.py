"""Small functions that files and providers import from airflow.utils."""

import functools
import importlib
import itertools
import os
import re
import signal

from gale.exceptions import AirflowTaskTimeout
from gale.operator import ID_CHARS_MAX


def exactly_one(*args):
    return sum(map(bool, args)) == 1


def at_most_one(*args):
    return sum(arg is not None and arg is not NOTSET for arg in args) <= 1


def prune_dict(value, mode="strict"):
    """Without what is None; mode "truthy": without what is false."""
    def kept(item):
        return item is not None if mode == "strict" else bool(item)
    if isinstance(value, dict):
        pruned = {key: prune_dict(item, mode) if isinstance(item, (dict, list)) else item
                  for key, item in value.items() if kept(item)}
        return {key: item for key, item in pruned.items() if mode == "strict" or item}
    if isinstance(value, list):
        return [prune_dict(item, mode) if isinstance(item, (dict, list)) else item for item in value if kept(item)]
    return value


def merge_dicts(dict1, dict2):
    merged = dict1.copy()
    for key, value in dict2.items():
        merged[key] = merge_dicts(merged.get(key, {}), value) if key in merged and isinstance(value, dict) else value
    return merged


def chunks(items, chunk_size):
    if chunk_size <= 0:
        raise ValueError("Chunk size must be a positive integer")
    for start in range(0, len(items), chunk_size):
        yield items[start:start + chunk_size]


def reduce_in_chunks(fn, iterable, initializer, chunk_size=0):
    if not iterable:
        return initializer
    return functools.reduce(fn, chunks(iterable, chunk_size or len(iterable)), initializer)


def is_container(obj):
    return hasattr(obj, "__iter__") and not isinstance(obj, str)


def as_tuple(obj):
    return tuple(obj) if is_container(obj) else (obj,)


def as_flattened_list(iterable):
    return list(itertools.chain.from_iterable(iterable))


def validate_key(k, max_length=ID_CHARS_MAX):
    if not isinstance(k, str) or len(k) > max_length or not re.fullmatch(r"[\w.-]+", k):
        raise ValueError(f"the key {k!r} has to be made of letters, digits, dashes, dots and underscores")
    return True


def convert_camel_to_snake(camel_str):
    return re.sub("(?!^)([A-Z]+)", r"_\1", camel_str).lower()


def ask_yesno(question, default=None):
    return input(question).strip().lower() in ("y", "yes")


def import_string(dotted_path):
    module, _, name = dotted_path.rpartition(".")
    if not module:
        raise ImportError(f"{dotted_path!r} is no path of a module and a name")
    found = importlib.import_module(module)
    try:
        return getattr(found, name)
    except AttributeError:
        raise ImportError(f"module {module!r} has no {name!r}") from None


def qualname(obj, **kwargs):
    obj = obj if hasattr(obj, "__qualname__") else type(obj)
    return f"{obj.__module__}.{obj.__qualname__}"


def TemporaryDirectory(*args, **kwargs):  # noqa: N802 (the name is Airflow's)
    import tempfile
    return tempfile.TemporaryDirectory(*args, **{"prefix": "airflowtmp", **kwargs})


def mkdirs(path, mode):
    os.makedirs(path, mode=mode, exist_ok=True)


class timeout:  # noqa: N801 (the name is Airflow's)
    """with timeout(5): raises AirflowTaskTimeout within."""

    def __init__(self, seconds=1, error_message="Timeout"):
        self.seconds = seconds.total_seconds() if hasattr(seconds, "total_seconds") else seconds
        self.error_message = f"{error_message}, PID: {os.getpid()}"

    def handle_timeout(self, signum, frame):
        raise AirflowTaskTimeout(self.error_message)

    def __enter__(self):
        try:
            self._before = signal.signal(signal.SIGALRM, self.handle_timeout)
            signal.setitimer(signal.ITIMER_REAL, self.seconds)
        except ValueError:  # not in the main thread
            self._before = None
        return self

    def __exit__(self, *exc_info):
        if self._before is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._before)


class _NotSet:
    def __bool__(self):
        return False

    def __repr__(self):
        return "NOTSET"


NOTSET = SET_DURING_EXECUTION = _NotSet()
ArgNotSet = _NotSet


def is_arg_set(value):
    return value is not NOTSET


class Stats:
    """Counters and timers of Airflow's own: they go nowhere."""

    @staticmethod
    def incr(*args, **kwargs):
        pass

    decr = gauge = incr

    @staticmethod
    def timing(*args, **kwargs):
        pass

    class timer:  # noqa: N801
        def __init__(self, *args, **kwargs):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *exc_info):
            pass

        start = stop = lambda self, *args, **kwargs: self


def context_merge(context, *args, **kwargs):
    context.update(*args, **kwargs)


class cached_property(functools.cached_property):  # noqa: N801
    pass


def deprecated(*args, **kwargs):
    """A decorator that says nothing."""
    return args[0] if args and callable(args[0]) and not kwargs else lambda thing: thing


def get_hostname():
    return os.uname().nodename


get_host_ip_address = getfqdn = get_hostname
