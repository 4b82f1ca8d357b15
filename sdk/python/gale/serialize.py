"""DAG -> DagSpec, as protobuf's JSON (proto/gale/v1/dag.proto). One meaning, one sequence of bytes: fields that
hold their default are left out, ids that form a set are sorted, tasks stand as the file made them."""

import datetime as dt
import json
import math
import os

from gale import assets, priority_strategy, profile, shown, timetables, timezone, work_spec
from gale.enums import TriggerRule, WeightRule
from gale.exceptions import AirflowException
from gale.operator import DEFAULT_OWNER, DEFAULT_POOL, DEFAULT_QUEUE, as_retries, as_time, as_timedelta
from gale.timetables import duration
from gale.work_spec import text

UINT32_MAX = (1 << 32) - 1
TASKS_NAMED_MAX = 3  # in a warning


def serialize_dag(dag):
    """The DagSpec of `dag` as a dict. AirflowException names the DAG or task that is wrong."""
    dag.check_cycle()
    where = f"DAG {dag.dag_id!r}"
    read_as = profile.current()
    first, last = _timestamp(dag.first_date), _timestamp(_last_date(dag))
    try:
        schedule = timetables.to_spec(dag.schedule, read_as, timezone.name_of(dag.timezone))
    except (AirflowException, ValueError) as error:
        raise AirflowException(f"{where}: {error}") from None
    runs_max = _setting("MAX_ACTIVE_RUNS_PER_DAG") if dag.max_active_runs is None else dag.max_active_runs
    tasks_max = _setting("MAX_ACTIVE_TASKS_PER_DAG") if dag.max_active_tasks is None else dag.max_active_tasks
    if schedule and schedule["kind"] == "CONTINUOUS":
        if dag.max_active_runs not in (None, 1):
            raise AirflowException(f"{where}: @continuous wants max_active_runs=1, not {runs_max}")
        runs_max = 1
    spec = {
        "dag_id": dag.dag_id,
        "description": text(dag.description, f"{where}: description"),
        "schedule": schedule,
        "start_date": first,
        "end_date": last,
        "catchup": dag.catchup,
        "max_active_runs": _count(runs_max, f"{where}: max_active_runs", least=1),
        "max_active_tasks": _count(tasks_max, f"{where}: max_active_tasks", least=1),
        "max_consecutive_failed_dag_runs":
            _count(dag.max_consecutive_failed_dag_runs, f"{where}: max_consecutive_failed_dag_runs"),
        "dagrun_timeout": _duration(dag.dagrun_timeout, f"{where}: dagrun_timeout"),
        "fail_fast": bool(dag.fail_fast),
        "is_paused_upon_creation": dag.is_paused_upon_creation,
        "tags": sorted({str(tag) for tag in dag.tags}),
        "params_json": _params(dag.params, where),
        "param_schemas_json": _param_schemas(dag.params, where),
        "profile": read_as,
        "fileloc": dag.fileloc,
        "warnings": warnings_of(dag),
        **shown.of_dag(dag, where),
    }
    spec = {name: value for name, value in spec.items() if value or name == "is_paused_upon_creation"}
    if spec.get("is_paused_upon_creation") is None:
        spec.pop("is_paused_upon_creation", None)
    spec["tasks"] = [_task(task, dag, first, last) for task in dag.tasks]
    groups = [{**work_spec.of_group(group), **_said(shown.of_group(group, f"{where}, task group {group.group_id!r}"))}
              for group in dag.task_group_dict.values()]
    return {**spec, "task_groups": groups} if groups else spec


def _said(spec):
    return {name: value for name, value in spec.items() if value}


def warnings_of(dag):
    """What the file asks for and Gale does not do: a sentence each, which the DAG's pages show."""
    asked = list(dag.ignored_arguments)
    lines = []
    if assets.condition_of(dag.schedule) is not None:
        lines.append("its schedule of assets is accepted, but assets start no runs in Gale yet")
    elif getattr(dag.schedule, "not_done", None):
        asked.append(dag.schedule.not_done)
    by_name = {}
    for task in dag.tasks:
        for name in task.asked_in_vain():
            by_name.setdefault(name, []).append(task.task_id)
    asked += [f"{name} of {_tasks(task_ids)}" for name, task_ids in sorted(by_name.items())]
    return [f"{what} is accepted, but Gale does not act on it yet" for what in asked] + lines


def _tasks(task_ids):
    named = ", ".join(map(repr, task_ids[:TASKS_NAMED_MAX]))
    if len(task_ids) == 1:
        return f"task {named}"
    return f"{len(task_ids)} tasks ({named}{', ...' if len(task_ids) > TASKS_NAMED_MAX else ''})"


def to_json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)


def _setting(name):
    """Of the master's configuration, [core]; None if nobody told, or where it is the DagSpec's default anyway."""
    said = os.environ.get("GALE_" + name)
    return None if said in (None, "16") else int(said)


def _last_date(dag):
    if dag.end_date or not dag.tasks:
        return dag.end_date or as_time(dag.default_args.get("end_date"), f"DAG {dag.dag_id!r}: end_date")
    dates = [task.end_date for task in dag.tasks]
    return max(dates) if all(dates) else None


def _task(task, dag, first, last):
    """The TaskSpec; first, last: the DAG's dates as timestamps, which are not said again."""
    where = f"DAG {dag.dag_id!r}, task {task.task_id!r}"
    try:
        rule = TriggerRule.parse(task.trigger_rule)
    except ValueError:
        raise AirflowException(f"{where}: unknown trigger_rule {task.trigger_rule!r}") from None
    weight_rule, weight = _weight(task, where)
    if not WeightRule.is_valid(weight_rule):
        raise AirflowException(f"{where}: unknown weight_rule {task.weight_rule!r}")
    backoff = task.retry_exponential_backoff
    spec = {
        "task_id": task.task_id,
        "operator_name": task.operator_name,
        "downstream_task_ids": sorted(task.downstream_task_ids),
        "owner": text(task.owner, f"{where}: owner") or DEFAULT_OWNER,
        "trigger_rule": "" if rule == "all_success" else rule,
        # Fewer than none is none: Airflow retries while try_number <= max_tries, which begins at `retries`.
        "retries": _count(max(0, as_retries(task.retries, f"{where}: retries")), f"{where}: retries"),
        "retry_delay": _duration(task.retry_delay, f"{where}: retry_delay"),
        "retry_backoff": 2.0 if backoff is True else float(backoff or 0),
        "max_retry_delay": _duration(task.max_retry_delay, f"{where}: max_retry_delay"),
        "lost_retries": _count(task.lost_retries, f"{where}: lost_retries"),
        "execution_timeout": _duration(task.execution_timeout, f"{where}: execution_timeout"),
        "pool": "" if task.pool in (None, DEFAULT_POOL) else text(task.pool, f"{where}: pool"),
        "pool_slots": _unless(1, _count(task.pool_slots, f"{where}: pool_slots", least=1)),
        "weight_rule": "" if weight_rule == "downstream" else weight_rule,
        "queue": "" if task.queue in (None, DEFAULT_QUEUE) else text(task.queue, f"{where}: queue"),
        "depends_on_past": bool(task.depends_on_past or task.wait_for_downstream),
        "wait_for_downstream": bool(task.wait_for_downstream),
        "start_date": _unless(first, _timestamp(_later(task.start_date, dag.start_date))),
        "end_date": _unless(last, _timestamp(_earlier(task.end_date, dag.end_date))),
        "max_active_tis_per_dag": _count(task.max_active_tis_per_dag, f"{where}: max_active_tis_per_dag"),
        "max_active_tis_per_dagrun": _count(task.max_active_tis_per_dagrun, f"{where}: max_active_tis_per_dagrun"),
        "is_setup": task.is_setup,
        "is_teardown": task.is_teardown,
        "on_failure_fail_dagrun": bool(task.on_failure_fail_dagrun),
        "params_json": _params(task.own_params, where),
        **shown.of_task(task, where),
    }
    spec = _said(spec)
    # These differ from "absent" when they hold 0 or false.
    if isinstance(weight, bool) or not isinstance(weight, int) or abs(weight) >= 1 << 31:
        raise AirflowException(f"{where}: priority_weight must be a whole number of 32 bits, not {weight!r}")
    if weight != 1:
        spec["priority_weight"] = weight
    for name in ("ignore_first_depends_on_past", "do_xcom_push"):
        if not getattr(task, name):
            spec[name] = False
    spec.update(work_spec.of_task(task, where))
    return spec


def _weight(task, where):
    """(weight_rule, priority_weight)."""
    try:
        strategy = priority_strategy.strategy_of(task.weight_rule)
        if strategy is not None:
            return "absolute", priority_strategy.weight_of(strategy, task)
    except Exception as error:  # the file's own code
        raise AirflowException(f"{where}: weight_rule: {error}") from error
    return str(getattr(task.weight_rule, "value", task.weight_rule)), task.priority_weight


def _params(params, where):
    return _json_or_nothing({name: param.value for name, param in params.params() if param.has_value},
                            f"{where}: params")


def _param_schemas(params, where):
    """What the master checks a run's conf with: of params that say something about their value, or must get one."""
    said = {name: {"schema": param.schema, "description": param.description}
            for name, param in params.params() if param.schema or param.description or not param.has_value}
    return _json_or_nothing(said, f"{where}: the schemas of params")


def _json_or_nothing(value, what):
    try:
        # Names that are numbers become texts first: they can't be sorted among texts.
        return to_json(json.loads(json.dumps(value, allow_nan=False))) if value else ""
    except (TypeError, ValueError) as error:
        raise AirflowException(f"{what} must be JSON: {error}") from None


def _count(value, what, least=0):
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= UINT32_MAX:
        raise AirflowException(f"{what} must be a whole number of at least {least}, not {value!r}")
    return value


def _duration(value, what):
    delta = as_timedelta(value, what)
    if delta is None:
        return None
    if delta < dt.timedelta() or not math.isfinite(delta.total_seconds()):
        raise AirflowException(f"{what} must not be negative, and is {delta}")
    return duration(delta)


def _timestamp(value):
    """RFC 3339 in UTC, with as many decimals as there are."""
    if value is None:
        return None
    written = value.astimezone(dt.timezone.utc).replace(tzinfo=None).isoformat()
    return (written.rstrip("0") if "." in written else written) + "Z"


def _unless(default, value):
    return None if value == default else value


def _later(one, other):
    return max(one, other) if one and other else one or other


def _earlier(one, other):
    return min(one, other) if one and other else one or other
