"""A timedelta that may hold calendar months and years (counted as 30 and 365 days where a length is asked)."""

import datetime as _dt


class Duration(_dt.timedelta):
    def __new__(cls, days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0, years=0,
                months=0):
        self = super().__new__(cls, days + 365 * years + 30 * months, seconds, microseconds, milliseconds, minutes,
                               hours, weeks)
        self.years = years
        self.months = months
        return self

    def total_minutes(self):
        return self.total_seconds() / 60

    def total_hours(self):
        return self.total_seconds() / 3600

    def total_days(self):
        return self.total_seconds() / 86_400

    def in_seconds(self):
        return int(self.total_seconds())

    def in_minutes(self):
        return int(self.total_minutes())

    def in_hours(self):
        return int(self.total_hours())

    def in_days(self):
        return int(self.total_days())

    def in_weeks(self):
        return self.in_days() // 7


def duration(**parts):
    return Duration(**parts)
