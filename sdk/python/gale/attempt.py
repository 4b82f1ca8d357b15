"""One attempt of a task in this process: context, templates, execute, callbacks, and how it ended.

The end is a message to the supervisor, as Airflow's are: SucceedTask, TaskState (failed or skipped), RetryTask or
RescheduleTask; SkipDownstreamTasks goes before SucceedTask. Which exception means what is Airflow's too.
"""

import json
import logging
import sys
import time
import traceback

from gale import masking, task_state, template, timezone
from gale.asset_events import InletEvents, OutletEvents
from gale.assets import Asset
from gale.connection import Accessor as ConnectionAccessor
from gale.context import is_own_file
from gale.exceptions import (AirflowException, AirflowFailException, AirflowRescheduleException, AirflowSensorTimeout,
                             AirflowSkipException, AirflowTaskTerminated, AirflowTaskTimeout, DagRunTriggerException,
                             DownstreamTasksSkipped, TaskDeferralError, TaskDeferred, UnmappableXComTypePushed,
                             XComForMappingNotPushed)
from gale.helpers import timeout
from gale.mapped import MappedOperator
from gale.models import DagRun
from gale.params import ParamsDict
from gale.rendering import environment_of, render_fields
from gale.task_instance import RuntimeTaskInstance
from gale.triggers import first_event
from gale.xcom_arg import XCOM_RETURN_KEY, iterate

log = logging.getLogger("airflow.task")
RENDERED_CHARS_MAX = 4096


def _now():
    return timezone.utcnow().isoformat()


def make_context(details, dag, task, profile):
    """The context of the attempt: all names of 1.10, 2 and 3."""
    said, run = details["ti"], details["ti_context"]["dag_run"]
    facts = {**{name: run.get(name) for name in ("logical_date", "data_interval_start", "data_interval_end", "run_type",
                                                "run_after")},
             "dag_id": said["dag_id"], "task_id": said["task_id"], "run_id": said["run_id"],
             "try_number": said.get("try_number", 1), "conf_json": json.dumps(run.get("conf") or {}),
             "prev_logical_date": details.get("prev_logical_date"),
             "next_logical_date": details.get("next_logical_date"),
             "fileloc": dag.fileloc, "log_url": details.get("log_url", "")}
    context = template.make_context(facts)
    instance = RuntimeTaskInstance(details, task, profile)
    dag_run = DagRun(**{"state": "running", **{name: value for name, value in run.items() if name != "type"}})
    instance.dag_run = dag_run
    instance.logical_date = instance.execution_date = dag_run.logical_date
    params = ParamsDict(dag.params)
    params.update(task.own_params)
    params.update(run.get("conf") or {})
    key_date = context["task_instance_key_str"]
    context.update(
        dag=dag, task=task, ti=instance, task_instance=instance, dag_run=dag_run, params=params.dump(),
        conn=ConnectionAccessor(), inlets=task.inlets, outlets=task.outlets, task_instance_key_str=key_date,
        outlet_events=OutletEvents(task.outlets), inlet_events=InletEvents(task.inlets),
        triggering_asset_events={}, triggering_dataset_events={}, start_date=instance.start_date,
        map_index_template=task.map_index_template, expanded_ti_count=details["ti_context"].get("expanded_ti_count"),
        task_reschedule_count=instance.task_reschedule_count, test_mode=details.get("test_mode", False),
        templates_dict=None, try_number=instance.try_number, **_previous(details))
    instance._template_context = context
    return context


def _previous(details):
    last = details.get("prev_successful_dagrun") or {}
    return {f"prev_{name}_success": template.parse_time(last.get(name))
            for name in ("data_interval_start", "data_interval_end", "start_date", "end_date")} | {
                "prev_execution_date_success": template.parse_time(last.get("logical_date"))}


class Attempt:
    """details: StartupDetails; dag, task: of the file. run() does everything and returns the end."""

    def __init__(self, details, dag, task, profile):
        self._details = details
        self._dag = dag
        self.task = task
        self._profile = profile
        self.should_retry = details["ti_context"].get("should_retry", False)
        self.context = None

    def run(self):
        """The end's message. It isn't sent yet; what goes before it (XComs, skips) is."""
        try:
            return self._run()
        except BaseException as error:  # how it ends is decided here, whatever it was
            return self._ended_by(error)

    def _run(self):
        self._prepare()
        task, context = self.task, self.context
        self._call(task.on_execute_callback, "on_execute_callback")
        task.pre_execute(context)
        result = self._execute()
        self._push(result)
        task.post_execute(context, result)
        return self._succeeded()

    def _prepare(self):
        if isinstance(self.task, MappedOperator):
            probe = RuntimeTaskInstance(self._details, self.task, self._profile)
            mapped = self.task.expand_input.element(probe.map_index, probe.look_up)
            self.task = self.task.unmap(mapped)
        self.context = make_context(self._details, self._dag, self.task, self._profile)
        task_state.current_context = self.context
        instance = self.context["ti"]
        instance.task = self.task
        for key in self._details["ti_context"].get("xcom_keys_to_clear") or ():
            task_state.ask({"type": "DeleteXCom", "key": key, "dag_id": instance.dag_id, "run_id": instance.run_id,
                            "task_id": instance.task_id, "map_index": instance.map_index})
        render_fields(self.task, self.context, environment_of(self._dag))
        task_state.ask({"type": "SetRenderedFields", "rendered_fields": rendered_fields(self.task)})

    def _execute(self):
        limit = self.task.execution_timeout
        if limit is None:
            return self._resumed(None)
        seconds = limit.total_seconds() if hasattr(limit, "total_seconds") else float(limit)
        if seconds <= 0:
            raise AirflowTaskTimeout(f"the execution_timeout is {limit}")
        try:
            with timeout(seconds, f"the task ran longer than its execution_timeout of {limit}"):
                return self._resumed(None)
        except AirflowTaskTimeout:
            self.task.on_kill()
            raise

    def _resumed(self, deferral):
        """execute(), and on through deferrals: their triggers run here."""
        while True:
            try:
                if deferral is None:
                    return self.task.execute(self.context)
                return self._after(deferral)
            except TaskDeferred as deferred:
                deferral = deferred

    def _after(self, deferral):
        log.info("waits for %s", type(deferral.trigger).__name__)
        deferral.trigger.task_instance = self.context["ti"]
        try:
            event = first_event(deferral.trigger, deferral.timeout)
        except AirflowException:
            raise
        except Exception as error:
            raise TaskDeferralError(f"the trigger {type(deferral.trigger).__name__} failed: {error}") from error
        return self.task.resume_execution(deferral.method_name, {**(deferral.kwargs or {}), "event": event},
                                          self.context)

    def _push(self, result):
        instance, task = self.context["ti"], self.task
        followers = [other for other in self._dag.tasks if _is_mapped_over(other, task.task_id)]
        groups = [group for group in self._dag.task_group_dict.values() if group.expand_input is not None
                  and any(before.task_id == task.task_id for before in group.expand_input.references())]
        # Of a mapped task the others have an instance each result, whatever that is.
        mapped_over = bool(followers or groups) and instance.map_index < 0
        if mapped_over and result is None:
            raise XComForMappingNotPushed("other tasks are mapped over what it returns, and it returned nothing")
        if mapped_over and (not hasattr(result, "__len__") or isinstance(result, (str, bytes))):
            raise UnmappableXComTypePushed("other tasks are mapped over what it returns: it must return a list or a "
                                           f"dict, not {type(result).__name__}")
        if result is None or not task.do_xcom_push:
            return
        if task.multiple_outputs:
            if not isinstance(result, dict):
                raise TypeError(f"with multiple_outputs a task returns a dict, not {type(result).__name__}")
            for key, value in result.items():
                if not isinstance(key, str):
                    raise TypeError(f"with multiple_outputs the names are texts, not {type(key).__name__} ({key!r})")
                instance.xcom_push(key, value)
        instance.xcom_push(XCOM_RETURN_KEY, result, mapped_length=len(result) if mapped_over else None)

    def _succeeded(self):
        end = {"type": "SucceedTask", "state": "success", "end_date": _now(),
               "task_outlets": [{"name": asset.name, "uri": asset.uri, "type": type(asset).__name__}
                                for asset in self.task.outlets if isinstance(asset, Asset)],
               "outlet_events": self.context["outlet_events"].to_messages()}
        index = self._map_index_text()
        if index is not None:
            end["rendered_map_index"] = index
        self._call(self.task.on_success_callback, "on_success_callback")
        return end

    def _map_index_text(self):
        said = self.task.map_index_template
        if said is None or self.context["ti"].map_index < 0:
            return None
        return str(environment_of(self._dag).from_string(said).render(self.context))

    # Other ends.

    def _ended_by(self, error):
        if self.context is not None:
            self.context["exception"] = error
        if isinstance(error, DownstreamTasksSkipped):
            task_state.ask({"type": "SkipDownstreamTasks", "tasks": [list(each) if isinstance(each, tuple) else each
                                                                     for each in error.tasks]})
            try:
                self.task.post_execute(self.context, None)
                return self._succeeded()
            except BaseException as later:
                return self._ended_by(later)
        if isinstance(error, DagRunTriggerException):
            try:
                return self._triggered(error)
            except BaseException as later:
                return self._ended_by(later)
        if isinstance(error, AirflowSkipException):
            log.info("skipped%s", f": {error}" if str(error) else "")
            self._call(self.task.on_skipped_callback, "on_skipped_callback")
            return {"type": "TaskState", "state": "skipped", "end_date": _now()}
        if isinstance(error, AirflowRescheduleException):
            log.info("comes again at %s", error.reschedule_date)
            return {"type": "RescheduleTask", "state": "up_for_reschedule", "end_date": _now(),
                    "reschedule_date": error.reschedule_date.isoformat()}
        return self._failed(error)

    def _failed(self, error):
        """Failed for good, or to be tried again."""
        from gale.parse_file import users_traceback
        final = isinstance(error, (AirflowFailException, AirflowSensorTimeout, AirflowTaskTerminated))
        sys.stdout.flush()
        if isinstance(error, SystemExit):
            reason = f"the task called sys.exit({'' if error.code is None else repr(error.code)})"
        elif isinstance(error, AirflowException) and str(error) and not _has_users_frames(error):
            reason = f"gale: {error}"
        else:
            reason = masking.redact(users_traceback(error))
        print(reason, file=sys.stderr, flush=True)
        retry = self.should_retry and not final
        name = "on_retry_callback" if retry else "on_failure_callback"
        if self.context is not None:
            self._call(getattr(self.task, name), name)
        if retry:
            return {"type": "RetryTask", "state": "up_for_retry", "end_date": _now(), "retry_reason": str(error)[:500]}
        return {"type": "TaskState", "state": "failed", "end_date": _now()}

    def _triggered(self, wanted):
        """Makes the run that TriggerDagRunOperator wants, and waits for it if that is wanted."""
        when = wanted.logical_date
        try:
            task_state.ask({"type": "TriggerDagRun", "dag_id": wanted.trigger_dag_id, "run_id": wanted.dag_run_id,
                            "conf": wanted.conf or {}, "logical_date": when and when.isoformat(),
                            "reset_dag_run": wanted.reset_dag_run, "note": wanted.note})
        except task_state.SupervisorError as error:
            if error.error != "DAGRUN_ALREADY_EXISTS":
                raise AirflowException(f"the run of {wanted.trigger_dag_id!r} can't be made: {error}") from None
            if wanted.skip_when_already_exists:
                raise AirflowSkipException(f"the run {wanted.dag_run_id!r} is there already") from None
            raise AirflowException(f"DAG {wanted.trigger_dag_id!r} has a run {wanted.dag_run_id!r} already; "
                                   "reset_dag_run=True runs it again") from None
        self.context["ti"].xcom_push("trigger_run_id", wanted.dag_run_id)
        while wanted.wait_for_completion:
            state = RuntimeTaskInstance.get_dagrun_state(wanted.trigger_dag_id, wanted.dag_run_id)
            if state in wanted.failed_states:
                raise AirflowException(f"the run {wanted.dag_run_id!r} of {wanted.trigger_dag_id!r} is {state}")
            if state in wanted.allowed_states:
                break
            time.sleep(wanted.poke_interval)
        self.task.post_execute(self.context, None)
        return self._succeeded()

    def _call(self, callbacks, kind):
        for callback in callbacks or ():
            try:
                callback(self.context)
            except Exception:
                log.exception("the %s %s failed", kind, getattr(callback, "__name__", type(callback).__name__))


def _has_users_frames(error):
    """Whether it came from the file's own code: then its lines are what is looked for."""
    return any(not is_own_file(frame.f_code.co_filename) for frame, _ in traceback.walk_tb(error.__traceback__)
               if "jinja2" not in frame.f_code.co_filename)


def _is_mapped_over(task, task_id):
    expand_input = getattr(task, "expand_input", None)
    return expand_input is not None and any(
        arg.key == XCOM_RETURN_KEY and arg.operator.task_id == task_id
        for source in expand_input.sources for arg in iterate(source) if hasattr(arg, "operator"))


def rendered_fields(task):
    """template_fields for people: JSON values, secrets as ***, long ones cut."""
    fields = {}
    for name in task.template_fields:
        value = masking.redact(getattr(task, name, None), name)
        try:
            text = json.dumps(value)
        except (TypeError, ValueError):
            text = value = str(value)
        fields[name] = value if len(text) <= RENDERED_CHARS_MAX else str(value)[:RENDERED_CHARS_MAX] + "..."
    return fields
