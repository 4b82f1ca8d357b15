"""The task instance that runs in this process: its XComs, and what it may ask of its supervisor."""

import datetime as dt

from gale import task_state, timezone, xcom_values
from gale.mapped import ExpandInput
from gale.models import TaskInstance
from gale.template import parse_time
from gale.xcom_arg import XCOM_RETURN_KEY

_UNSET = object()


def _mapped_groups(task):
    return task.task_group.mapped_parents() if getattr(task, "task_group", None) is not None else []


def is_mapped(task):
    """Whether it has many instances in a run."""
    return isinstance(getattr(task, "expand_input", None), ExpandInput) or bool(_mapped_groups(task))


class RuntimeTaskInstance(TaskInstance):
    """`ti` of the context. `details`: the StartupDetails of the attempt."""

    def __init__(self, details, task, profile):
        said, context = details["ti"], details["ti_context"]
        super().__init__(task=task, run_id=said["run_id"], task_id=said["task_id"], dag_id=said["dag_id"],
                         map_index=said.get("map_index", -1), try_number=said.get("try_number", 1), state="running")
        self.id = said.get("id", "")
        self.max_tries = context.get("max_tries", 0)
        self.task_reschedule_count = context.get("task_reschedule_count", 0)
        self.start_date = parse_time(details.get("start_date")) or timezone.utcnow()
        self.end_date = self.duration = None
        self.hostname = said.get("hostname", "")
        self.log_url = details.get("log_url", "")
        self.pid = __import__("os").getpid()
        self.pool, self.queue = getattr(task, "pool", None), getattr(task, "queue", None)
        self.operator = getattr(task, "task_type", "")
        self.is_mapped = self.map_index >= 0
        self.rendered_map_index = None
        self.profile = profile
        self._template_context = None

    @property
    def prev_attempted_tries(self):
        return self.try_number - 1

    def get_template_context(self, session=None, ignore_param_exceptions=True):
        return self._template_context

    # XComs.

    def xcom_push(self, key, value, execution_date=None, session=None, *, mapped_length=None):
        message = {"type": "SetXCom", "key": key, "value": xcom_values.encode(value), "dag_id": self.dag_id,
                   "run_id": self.run_id, "task_id": self.task_id, "map_index": self.map_index}
        if mapped_length is not None:
            message["mapped_length"] = mapped_length
        task_state.ask(message)

    def xcom_pull(self, task_ids=None, dag_id=None, key=XCOM_RETURN_KEY, include_prior_dates=False, session=None, *,
                  map_indexes=_UNSET, default=None, run_id=None):
        """The value of one task, or a list of several tasks'. Without task_ids: of any task of the run up to Airflow
        2, of this one in 3."""
        if hasattr(task_ids, "task_id"):
            task_ids = task_ids.task_id
        key = XCOM_RETURN_KEY if key is None and task_ids is not None else key
        ask = {"dag_id": dag_id or self.dag_id, "run_id": run_id or self.run_id, "key": key,
               "include_prior_dates": bool(include_prior_dates)}
        if task_ids is None:
            task_ids = self.task_id if self.profile == "3" else None
        if task_ids is None or isinstance(task_ids, str):
            return self._pull(task_ids, ask, map_indexes, default)
        return [self._pull(getattr(each, "task_id", each), ask, map_indexes, default) for each in task_ids]

    def _pull(self, task_id, ask, map_indexes, default):
        if map_indexes is _UNSET:
            map_indexes = self._indexes_of(task_id) if ask["dag_id"] == self.dag_id else None
            if map_indexes == "all":
                return self._slice(task_id, ask)
        if isinstance(map_indexes, (list, tuple, range)):
            return [self._get(task_id, ask, index, default) for index in map_indexes]
        return self._get(task_id, ask, map_indexes, default)

    def _indexes_of(self, task_id):
        """Which instances of a task of this DAG a bare pull means: "all", this one's index, or none."""
        dag = getattr(self.task, "dag", None)
        other = dag.task_dict.get(task_id) if dag is not None and task_id else None
        if other is None or task_id == self.task_id:
            return self.map_index if task_id == self.task_id else None
        if not is_mapped(other):
            return None
        return self.map_index if self._beside(other) else "all"

    def _beside(self, other):
        """Whether the other is in the same mapped group: then it has an instance of this one's index."""
        mine, its = _mapped_groups(self.task), _mapped_groups(other)
        return bool(its) and bool(mine) and its[-1] is mine[-1]

    def _get(self, task_id, ask, map_index, default=None):
        answer = task_state.ask({"type": "GetXCom", **ask, "task_id": task_id, "map_index": map_index})
        value = None if answer is None else answer.get("value")
        return default if value is None else xcom_values.decode(value)

    def _slice(self, task_id, ask):
        answer = task_state.ask({"type": "GetXComSequenceSlice", **ask, "task_id": task_id, "start": None,
                                 "stop": None, "step": None})
        return [xcom_values.decode(value) for value in answer["root"]]

    def look_up(self, source, name):
        """What an XComArg stands for: a task's result (of a mapped one: all), or a mapped group's argument."""
        if not hasattr(source, "task_id"):
            return source.expand_input.element(self.map_index, self.look_up)[name]
        ask = {"dag_id": self.dag_id, "run_id": self.run_id, "key": name, "include_prior_dates": False}
        if is_mapped(source) and not self._beside(source):
            return self._slice(source.task_id, ask)
        return self._get(source.task_id, ask, self.map_index if is_mapped(source) else None)

    # What else it may ask.

    def get_first_reschedule_date(self, context=None):
        answer = task_state.ask({"type": "GetTaskRescheduleStartDate", "ti_id": self.id,
                                 "try_number": self.try_number}) or {}
        return parse_time(answer.get("start_date"))

    def get_previous_dagrun(self, state=None, session=None):
        from gale.models import DagRun
        answer = task_state.ask({"type": "GetPreviousDagRun", "dag_id": self.dag_id, "state": state and str(state),
                                 "logical_date": self.logical_date and self.logical_date.isoformat()}) or {}
        return DagRun(**answer["dag_run"]) if answer.get("dag_run") else None

    @property
    def previous_ti(self):
        run = self.get_previous_dagrun()
        return run.get_task_instance(self.task_id) if run else None

    def get_previous_ti(self, state=None, session=None):
        run = self.get_previous_dagrun(state)
        return run.get_task_instance(self.task_id) if run else None

    def get_previous_start_date(self, state=None):
        run = self.get_previous_dagrun(state)
        return run.start_date if run else None

    @staticmethod
    def get_dr_count(dag_id, logical_dates=None, run_ids=None, states=None):
        return task_state.ask({"type": "GetDRCount", "dag_id": dag_id, "run_ids": run_ids, "states": states,
                               "logical_dates": [_iso(each) for each in logical_dates or ()] or None})["count"]

    @staticmethod
    def get_ti_count(dag_id, map_index=None, task_ids=None, task_group_id=None, logical_dates=None, run_ids=None,
                     states=None):
        return task_state.ask({"type": "GetTICount", "dag_id": dag_id, "task_ids": task_ids,
                               "task_group_id": task_group_id, "run_ids": run_ids, "states": states,
                               "logical_dates": [_iso(each) for each in logical_dates or ()] or None})["count"]

    @staticmethod
    def get_task_states(dag_id, map_index=None, task_ids=None, task_group_id=None, logical_dates=None, run_ids=None):
        return task_state.ask({"type": "GetTaskStates", "dag_id": dag_id, "task_ids": task_ids,
                               "task_group_id": task_group_id, "run_ids": run_ids,
                               "logical_dates": [_iso(each) for each in logical_dates or ()] or None})["task_states"]

    @staticmethod
    def get_dagrun_state(dag_id, run_id):
        return task_state.ask({"type": "GetDagRunState", "dag_id": dag_id, "run_id": run_id})["state"]

    def is_eligible_to_retry(self):
        return self.try_number <= self.max_tries

    @property
    def mark_success_url(self):
        return self.log_url

    def get_num_running_task_instances(self, *args, **kwargs):
        return 1

    def get_duration(self):
        return (timezone.utcnow() - self.start_date) / dt.timedelta(seconds=1)


def _iso(value):
    return value.isoformat() if hasattr(value, "isoformat") else value
