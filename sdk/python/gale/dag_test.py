"""dag.test(): a run of a DAG in this process, task after task, without a server. A debugger stops in it."""

import json
import logging
import os
import re
import sys
import time
import uuid

from gale import bundled, context, profile, task_state, timezone
from gale.attempt import Attempt
from gale.connection import Connection
from gale.enums import TriggerRule
from gale.exceptions import AirflowException
from gale.local_supervisor import LocalSupervisor
from gale.mapped import MappedOperator
from gale.models import DagRun
from gale.operators import EmptyOperator
from gale.task_instance import RuntimeTaskInstance
from gale.trigger_rules import RUN, WAIT, decide

INSTANCES_MAX = 1024  # [core] max_map_length
_ROUNDS_MAX = 1_000_000


class _Run:
    """The run: the states of its instances, and which comes next."""

    def __init__(self, dag, supervisor, facts, run_profile):
        self.dag = dag
        self.supervisor = supervisor
        self.facts = facts
        self.profile = run_profile
        self.key = dag.dag_id, facts["run_id"]
        supervisor.runs[self.key] = facts
        self.states = supervisor.states[self.key] = {}
        self.instances = {}  # task_id -> its map indexes; absent: not known yet
        self.ids = {}

    # What there is.

    def indexes(self, task):
        """The map indexes of a task; None while what it is mapped over isn't there."""
        if task.task_id in self.instances:
            return self.instances[task.task_id]
        inputs = [group.expand_input for group in task.task_group.mapped_parents()] if task.task_group else []
        inputs += [task.expand_input] if isinstance(task, MappedOperator) else []
        if not inputs:
            self.instances[task.task_id] = [-1]
            return [-1]
        before = {other.task_id for expand_input in inputs for other in expand_input.references()}
        if any(self.state_of(self.dag.task_dict[task_id]) != "success" for task_id in before):
            return None
        length = 1
        for expand_input in inputs:
            length *= expand_input.length(self.probe(task).look_up)
        if length > INSTANCES_MAX:
            raise AirflowException(f"task {task.task_id!r} would have {length} instances, more than {INSTANCES_MAX}")
        self.instances[task.task_id] = list(range(length))
        return self.instances[task.task_id]

    def probe(self, task):
        return RuntimeTaskInstance(self.details(task, -1, 1), task, self.profile)

    def state_of(self, task):
        """Of all its instances: None until all are done; the worst one's then."""
        indexes = self.instances.get(task.task_id)
        if indexes is None:
            return self.states.get((task.task_id, -1))
        states = [self.states.get((task.task_id, index)) for index in indexes]
        if any(state is None for state in states):
            return None
        return next((state for state in ("failed", "upstream_failed") if state in states),
                    "success" if "success" in states else "skipped")

    def upstream_states(self, task, index):
        found, setups = [], []
        for before in task.upstream_list:
            same = _shares_group(task, before)
            indexes = self.instances.get(before.task_id) or [-1]
            for each in ([index] if same and index in indexes else indexes):
                state = self.states.get((before.task_id, each))
                found.append(state)
                if before.is_setup:
                    setups.append(state)
        return found, setups

    # What is done.

    def step(self):
        """Looks at every task once. Whether anything changed."""
        changed = False
        for task in self.dag.topological_sort():
            indexes = self.indexes(task) if self._known(task) else None
            if indexes is None:
                changed |= self._without_elements(task)
                continue
            if indexes == [] and (task.task_id, -1) not in self.states:
                self.states[task.task_id, -1] = "skipped"
                self.instances[task.task_id] = [-1]
                changed = True
                continue
            for index in indexes:
                if self.states.get((task.task_id, index)) is None:
                    changed |= self._try(task, index)
        return changed

    def _known(self, task):
        return self.states.get((task.task_id, -1)) is None

    def _without_elements(self, task):
        """What it is mapped over will not come: then it ends as its trigger rule says of those before."""
        if self.states.get((task.task_id, -1)) is not None:
            return False
        upstream, setups = self.upstream_states(task, -1)
        verdict = decide(TriggerRule.parse(task.trigger_rule), upstream, setups)
        if verdict == RUN and all(state is not None for state in upstream):
            verdict = "upstream_failed" if "failed" in upstream or "upstream_failed" in upstream else "skipped"
        if verdict in (RUN, WAIT):
            return False
        self.states[task.task_id, -1] = verdict
        self.instances[task.task_id] = [-1]
        return True

    def _try(self, task, index):
        upstream, setups = self.upstream_states(task, index)
        verdict = decide(TriggerRule.parse(task.trigger_rule), upstream, setups)
        if verdict == WAIT:
            return False
        self.states[task.task_id, index] = self._execute(task, index) if verdict == RUN else verdict
        return True

    def details(self, task, index, number):
        key = task.task_id, index
        identity = self.ids.setdefault(key, str(uuid.uuid4()))
        return {"type": "StartupDetails", "fileloc": self.dag.fileloc, "start_date": timezone.utcnow().isoformat(),
                "test_mode": False,
                "ti": {"id": identity, "task_id": task.task_id, "dag_id": self.dag.dag_id, "run_id": self.key[1],
                       "try_number": number, "map_index": index},
                "ti_context": {"dag_run": {name: value for name, value in self.facts.items() if name != "state"},
                               "max_tries": task.retries, "should_retry": number <= task.retries,
                               "task_reschedule_count": 0}}

    def _execute(self, task, index):
        """The state that it ends in, after all its tries and reschedules. Retries come at once."""
        name = task.task_id if index < 0 else f"{task.task_id}[{index}]"
        if task.operator_class.execute is EmptyOperator.execute and not task.needs_process:
            return "success"
        number, pokes = 1, 0
        while True:
            details = self.details(task, index, number)
            details["ti_context"]["task_reschedule_count"] = pokes
            self.supervisor.skipped = []
            self.supervisor.attempt = (*self.key, task.task_id, index)
            print(f"--- {name}" + (f", try {number}" if number > 1 else ""), flush=True)
            end = Attempt(details, self.dag, _fresh(task), self.profile).run()
            task_state.current_context = None
            if end["type"] == "RescheduleTask":
                pokes += 1
                self.supervisor.reschedules.setdefault(details["ti"]["id"], details["start_date"])
                when = timezone.parse(end["reschedule_date"])
                time.sleep(max(0.0, (when - timezone.utcnow()).total_seconds()))
            elif end["type"] == "RetryTask":
                number += 1
            else:
                self._skip(index)
                return end["state"]

    def _skip(self, index):
        for each in self.supervisor.skipped:
            task_id, at = (each, None) if isinstance(each, str) else each
            indexes = self.instances.get(task_id)
            if at is None and indexes is None:
                self.states[task_id, -1] = "skipped"
                self.instances[task_id] = [-1]
            for one in ([at] if at is not None else indexes or ()):
                if index < 0 or at is not None or one in (-1, index):
                    self.states.setdefault((task_id, one), "skipped")


def _fresh(task):
    """A copy for the attempt: rendering changes it, and another try starts from what the file says."""
    import copy
    return task if isinstance(task, MappedOperator) else copy.copy(task)


def _shares_group(one, other):
    mine = one.task_group.mapped_parents() if one.task_group else []
    its = other.task_group.mapped_parents() if other.task_group else []
    return bool(mine) and bool(its) and mine[-1] is its[-1]


def _read(path, what):
    """Variables or connections of a JSON or YAML file."""
    if path is None:
        return {}
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if str(path).endswith((".yaml", ".yml")):
        try:
            import yaml
        except ImportError:
            raise AirflowException(f"the {what} in {path} need the package pyyaml; JSON needs none") from None
        return yaml.safe_load(text)
    return json.loads(text)


def _connections(path):
    found = {}
    for conn_id, said in _read(path, "connections").items():
        made = Connection(conn_id=conn_id, uri=said) if isinstance(said, str) else Connection(conn_id=conn_id, **said)
        found[conn_id] = {name: getattr(made, name) for name in ("conn_type", "description", "host", "login",
                                                                 "password", "schema", "port", "extra")}
    return found


def run_dag(dag, logical_date=None, conf=None, connections_file=None, variables_file=None, mark_success_pattern=None):
    """Runs the DAG to its end. Returns its DagRun: state, and get_task_instances()."""
    bundled.provide()
    dag.check_cycle()
    when = timezone.utcnow() if logical_date is None else timezone.parse(logical_date) \
        if isinstance(logical_date, str) else timezone.coerce_datetime(logical_date)
    variables = {key: value if isinstance(value, str) else json.dumps(value)
                 for key, value in _read(variables_file, "variables").items()}
    supervisor = LocalSupervisor(variables, _connections(connections_file))
    text = when.isoformat()
    facts = {"dag_id": dag.dag_id, "run_id": f"manual__{text}", "run_type": "manual", "logical_date": text,
             "data_interval_start": text, "data_interval_end": text, "run_after": text, "start_date": text,
             "conf": dict(conf or {}), "state": "running"}
    if not logging.getLogger().handlers:
        logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="[%(asctime)s] %(levelname)s - %(message)s")
    supervisor.run_here = lambda wanted: _run_triggered(supervisor, wanted, dag)
    before, task_state.supervisor = task_state.supervisor, supervisor
    os.environ.setdefault("AIRFLOW_CTX_DAG_ID", dag.dag_id)
    try:
        run = _Run(dag, supervisor, facts, profile.current())
        if mark_success_pattern:
            for task in dag.tasks:
                if re.search(mark_success_pattern, task.task_id):
                    run.states[task.task_id, -1] = "success"
                    run.instances[task.task_id] = [-1]
        return _to_its_end(run)
    finally:
        task_state.supervisor = before


def _to_its_end(run):
    for _ in range(_ROUNDS_MAX):
        if not run.step():
            break
    return _finished(run)


def _run_triggered(supervisor, wanted, caller):
    """A run that a task triggered: at once, and to its end, if its DAG is of the same file. Else it stays queued."""
    dag = next((dag for dag in context.registered if dag.dag_id == wanted["dag_id"]), None)
    if dag is None or dag is caller:
        return
    text = wanted["logical_date"] or timezone.utcnow().isoformat()
    wanted.update(state="running", run_after=text, start_date=text, data_interval_start=text, data_interval_end=text)
    before = task_state.current_context, supervisor.attempt, supervisor.skipped
    try:
        _to_its_end(_Run(dag, supervisor, wanted, profile.current()))
    finally:
        task_state.current_context, supervisor.attempt, supervisor.skipped = before


def _finished(run):
    leaves = [task for task in run.dag.leaves if not task.is_teardown or task.on_failure_fail_dagrun] \
        or run.dag.leaves
    bad = any(run.state_of(task) in ("failed", "upstream_failed") for task in leaves)
    run.facts["state"] = "failed" if bad else "success"
    for (task_id, index), state in run.states.items():
        print(f"{task_id if index < 0 else f'{task_id}[{index}]':40} {state}")
    print(f"--- {run.dag.dag_id}: {run.facts['state']}", flush=True)
    for name in ("on_failure_callback",) if bad else ("on_success_callback",):
        for callback in _as_list(getattr(run.dag, name)):
            callback({"dag": run.dag, "run_id": run.key[1], "dag_run": DagRun(**run.facts), "reason": ""})
    done = DagRun(**run.facts)
    done.task_states = dict(run.states)
    done.supervisor = run.supervisor
    return done


def _as_list(value):
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]
