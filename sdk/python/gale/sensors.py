"""Sensors: tasks that ask again and again until something is so."""

import datetime as dt
import glob
import logging
import os
import time

from gale import timezone
from gale.enums import TaskInstanceState
from gale.exceptions import (AirflowException, AirflowFailException, AirflowRescheduleException, AirflowSensorTimeout,
                             AirflowSkipException)
from gale.operator import BaseOperator
from gale.python_operators import PythonOperator, SkipMixin, determine_kwargs
from gale import task_state

log = logging.getLogger("airflow.task")
TIMEOUT_SECONDS = 7 * 24 * 3600


class PokeReturnValue:
    """What poke() may return: whether it is done, and what the task then returns."""

    def __init__(self, is_done, xcom_value=None):
        self.is_done = is_done
        self.xcom_value = xcom_value

    def __bool__(self):
        return bool(self.is_done)


def _seconds(value, name, task_id):
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise AirflowException(f"task {task_id!r}: {name} must be a timedelta or a number of seconds that is not "
                               f"negative, not {value!r}")
    return float(value)


class BaseSensorOperator(SkipMixin, BaseOperator):
    """Subclasses say with poke(context) whether it is so. mode "poke" holds its place in between, "reschedule" gives
    it back."""

    ui_color = "#e6f1f2"
    valid_modes = ("poke", "reschedule")

    def __init__(self, *, poke_interval=60, timeout=TIMEOUT_SECONDS, soft_fail=False, mode="poke",
                 exponential_backoff=False, max_wait=None, silent_fail=False, never_fail=False, **kwargs):
        super().__init__(**kwargs)
        if mode not in self.valid_modes:
            raise AirflowException(f"task {self.task_id!r}: mode must be 'poke' or 'reschedule', not {mode!r}")
        self.poke_interval = _seconds(poke_interval, "poke_interval", self.task_id)
        self.timeout = _seconds(timeout, "timeout", self.task_id)
        self.max_wait = None if max_wait is None else _seconds(max_wait, "max_wait", self.task_id)
        self.soft_fail = soft_fail
        self.mode = mode
        self.exponential_backoff = exponential_backoff
        self.silent_fail = silent_fail
        self.never_fail = never_fail
        if soft_fail and never_fail:
            raise ValueError(f"task {self.task_id!r}: give only one of soft_fail and never_fail")

    @property
    def reschedule(self):
        return self.mode == "reschedule"

    def poke(self, context):
        raise NotImplementedError(f"{type(self).__name__} has no poke()")

    def execute(self, context):
        began = self._began(context)
        pokes = context["ti"].task_reschedule_count if self.reschedule else 0
        while True:
            pokes += 1
            found = self._poke(context)
            if found:
                log.info("found; leaves")
                return found.xcom_value if isinstance(found, PokeReturnValue) else None
            waited = time.time() - began
            if waited > self.timeout:
                self._too_late(waited)
            wait = self._wait(pokes)
            if self.reschedule:
                when = timezone.utcnow() + dt.timedelta(seconds=wait)
                raise AirflowRescheduleException(when)
            time.sleep(wait)

    def _began(self, context):
        """When this try's first poke was, through all reschedules."""
        if self.reschedule:
            first = context["ti"].get_first_reschedule_date(context)
            if first is not None:
                return first.timestamp()
        return time.time()

    def _poke(self, context):
        try:
            return self.poke(context)
        except (AirflowSensorTimeout, AirflowFailException) as error:
            self._give_up(error)
        except AirflowSkipException:
            raise
        except AirflowRescheduleException:
            raise
        except Exception as error:
            if self.silent_fail:
                log.exception("the sensor failed, and goes on (silent_fail)")
                return False
            if self.never_fail:
                raise AirflowSkipException("the sensor failed, which is skipped (never_fail)") from error
            raise

    def _give_up(self, error):
        if self.soft_fail or self.never_fail:
            raise AirflowSkipException(f"skipped instead of failed: {error}") from error
        raise error

    def _too_late(self, waited):
        message = f"the sensor waited {waited:.0f} s, more than its timeout of {self.timeout:.0f} s"
        if self.soft_fail or self.never_fail:
            raise AirflowSkipException(message)
        raise AirflowSensorTimeout(message)

    def _wait(self, pokes):
        wait = self.poke_interval
        if self.exponential_backoff:
            wait *= 2 ** min(pokes - 1, 32)
        return min(wait, self.max_wait) if self.max_wait is not None else wait


def poke_mode_only(cls):
    """A class decorator: instances of it may not be rescheduled."""
    cls.valid_modes = ("poke",)
    return cls


class PythonSensor(BaseSensorOperator):
    """Until the function returns something true."""

    template_fields = PythonOperator.template_fields

    def __init__(self, *, python_callable, op_args=None, op_kwargs=None, templates_dict=None, **kwargs):
        super().__init__(**kwargs)
        self.python_callable = python_callable
        self.op_args = op_args or []
        self.op_kwargs = op_kwargs or {}
        self.templates_dict = templates_dict

    def poke(self, context, whole=False):
        values = {**context, **self.op_kwargs}
        if self.templates_dict is not None:
            values["templates_dict"] = self.templates_dict
        given = determine_kwargs(self.python_callable, self.op_args, values)
        found = self.python_callable(*self.op_args, **given)
        return found if whole or isinstance(found, PokeReturnValue) else bool(found)


class BashSensor(BaseSensorOperator):
    """Until the command's exit status is 0."""

    template_fields = ("bash_command", "env")
    template_ext = (".sh", ".bash")

    def __init__(self, *, bash_command, env=None, output_encoding="utf-8", retry_exit_code=None, **kwargs):
        super().__init__(**kwargs)
        self.bash_command = bash_command
        self.env = env
        self.retry_exit_code = retry_exit_code

    def poke(self, context):
        from gale.subprocess_hook import SubprocessHook
        done = SubprocessHook().run_command(["bash", "-c", self.bash_command], env=self.env)
        if done.exit_code == 0:
            return True
        if self.retry_exit_code is not None and done.exit_code != self.retry_exit_code:
            raise AirflowFailException(f"the command ended with exit status {done.exit_code}")
        return False


class FileSensor(BaseSensorOperator):
    """Until a file (or a pattern's, or a folder with a file in it) is there, below the connection's path."""

    template_fields = ("filepath",)

    def __init__(self, *, filepath, fs_conn_id="fs_default", recursive=False, deferrable=False,
                 start_from_trigger=False, trigger_kwargs=None, **kwargs):
        super().__init__(**kwargs)
        self.filepath = filepath
        self.fs_conn_id = fs_conn_id
        self.recursive = recursive

    def _base(self):
        from gale.connection import Connection
        from gale.exceptions import AirflowNotFoundException
        try:
            connection = Connection.get(self.fs_conn_id)
        except AirflowNotFoundException:
            if self.fs_conn_id != "fs_default":
                raise
            return "/"
        return connection.extra_dejson.get("path") or "/"

    def poke(self, context):
        pattern = os.path.join(self._base(), os.fspath(self.filepath))
        log.info("looks for %s", pattern)
        for path in glob.glob(pattern, recursive=self.recursive):
            if os.path.isfile(path) or any(names for _, _, names in os.walk(path)):
                return True
        return False


class TimeSensor(BaseSensorOperator):
    """Until a time of day, in the DAG's zone."""

    def __init__(self, *, target_time, deferrable=False, start_from_trigger=False, trigger_kwargs=None,
                 end_from_trigger=False, **kwargs):
        super().__init__(**kwargs)
        self.target_time = target_time

    def poke(self, context):
        zone = self.target_time.tzinfo or (self.dag.timezone if self.dag else timezone.utc)
        return timezone.utcnow().astimezone(zone).time() > self.target_time.replace(tzinfo=None)


class TimeDeltaSensor(BaseSensorOperator):
    """Until `delta` after the end of the run's interval."""

    template_fields = ("delta",)

    def __init__(self, *, delta, deferrable=False, end_from_trigger=False, **kwargs):
        super().__init__(**kwargs)
        self.delta = delta

    def poke(self, context):
        base = context.get("data_interval_end") or context["dag_run"].run_after
        return timezone.utcnow() > timezone.convert_to_utc(base + self.delta)


class WaitSensor(BaseSensorOperator):
    """For so long from its start."""

    def __init__(self, *, time_to_wait, deferrable=False, **kwargs):
        super().__init__(**kwargs)
        self.time_to_wait = time_to_wait if isinstance(time_to_wait, dt.timedelta) \
            else dt.timedelta(minutes=time_to_wait)

    def poke(self, context):
        return timezone.utcnow() >= context["ti"].start_date + self.time_to_wait


class DateTimeSensor(BaseSensorOperator):
    """Until a point in time."""

    template_fields = ("target_time",)

    def __init__(self, *, target_time, start_from_trigger=False, end_from_trigger=False, trigger_kwargs=None,
                 **kwargs):
        super().__init__(**kwargs)
        self.target_time = target_time.isoformat() if isinstance(target_time, dt.datetime) else target_time

    def poke(self, context):
        return timezone.utcnow() > timezone.parse(str(self.target_time))


class DayOfWeekSensor(BaseSensorOperator):
    """Until a day of the week (or one of several)."""

    def __init__(self, *, week_day, use_task_logical_date=False, use_task_execution_day=False, **kwargs):
        from gale.weekday import WeekDay
        super().__init__(**kwargs)
        self.week_day = week_day
        self.use_task_logical_date = use_task_logical_date or use_task_execution_day
        self._days = WeekDay.validate_week_day(week_day)

    def poke(self, context):
        when = context["logical_date"] if self.use_task_logical_date else timezone.utcnow()
        return when.isoweekday() in self._days


class ExternalTaskSensor(BaseSensorOperator):
    """Until tasks, a group or a whole run of another DAG came to their end, for the same logical date or one that
    execution_delta or execution_date_fn says."""

    template_fields = ("external_dag_id", "external_task_id", "external_task_ids", "external_task_group_id")
    ui_color = "#4db7db"

    def __init__(self, *, external_dag_id, external_task_id=None, external_task_ids=None, external_task_group_id=None,
                 allowed_states=None, skipped_states=None, failed_states=None, execution_delta=None,
                 execution_date_fn=None, check_existence=False, poll_interval=2.0, deferrable=False, **kwargs):
        super().__init__(**kwargs)
        self.external_dag_id = external_dag_id
        if external_task_id is not None and external_task_ids is not None:
            raise ValueError("give only one of external_task_id and external_task_ids")
        self.external_task_id = external_task_id
        self.external_task_ids = [external_task_id] if external_task_id is not None else external_task_ids
        self.external_task_group_id = external_task_group_id
        self.allowed_states = list(allowed_states or [TaskInstanceState.SUCCESS])
        self.skipped_states = list(skipped_states or [])
        self.failed_states = list(failed_states or [])
        if execution_delta is not None and execution_date_fn is not None:
            raise ValueError("give only one of execution_delta and execution_date_fn")
        self.execution_delta = execution_delta
        self.execution_date_fn = execution_date_fn
        self.check_existence = check_existence

    def _dates(self, context):
        logical = context.get("logical_date") or context["dag_run"].run_after
        if self.execution_delta is not None:
            return [logical - self.execution_delta]
        if self.execution_date_fn is not None:
            given = determine_kwargs(self.execution_date_fn, [logical], context)
            dates = self.execution_date_fn(logical, **given)
            return list(dates) if isinstance(dates, (list, tuple)) else [dates]
        return [logical]

    def _count(self, dates, states):
        """How many of the dates have all that is waited for in one of `states`."""
        if not states:
            return 0
        question = {"dag_id": self.external_dag_id, "logical_dates": [date.isoformat() for date in dates],
                    "states": [str(state) for state in states]}
        if self.external_task_ids:
            answer = task_state.ask({"type": "GetTICount", **question, "task_ids": list(self.external_task_ids)})
            return answer["count"] / len(self.external_task_ids)
        if self.external_task_group_id:
            group = {**question, "task_group_id": self.external_task_group_id}
            whole = task_state.ask({"type": "GetTICount", **group, "states": None})["count"]
            return len(dates) * task_state.ask({"type": "GetTICount", **group})["count"] / whole if whole else 0
        return task_state.ask({"type": "GetDRCount", **question})["count"]

    def poke(self, context):
        dates = self._dates(context)
        what = f"DAG {self.external_dag_id!r}" + (f", {', '.join(self.external_task_ids)}"
                                                 if self.external_task_ids else "")
        if self.failed_states and self._count(dates, self.failed_states):
            message = f"{what} came to one of the states {', '.join(map(str, self.failed_states))}"
            raise AirflowSkipException(message) if self.soft_fail else AirflowFailException(message)
        if self.skipped_states and self._count(dates, self.skipped_states) == len(dates):
            raise AirflowSkipException(f"{what} came to one of the states {', '.join(map(str, self.skipped_states))}")
        return self._count(dates, self.allowed_states) >= len(dates)
