"""Triggers that wait for a time."""

import asyncio
import datetime as dt

from gale import timezone
from gale.triggers import BaseTrigger, TriggerEvent


class DateTimeTrigger(BaseTrigger):
    def __init__(self, moment, *, end_from_trigger=False):
        super().__init__()
        if not isinstance(moment, dt.datetime):
            raise TypeError(f"a DateTimeTrigger waits for a datetime, not {type(moment).__name__}")
        if moment.tzinfo is None:
            raise ValueError("a DateTimeTrigger's moment must have a zone")
        self.moment = timezone.convert_to_utc(moment)
        self.end_from_trigger = end_from_trigger

    def serialize(self):
        return "airflow.triggers.temporal.DateTimeTrigger", {"moment": self.moment,
                                                            "end_from_trigger": self.end_from_trigger}

    async def run(self):
        while (left := (self.moment - timezone.utcnow()).total_seconds()) > 0:
            await asyncio.sleep(min(left, 60))
        yield TriggerEvent(self.moment)


class TimeDeltaTrigger(DateTimeTrigger):
    def __init__(self, delta, *, end_from_trigger=False):
        super().__init__(timezone.utcnow() + delta, end_from_trigger=end_from_trigger)
