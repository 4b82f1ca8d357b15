"""Time-zone helpers (`airflow.utils.timezone`). Naive times are of [core] default_timezone, UTC unless set."""

import datetime as dt
import functools
import os
import re
import zoneinfo

utc = dt.timezone.utc


def default():
    """[core] default_timezone, as the master that reads the file has it, and says (cli/standalone.cc)."""
    return _default(os.environ.get("GALE_DEFAULT_TIMEZONE") or "UTC")


@functools.lru_cache(maxsize=4)
def _default(name):
    return parse_timezone(name)


def is_localized(value):
    return value.utcoffset() is not None


def is_naive(value):
    return not is_localized(value)


def utcnow():
    return dt.datetime.now(utc)


def utc_epoch():
    return dt.datetime(1970, 1, 1, tzinfo=utc)


def make_aware(value, timezone=None):
    """`value` (naive) read as wall-clock time of `timezone` (a tzinfo; default: default())."""
    if is_localized(value):
        raise ValueError(f"make_aware() wants a naive time, got {value.isoformat()}")
    localize = getattr(timezone, "localize", None)  # pytz wants to be asked
    return localize(value) if localize else value.replace(tzinfo=timezone or default())


def make_naive(value, timezone=None):
    if is_naive(value):
        raise ValueError("make_naive() wants a time with a zone")
    return value.astimezone(timezone or default()).replace(tzinfo=None)


def convert_to_utc(value):
    """The same instant in UTC; None stays None; a date is its midnight; naive is of the default zone."""
    if value is None:
        return None
    if not isinstance(value, dt.datetime):
        value = dt.datetime(value.year, value.month, value.day)
    return (make_aware(value) if is_naive(value) else value).astimezone(utc)


def coerce_datetime(value, tz=None):
    if value is None or is_localized(value):
        return value
    return make_aware(value, tz)


def datetime(*args, **kwargs):
    """datetime.datetime(...), in the default zone unless tzinfo= says otherwise."""
    kwargs.setdefault("tzinfo", default())
    return dt.datetime(*args, **kwargs)


def parse(string, timezone=None, *, strict=False):
    """An ISO 8601 time ("2020-02-09", "2020-02-09T01:02:03Z", ...); naive means `timezone`, else the default zone."""
    text = string.strip()
    try:
        value = dt.datetime.fromisoformat(text)
    except ValueError:
        match = re.fullmatch(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", text)
        if not match:
            raise ValueError(f"cannot read {string!r} as a time; write it as 2020-02-09T01:02:03+00:00")
        value = dt.datetime(*map(int, match.groups()))
    return value if is_localized(value) else make_aware(value, timezone)


def parse_timezone(name):
    """A tzinfo from an IANA name or an offset in seconds."""
    if isinstance(name, int):
        return dt.timezone(dt.timedelta(seconds=name))
    return utc if name.upper() == "UTC" else zoneinfo.ZoneInfo(name)


def name_of(tzinfo):
    """The IANA name of a tzinfo of any library; ValueError if it has none."""
    if tzinfo is None or tzinfo is utc:
        return "UTC"
    for attribute in ("key", "zone", "name"):  # zoneinfo; pytz; pendulum
        name = getattr(tzinfo, attribute, None)
        if isinstance(name, str) and name and not re.match(r"[+-]", name):
            return "UTC" if name.upper() in ("UTC", "Z") else name
    path = getattr(tzinfo, "_filename", None)  # dateutil
    if isinstance(path, str) and "zoneinfo/" in path:
        return path.split("zoneinfo/", 1)[1]
    offset = tzinfo.utcoffset(None)
    if offset is None:
        raise ValueError(f"the time zone {tzinfo!r} has no IANA name; use zoneinfo.ZoneInfo or pendulum.timezone")
    hours, rest = divmod(offset.total_seconds(), 3600)
    if rest or abs(hours) > 12:
        raise ValueError(f"the UTC offset {offset} has no IANA name; use a zone such as 'Asia/Kolkata'")
    return "UTC" if hours == 0 else f"Etc/GMT{-int(hours):+d}"  # POSIX sign: Etc/GMT-9 is UTC+9
