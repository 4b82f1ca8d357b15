"""Days of the week."""

import enum


class WeekDay(enum.IntEnum):
    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7

    @classmethod
    def get_weekday_number(cls, week_day_str):
        try:
            return cls[week_day_str.upper()]
        except KeyError:
            raise AttributeError(f"{week_day_str!r} is no day of the week; use one of "
                                 + ", ".join(day.name.title() for day in cls)) from None

    @classmethod
    def convert(cls, day):
        return day if isinstance(day, cls) else cls.get_weekday_number(day)

    @classmethod
    def validate_week_day(cls, week_day):
        """The set of days that a day, its name, or several of them mean."""
        if isinstance(week_day, (str, WeekDay)):
            return {cls.convert(week_day)}
        if not week_day or not all(isinstance(day, (str, WeekDay)) for day in week_day):
            raise TypeError(f"a day of the week is a name, a WeekDay or a set of these, not {week_day!r}")
        return {cls.convert(day) for day in week_day}


WEEKEND = frozenset((WeekDay.SATURDAY, WeekDay.SUNDAY))
WORKDAYS = frozenset(WeekDay) - WEEKEND
