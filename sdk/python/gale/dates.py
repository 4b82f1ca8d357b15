"""`airflow.utils.dates`: what 1.10-style files say about start dates."""

import datetime as dt

from gale import timezone

cron_presets = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}


def days_ago(n, hour=0, minute=0, second=0, microsecond=0):
    """Midnight UTC (or the given time of day), n days before today."""
    today = timezone.utcnow().replace(hour=hour, minute=minute, second=second, microsecond=microsecond)
    return today - dt.timedelta(days=n)


def parse_execution_date(text):
    return timezone.parse(text)


def date_range(start_date, end_date=None, num=None, delta=None):
    """Times from start_date, `delta` (a timedelta) apart: until end_date, or `num` of them (backwards if < 0)."""
    if delta is None:
        return []
    if not isinstance(delta, dt.timedelta):
        raise TypeError("Gale's date_range() takes a timedelta as delta")
    if not delta or (end_date is None) == (num is None):
        raise ValueError("date_range() wants a delta other than 0, and either end_date or num")
    if num is not None:
        step = delta if num >= 0 else -delta
        return sorted(start_date + step * i for i in range(abs(num)))
    return [start_date + delta * i for i in range((end_date - start_date) // delta + 1)]
