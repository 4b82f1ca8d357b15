"""Time zones by name. The module can be called too: pendulum.tz.timezone("Europe/Paris")."""

import datetime as _dt
import os
import sys
import types
import zoneinfo


class Timezone(zoneinfo.ZoneInfo):
    @property
    def name(self):
        return self.key


class FixedTimezone(_dt.tzinfo):
    def __init__(self, offset, name=None):
        self._offset = _dt.timedelta(seconds=offset)
        minutes = abs(offset) // 60
        self.name = name or f"{'-' if offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"

    def utcoffset(self, when):
        return self._offset

    def dst(self, when):
        return _dt.timedelta()

    def tzname(self, when):
        return self.name


UTC = Timezone("UTC")


def local_timezone():
    """The machine's zone: $TZ, else where /etc/localtime points, else UTC."""
    path = os.path.realpath("/etc/localtime")
    name = os.environ.get("TZ", "").lstrip(":") or (path.split("zoneinfo/", 1)[1] if "zoneinfo/" in path else "UTC")
    try:
        return Timezone(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return UTC


def find(zone):
    """A tzinfo from a tzinfo, a name, "local", or an offset in hours; None stays None."""
    if isinstance(zone, (int, float)):
        return FixedTimezone(int(zone * 3600))
    if not isinstance(zone, str):
        return zone
    if zone == "local":
        return local_timezone()
    return Timezone("UTC" if zone.lower() == "utc" else zone)


class _Callable(types.ModuleType):
    def __call__(self, name):
        return find(name)


sys.modules[__name__].__class__ = _Callable
