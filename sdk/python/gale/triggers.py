"""Triggers of deferred tasks. Gale runs a trigger in the task's own process, which goes on once it fires."""

import asyncio
import logging

from gale.exceptions import TaskDeferralError, TaskDeferralTimeout


class TriggerEvent:
    def __init__(self, payload=None):
        self.payload = payload

    def __eq__(self, other):
        return isinstance(other, TriggerEvent) and self.payload == other.payload

    def __repr__(self):
        return f"TriggerEvent<{self.payload!r}>"


class BaseTrigger:
    def __init__(self, **kwargs):
        self.task_instance = None

    @property
    def log(self):
        return logging.getLogger(f"airflow.task.{type(self).__module__}.{type(self).__name__}")

    def serialize(self):
        raise NotImplementedError(f"{type(self).__name__} has no serialize()")

    async def run(self):
        raise NotImplementedError(f"{type(self).__name__} has no run()")
        yield  # an async generator

    async def cleanup(self):
        pass


class BaseEventTrigger(BaseTrigger):
    supports_triggerer_queue = False


class StartTriggerArgs:
    def __init__(self, trigger_cls=None, next_method=None, trigger_kwargs=None, next_kwargs=None, timeout=None):
        self.trigger_cls, self.next_method = trigger_cls, next_method
        self.trigger_kwargs, self.next_kwargs, self.timeout = trigger_kwargs, next_kwargs, timeout


def first_event(trigger, timeout=None):
    """The payload of the trigger's first event. `timeout`: a timedelta, or None."""
    async def wait():
        async for event in trigger.run():
            return event
        raise TaskDeferralError("the trigger ended without an event")

    async def bounded():
        try:
            return await asyncio.wait_for(wait(), timeout.total_seconds() if timeout else None)
        finally:
            await trigger.cleanup()
    try:
        return asyncio.run(bounded()).payload
    except asyncio.TimeoutError:
        raise TaskDeferralTimeout(f"the trigger did not fire in {timeout}") from None
