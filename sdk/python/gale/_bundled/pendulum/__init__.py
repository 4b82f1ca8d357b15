"""A small subset of pendulum's interface, for machines that lack it: what DAG files and templates use.

DateTime is a datetime with a zone; durations may hold months and years. Install pendulum itself for the rest.
"""

import datetime as _dt

from pendulum.duration import Duration, duration
from pendulum.moment import Date, DateTime, instance
from pendulum.tz import UTC, local_timezone
from pendulum.tz.timezone import FixedTimezone, Timezone
from pendulum.tz.timezone import find as _find

__version__ = "3.0.0+gale"

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
interval = duration


def timezone(name):
    """The time zone of an IANA name, or of an offset in seconds."""
    return FixedTimezone(name) if isinstance(name, int) else Timezone("UTC" if name.lower() == "utc" else name)


def datetime(year, month, day, hour=0, minute=0, second=0, microsecond=0, tz=UTC, fold=1):
    return DateTime(year, month, day, hour, minute, second, microsecond, tzinfo=_find(tz), fold=fold)


def local(year, month, day, hour=0, minute=0, second=0, microsecond=0):
    return datetime(year, month, day, hour, minute, second, microsecond, tz="local")


def naive(year, month, day, hour=0, minute=0, second=0, microsecond=0):
    return DateTime(year, month, day, hour, minute, second, microsecond)


def date(year, month, day):
    return Date(year, month, day)


def now(tz=None):
    return DateTime.now(_find("local" if tz is None else tz))


def today(tz="local"):
    return now(tz).start_of("day")


def tomorrow(tz="local"):
    return today(tz).add(days=1)


def yesterday(tz="local"):
    return today(tz).subtract(days=1)


def from_timestamp(timestamp, tz=UTC):
    return DateTime.fromtimestamp(timestamp, _find(tz))


def parse(text, tz=UTC, **options):
    """An ISO 8601 time, or "now". Naive means `tz`."""
    if text == "now":
        return now()
    text = text.strip().replace("/", "-")
    return instance(_dt.datetime.fromisoformat(text), tz)


def from_format(text, fmt, tz=UTC, locale=None):
    """Reads `text` by pendulum's tokens: YYYY MM DD HH mm ss."""
    for token, code in (("YYYY", "%Y"), ("YY", "%y"), ("MMMM", "%B"), ("MMM", "%b"), ("MM", "%m"), ("DD", "%d"),
                        ("HH", "%H"), ("hh", "%I"), ("mm", "%M"), ("ss", "%S"), ("SSSSSS", "%f"), ("ZZ", "%z"),
                        ("Z", "%z"), ("A", "%p")):
        fmt = fmt.replace(token, code)
    return instance(_dt.datetime.strptime(text, fmt), tz)
