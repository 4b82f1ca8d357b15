"""DateTime and Date."""

import calendar
import datetime as _dt
import re

from pendulum.duration import Duration
from pendulum.tz.timezone import UTC, find

_TOKENS = re.compile(
    r"\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|M|DDDD|DD|D|dddd|ddd|HH|H|hh|h|mm|m|ss|s|SSSSSS|SSS|ZZ|Z|zz|A|X")
_CODES = {"YYYY": "%Y", "YY": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "DDDD": "%j", "DD": "%d", "dddd": "%A",
          "ddd": "%a", "HH": "%H", "hh": "%I", "mm": "%M", "ss": "%S", "SSSSSS": "%f", "ZZ": "%z", "zz": "%Z",
          "A": "%p"}
_UNITS = ("year", "month", "day", "hour", "minute", "second", "microsecond")


def instance(value, tz=UTC):
    """A DateTime from a datetime; naive means `tz`."""
    zone = value.tzinfo or find(tz)
    return DateTime(value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond,
                    tzinfo=UTC if zone is _dt.timezone.utc else zone, fold=value.fold)


def _plain(value):
    """The same as a datetime.datetime: arithmetic inside datetime and zoneinfo must not come back to us."""
    return _dt.datetime(value.year, value.month, value.day, value.hour, value.minute, value.second,
                        value.microsecond, tzinfo=value.tzinfo, fold=value.fold)


def _shift_months(value, months):
    year, month = divmod(value.year * 12 + value.month - 1 + months, 12)
    return value.replace(year=year, month=month + 1, day=min(value.day, calendar.monthrange(year, month + 1)[1]))


class DateTime(_dt.datetime):
    @classmethod
    def instance(cls, value, tz=UTC):
        return instance(value, tz)

    @property
    def tz(self):
        return self.tzinfo

    timezone = tz

    @property
    def timezone_name(self):
        return getattr(self.tzinfo, "key", None) or getattr(self.tzinfo, "name", None)

    @property
    def int_timestamp(self):
        return int(self.timestamp())

    @property
    def day_of_week(self):
        return self.weekday()

    @property
    def day_of_year(self):
        return self.timetuple().tm_yday

    @property
    def week_of_year(self):
        return self.isocalendar()[1]

    @property
    def quarter(self):
        return (self.month + 2) // 3

    @property
    def days_in_month(self):
        return calendar.monthrange(self.year, self.month)[1]

    def is_leap_year(self):
        return calendar.isleap(self.year)

    def is_long_year(self):
        return _dt.date(self.year, 12, 28).isocalendar()[1] == 53

    def is_past(self):
        return self < _dt.datetime.now(_dt.timezone.utc)

    def is_future(self):
        return self > _dt.datetime.now(_dt.timezone.utc)

    def is_same_day(self, other):
        return self.date() == other.date()

    def next(self, day_of_week=None):
        """The start of the next day of that name (0: Monday); of the same as today's if none is named."""
        return self._step(1, day_of_week)

    def previous(self, day_of_week=None):
        return self._step(-1, day_of_week)

    def _step(self, days, day_of_week):
        wanted, at = self.weekday() if day_of_week is None else int(day_of_week), self.start_of("day").add(days=days)
        while at.weekday() != wanted:
            at = at.add(days=days)
        return at

    def first_of(self, unit):
        return self.start_of(unit)

    def last_of(self, unit):
        return self.end_of(unit).start_of("day")

    @property
    def offset(self):
        return int(self.utcoffset().total_seconds())

    def is_utc(self):
        return self.utcoffset() == _dt.timedelta()

    def date(self):
        return Date(self.year, self.month, self.day)

    def naive(self):
        return self.replace(tzinfo=None)

    def in_timezone(self, tz):
        return instance(_plain(self).astimezone(find(tz)))

    def astimezone(self, tz=None):
        return instance(_plain(self).astimezone(tz))

    in_tz = in_timezone

    def set(self, tz=None, **parts):
        return self.replace(**parts, **({} if tz is None else {"tzinfo": find(tz)}))

    def on(self, year, month, day):
        return self.replace(year=year, month=month, day=day)

    def at(self, hour, minute=0, second=0, microsecond=0):
        return self.replace(hour=hour, minute=minute, second=second, microsecond=microsecond)

    def add(self, years=0, months=0, weeks=0, days=0, hours=0, minutes=0, seconds=0, microseconds=0):
        """Calendar units move the wall clock, hours and less move the instant (across changes of the clock)."""
        moved = _shift_months(_plain(self), years * 12 + months) + _dt.timedelta(days, weeks=weeks)
        exact = _dt.timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds)
        if exact and self.tzinfo is not None:
            moved = (moved.astimezone(_dt.timezone.utc) + exact).astimezone(self.tzinfo)
        else:
            moved += exact
        return instance(moved, None)

    def subtract(self, **parts):
        return self.add(**{name: -value for name, value in parts.items()})

    def __add__(self, other):
        if isinstance(other, Duration):
            days = other.days - 365 * other.years - 30 * other.months
            return self.add(other.years, other.months, days=days, seconds=other.seconds,
                            microseconds=other.microseconds)
        if isinstance(other, _dt.timedelta):
            return self.add(seconds=other.days * 86_400 + other.seconds, microseconds=other.microseconds)
        return NotImplemented

    __radd__ = __add__

    def __sub__(self, other):
        if isinstance(other, Duration):
            days = other.days - 365 * other.years - 30 * other.months
            return self.subtract(years=other.years, months=other.months, days=days, seconds=other.seconds,
                                 microseconds=other.microseconds)
        if isinstance(other, _dt.timedelta):
            return self + -other
        if not isinstance(other, _dt.datetime):
            return NotImplemented
        difference = _plain(self) - _plain(other)
        return Duration(days=difference.days, seconds=difference.seconds, microseconds=difference.microseconds)

    def diff(self, other=None, abs=True):  # noqa: A002 (the name is pendulum's)
        difference = (other or DateTime.now(self.tzinfo)) - self
        return -difference if abs and difference < _dt.timedelta() else difference

    def start_of(self, unit):
        if unit == "week":
            return self.subtract(days=self.weekday()).start_of("day")
        lowest = {name: 1 for name in ("month", "day")}
        after = _UNITS[_UNITS.index(unit) + 1:]
        return self.replace(**{name: lowest.get(name, 0) for name in after})

    def end_of(self, unit):
        step = {"week": {"weeks": 1}}.get(unit, {unit + "s": 1})
        return self.start_of(unit).add(**step).subtract(microseconds=1)

    def to_date_string(self):
        return self.strftime("%Y-%m-%d")

    def to_time_string(self):
        return self.strftime("%H:%M:%S")

    def to_datetime_string(self):
        return self.strftime("%Y-%m-%d %H:%M:%S")

    def to_iso8601_string(self):
        text = self.isoformat()
        return text[:-6] + "Z" if text.endswith("+00:00") and self.timezone_name == "UTC" else text

    def format(self, fmt, locale=None):
        """pendulum's tokens (YYYY-MM-DD HH:mm:ss ...); [text] stands for itself."""
        plain = {"M": self.month, "D": self.day, "H": self.hour, "h": self.hour % 12 or 12, "m": self.minute,
                 "s": self.second, "SSS": f"{self.microsecond // 1000:03d}", "X": self.int_timestamp}

        def text(match):
            token = match.group(0)
            if token.startswith("["):
                return match.group(1)
            if token == "Z":
                return self.isoformat()[-6:]
            return str(plain[token]) if token in plain else self.strftime(_CODES[token])

        return _TOKENS.sub(text, fmt)

    def diff_for_humans(self, other=None):
        from gale.macros import datetime_diff_for_humans
        return datetime_diff_for_humans(self, other)

    def __str__(self):
        return self.isoformat(" ")  # as pendulum 3


class Date(_dt.date):
    def to_date_string(self):
        return self.isoformat()

    def add(self, years=0, months=0, weeks=0, days=0):
        return _shift_months(self, years * 12 + months) + _dt.timedelta(days, weeks=weeks)

    def subtract(self, **parts):
        return self.add(**{name: -value for name, value in parts.items()})
