"""Airflow's models as far as files use them: hints of types, and questions that the supervisor of a task answers."""

import logging
import os

from gale import task_state, timezone
from gale.enums import DagRunState, DagRunType
from gale.exceptions import AirflowException, DagNotFound
from gale.xcom_arg import XCOM_RETURN_KEY


def _ask(message):
    if task_state.supervisor is None:
        raise AirflowException(f"{message['type']} is answered in a running task only, not while a file is read")
    return task_state.ask(message)


class DagRun:
    """A run, as the context and the questions below have it."""

    def __init__(self, dag_id=None, run_id=None, state=None, logical_date=None, execution_date=None, conf=None,
                 run_type=DagRunType.MANUAL, data_interval_start=None, data_interval_end=None, start_date=None,
                 end_date=None, run_after=None, **more):
        self.dag_id, self.run_id, self.state, self.conf = dag_id, run_id, state, conf or {}
        self.logical_date = self.execution_date = _time(logical_date or execution_date)
        self.data_interval_start, self.data_interval_end = _time(data_interval_start), _time(data_interval_end)
        self.start_date, self.end_date, self.run_after = _time(start_date), _time(end_date), _time(run_after)
        self.run_type = run_type
        self.external_trigger = str(run_type) == "manual"
        vars(self).update(more)

    @classmethod
    def find(cls, dag_id=None, run_id=None, execution_date=None, logical_date=None, state=None, external_trigger=None,
             run_type=None, **kwargs):
        """The runs that are so, oldest first."""
        when = logical_date or execution_date
        return [cls(**run) for run in _ask({
            "type": "FindDagRuns", "dag_id": dag_id, "run_id": run_id, "state": state and str(state),
            "logical_date": when and when.isoformat(), "run_type": run_type and str(run_type)})["dag_runs"]]

    @classmethod
    def generate_run_id(cls, run_type=DagRunType.MANUAL, execution_date=None, **kwargs):
        when = kwargs.get("logical_date") or execution_date or kwargs.get("run_after") or timezone.utcnow()
        return f"{run_type}__{when.isoformat()}"

    def get_task_instances(self, state=None, **kwargs):
        states = [state] if isinstance(state, str) else state
        answer = _ask({"type": "GetTaskStates", "dag_id": self.dag_id, "run_ids": [self.run_id]})
        found = [TaskInstance(dag_id=self.dag_id, run_id=self.run_id, task_id=task_id, state=said, dag_run=self)
                 for task_id, said in answer["task_states"].get(self.run_id, {}).items()]
        return [ti for ti in found if states is None or ti.state in [str(each) for each in states]]

    def get_task_instance(self, task_id, **kwargs):
        return next((ti for ti in self.get_task_instances() if ti.task_id == task_id), None)

    def get_state(self):
        return self.state

    @property
    def is_backfill(self):
        return str(self.run_type) == "backfill"

    def __repr__(self):
        return f"<DagRun {self.dag_id} @ {self.run_id}>"


def _time(value):
    if isinstance(value, str):
        from gale.template import parse_time
        return parse_time(value)
    return value


class TaskInstance:
    """A task of a run. The one that runs is a gale.task_instance.RuntimeTaskInstance."""

    def __init__(self, task=None, execution_date=None, run_id=None, state=None, map_index=-1, *, task_id=None,
                 dag_id=None, dag_run=None, try_number=0, **more):
        self.task = task
        self.task_id = task_id or getattr(task, "task_id", None)
        self.dag_id = dag_id or getattr(task, "dag_id", None)
        self.run_id, self.state, self.map_index, self.dag_run = run_id, state, map_index, dag_run
        self.try_number = try_number
        self.execution_date = self.logical_date = execution_date
        vars(self).update(more)

    def current_state(self, session=None):
        return self.state

    @property
    def log(self):
        return logging.getLogger("airflow.task")

    @property
    def key(self):
        return self.dag_id, self.task_id, self.run_id, self.try_number, self.map_index

    def get_dagrun(self, session=None):
        return self.dag_run

    def __repr__(self):
        return f"<TaskInstance: {self.dag_id}.{self.task_id} {self.run_id} [{self.state}]>"


class TaskInstanceKey(tuple):
    pass


class DagModel:
    """What is known of a DAG beside its file."""

    def __init__(self, **known):
        vars(self).update(known)

    @classmethod
    def get_dagmodel(cls, dag_id, session=None):
        said = _ask({"type": "GetDag", "dag_id": dag_id})
        return cls(**said) if said and said.get("dag_id") else None

    get_current = get_dagmodel


class XCom:
    """XCom.get_one and get_many over the supervisor of the task."""

    XCOM_RETURN_KEY = XCOM_RETURN_KEY

    @classmethod
    def get_one(cls, *, key=None, task_id=None, dag_id=None, run_id=None, map_index=None, execution_date=None,
                include_prior_dates=False, session=None, **kwargs):
        from gale import xcom_values
        answer = _ask({"type": "GetXCom", "key": key or XCOM_RETURN_KEY, "dag_id": dag_id, "run_id": run_id,
                       "task_id": task_id, "map_index": map_index, "include_prior_dates": include_prior_dates})
        return xcom_values.decode(answer["value"])

    get_value = get_one

    @classmethod
    def get_many(cls, *, key=None, task_ids=None, dag_ids=None, run_id=None, **kwargs):
        task_ids = [task_ids] if isinstance(task_ids, str) else task_ids or []
        dag_id = dag_ids if isinstance(dag_ids, (str, type(None))) else dag_ids[0]
        return [cls(key=key or XCOM_RETURN_KEY, task_id=task_id, dag_id=dag_id,
                    value=cls.get_one(key=key, task_id=task_id, dag_id=dag_id, run_id=run_id)) for task_id in task_ids]

    @classmethod
    def set(cls, key, value, *, task_id, dag_id, run_id=None, map_index=-1, **kwargs):
        from gale import xcom_values
        _ask({"type": "SetXCom", "key": key, "value": xcom_values.encode(value), "dag_id": dag_id, "run_id": run_id,
              "task_id": task_id, "map_index": map_index})

    @staticmethod
    def serialize_value(value, **kwargs):
        from gale import xcom_values
        return xcom_values.encode(value)

    @staticmethod
    def deserialize_value(result):
        from gale import xcom_values
        return xcom_values.decode(getattr(result, "value", result))

    def __init__(self, **fields):
        vars(self).update(fields)


BaseXCom = XCom


class Pool:
    """A pool by name. Its slots are set with `gale pools set`."""

    DEFAULT_POOL_NAME = "default_pool"

    def __init__(self, pool=None, slots=None, description=None, include_deferred=False, **kwargs):
        self.pool, self.slots, self.description = pool, slots, description


class DagBag:
    """The DAGs of a folder or file, read in this process: for tests of one's own DAGs."""

    def __init__(self, dag_folder=None, include_examples=False, safe_mode=True, read_dags_from_db=False, **kwargs):
        from gale.configuration import conf
        self.dag_folder = str(dag_folder or conf.get("core", "dags_folder"))
        self.dags, self.import_errors = {}, {}
        if os.path.isfile(self.dag_folder):
            self.process_file(self.dag_folder)
        for folder, folders, names in os.walk(self.dag_folder):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for name in sorted(names):
                if name.endswith(".py"):
                    self.process_file(os.path.join(folder, name))

    def process_file(self, filepath, only_if_updated=True, safe_mode=True):
        from gale import parse_file, serialize
        with open(filepath, "rb") as file:
            if not parse_file.might_hold_dags(file.read()):
                return []
        parse_file.extend_path(filepath, self.dag_folder if os.path.isdir(self.dag_folder) else "")
        try:
            dags, errors = parse_file.run_file(filepath)
            for dag in dags:
                serialize.serialize_dag(dag)
        except Exception as error:
            self.import_errors[filepath] = parse_file.users_traceback(error)
            return []
        if errors:
            self.import_errors[filepath] = "\n".join(errors)
        self.dags.update((dag.dag_id, dag) for dag in dags)
        return dags

    @property
    def dag_ids(self):
        return list(self.dags)

    def size(self):
        return len(self.dags)

    def get_dag(self, dag_id, session=None):
        return self.dags.get(dag_id)


def trigger_dag(dag_id, run_id=None, conf=None, execution_date=None, replace_microseconds=True, logical_date=None,
                triggered_by=None, **kwargs):
    """Makes a run of a DAG, in a running task. DagRunAlreadyExists if there is one of that id."""
    import json
    when = logical_date or execution_date or timezone.utcnow()
    conf = json.loads(conf) if isinstance(conf, str) else conf
    run_id = run_id or DagRun.generate_run_id(DagRunType.MANUAL, when)
    try:
        _ask({"type": "TriggerDagRun", "dag_id": dag_id, "run_id": run_id, "conf": conf or {},
              "logical_date": when.isoformat(), "reset_dag_run": False})
    except task_state.SupervisorError as error:
        if error.error == "DAG_NOT_FOUND":
            raise DagNotFound(f"Dag id {dag_id} not found") from None
        if error.error == "DAGRUN_ALREADY_EXISTS":
            from gale.exceptions import DagRunAlreadyExists
            raise DagRunAlreadyExists(f"DAG {dag_id!r} has a run {run_id!r} already") from None
        raise
    return DagRun(dag_id=dag_id, run_id=run_id, conf=conf, logical_date=when, state=DagRunState.QUEUED)


class Client:
    """airflow.api.client.local_client: what of it makes runs."""

    def __init__(self, *args, **kwargs):
        pass

    def trigger_dag(self, dag_id, run_id=None, conf=None, execution_date=None, **kwargs):
        return trigger_dag(dag_id, run_id, conf, execution_date, **kwargs)


def get_task_instance(dag_id, task_id, execution_date=None, **kwargs):
    return TaskInstance(dag_id=dag_id, task_id=task_id, execution_date=execution_date)


def clear_task_instances(*args, **kwargs):
    raise AirflowException("a task can't clear tasks in Gale yet; use POST /api/v2/dags/.../clearTaskInstances")
