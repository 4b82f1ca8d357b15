"""`macros` in templates, and `airflow.macros`."""

import json  # noqa: F401 (everything here is reached by name)
import random  # noqa: F401
import time  # noqa: F401
import uuid  # noqa: F401
from datetime import datetime, timedelta


def __getattr__(name):
    """dateutil is optional and slow to import: fetched when a template asks for it."""
    if name != "dateutil":
        raise AttributeError(name)
    try:
        import dateutil.parser
        import dateutil.relativedelta
    except ImportError:
        raise ImportError("macros.dateutil needs the Python package dateutil, which is not installed") from None
    return dateutil


def ds_add(ds, days):
    """The day `days` after ds: ds_add("2020-02-09", 2) is "2020-02-11"."""
    return (datetime.strptime(str(ds), "%Y-%m-%d") + timedelta(days)).strftime("%Y-%m-%d") if days else str(ds)


def ds_format(ds, input_format, output_format):
    return datetime.strptime(str(ds), input_format).strftime(output_format)


def datetime_diff_for_humans(dt, since=None):
    """How long before (or after) `since`, default now: "2 days before", "an hour ago" in short words."""
    now = since or datetime.now(dt.tzinfo)
    seconds = (dt - now).total_seconds()
    for name, size in (("year", 31_536_000), ("month", 2_592_000), ("week", 604_800), ("day", 86_400),
                       ("hour", 3600), ("minute", 60), ("second", 1)):
        count = int(abs(seconds) // size)
        if count or name == "second":
            break
    text = f"{count} {name}" + ("" if count == 1 else "s")
    if since is not None:
        return f"{text} {'after' if seconds >= 0 else 'before'}"
    return f"in {text}" if seconds >= 0 else f"{text} ago"
