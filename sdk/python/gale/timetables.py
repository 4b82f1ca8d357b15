"""Schedules: what DAG(schedule=...) accepts, and how it becomes a DagSpec Schedule."""

import collections
import datetime as dt

from gale import timezone
from gale.exceptions import AirflowTimetableInvalid

INTERVAL_PROFILES = ("1.10", "2")  # a run stands for the interval before it; in "3" for its own tick


DataInterval = collections.namedtuple("DataInterval", ["start", "end"])
DataInterval.exact = classmethod(lambda cls, at: cls(at, at))
TimeRestriction = collections.namedtuple("TimeRestriction", ["earliest", "latest", "catchup"])
DagRunInfo = collections.namedtuple("DagRunInfo", ["run_after", "data_interval"])
DagRunInfo.exact = classmethod(lambda cls, at: cls(at, DataInterval.exact(at)))
DagRunInfo.interval = classmethod(lambda cls, start, end: cls(end, DataInterval(start, end)))
DagRunInfo.logical_date = property(lambda self: self.data_interval.start)


class Timetable:
    """A schedule whose semantics do not hang on the profile. One of a file's own class starts no runs."""

    description = ""
    periodic = can_run = can_be_scheduled = True
    interval = None

    def to_spec(self):
        return None

    @property
    def not_done(self):
        """What Gale does not do of it; None if it does it all."""
        if self.interval:
            return "the interval= of its timetable"
        if type(self).to_spec is Timetable.to_spec:
            return f"its timetable class {type(self).__name__}, so that no clock starts it: use a cron expression"
        return None


class _Cron(Timetable):
    kind = ""

    def __init__(self, cron, timezone="UTC"):
        self.cron = cron
        self.timezone = timezone

    def to_spec(self):
        zone = self.timezone if isinstance(self.timezone, str) else timezone.name_of(self.timezone)
        return _cron_spec(self.kind, self.cron, zone)


class CronDataIntervalTimetable(_Cron):
    kind = "CRON_INTERVAL"


class CronTriggerTimetable(_Cron):
    kind = "CRON_TRIGGER"

    def __init__(self, cron, *, timezone="UTC", interval=dt.timedelta(), run_immediately=False):
        super().__init__(cron, timezone)
        self.interval = interval


class DeltaDataIntervalTimetable(Timetable):
    kind = "DELTA_INTERVAL"

    def __init__(self, delta):
        self.delta = delta

    def to_spec(self):
        return _delta_spec(self.kind, self.delta)


class DeltaTriggerTimetable(DeltaDataIntervalTimetable):
    kind = "DELTA_TRIGGER"

    def __init__(self, delta, *, interval=dt.timedelta()):
        super().__init__(delta)
        self.interval = interval


class NullTimetable(Timetable):
    def to_spec(self):
        return None


class OnceTimetable(Timetable):
    def to_spec(self):
        return {"kind": "ONCE"}


class ContinuousTimetable(Timetable):
    def to_spec(self):
        return {"kind": "CONTINUOUS"}


class EventsTimetable(Timetable):
    def __init__(self, event_dates, restrict_to_events=False, presorted=False, description=None):
        self.event_dates = list(event_dates)


class MultipleCronTriggerTimetable(Timetable):
    def __init__(self, *crons, timezone="UTC", interval=dt.timedelta(), run_immediately=False):
        self.crons = crons
        self.timezone = timezone
        self.interval = interval

    def to_spec(self):
        return CronTriggerTimetable(self.crons[0], timezone=self.timezone).to_spec() if self.crons else None

    @property
    def not_done(self):
        return "the cron expressions of its timetable behind the first" if len(self.crons) > 1 else super().not_done


class CronPartitionTimetable(CronTriggerTimetable):
    not_done = "the partitions of its timetable"

    def __init__(self, cron, *, timezone="UTC", **kwargs):
        super().__init__(cron, timezone=timezone)


class PartitionAtRuntime(NullTimetable):
    pass


def to_spec(schedule, profile, zone):
    """The Schedule message (a dict) of any accepted `schedule`, or None for "only by hand"."""
    from gale import assets
    if schedule is None:
        return None
    if isinstance(schedule, Timetable):
        return schedule.to_spec()
    style = "INTERVAL" if profile in INTERVAL_PROFILES else "TRIGGER"
    if assets.condition_of(schedule) is not None:
        return None  # of assets alone: no clock starts it
    if isinstance(schedule, str):
        word = schedule.strip()
        if word in ("None", "@none", ""):
            return None
        if word in ("@once", "@continuous"):
            return {"kind": word[1:].upper()}
        return _cron_spec(f"CRON_{style}", word, zone)
    if isinstance(schedule, dt.timedelta) or _is_relativedelta(schedule):
        return _delta_spec(f"DELTA_{style}", schedule)
    raise AirflowTimetableInvalid(
        f"Gale does not support a schedule of type {type(schedule).__name__} ({schedule!r}) yet; "
        "use None, a cron string, a preset such as '@daily', or a timedelta")


def _cron_spec(kind, cron, zone):
    if not isinstance(cron, str) or not (cron.startswith("@") or len(cron.split()) in (5, 6)):
        raise AirflowTimetableInvalid(f"{cron!r} is not a cron expression: it wants 5 or 6 fields, or a preset")
    spec = {"kind": kind, "cron": " ".join(cron.split())}
    return spec if zone == "UTC" else {**spec, "timezone": zone}


def _is_relativedelta(value):
    return type(value).__name__ == "relativedelta" and hasattr(value, "leapdays")


def _delta_spec(kind, delta):
    months = 0
    if _is_relativedelta(delta):
        absolute = ("year", "month", "day", "weekday", "hour", "minute", "second", "microsecond")
        if any(getattr(delta, name) is not None for name in absolute) or delta.leapdays:
            raise AirflowTimetableInvalid(f"a schedule must be a relative delta (days=, months=), not {delta!r}")
        months = delta.years * 12 + delta.months
        delta = dt.timedelta(days=delta.days, hours=delta.hours, minutes=delta.minutes, seconds=delta.seconds,
                             microseconds=delta.microseconds)
    elif getattr(delta, "months", 0) or getattr(delta, "years", 0):  # pendulum: counted as 30 and 365 days
        months = delta.years * 12 + delta.months
        delta = dt.timedelta(seconds=delta.total_seconds()) - dt.timedelta(days=365 * delta.years + 30 * delta.months)
    if delta < dt.timedelta() or months < 0 or not (delta or months):
        raise AirflowTimetableInvalid(f"a schedule's interval must be longer than 0, not {delta}")
    spec = {"kind": kind}
    if delta:
        spec["delta"] = duration(delta)
    if months:
        spec["delta_months"] = months
    return spec


def duration(delta):
    """protobuf's JSON form of a timedelta: "300s", "1.5s"."""
    if type(delta) is not dt.timedelta:  # pendulum's does its own arithmetic, with its own kind only
        delta = dt.timedelta(microseconds=round(delta.total_seconds() * 1_000_000))
    micros = delta // dt.timedelta(microseconds=1)
    sign, (seconds, rest) = "-" if micros < 0 else "", divmod(abs(micros), 1_000_000)
    return f"{sign}{seconds}" + (f".{rest:06d}".rstrip("0") if rest else "") + "s"
