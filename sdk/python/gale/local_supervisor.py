"""A supervisor in memory: answers the questions of tasks from dicts. Of dag.test(), and of tests."""

import copy

from gale.task_state import SupervisorError
from gale.xcom_arg import XCOM_RETURN_KEY

OK = {"type": "OKResponse", "ok": True}


class LocalSupervisor:
    """variables: key -> text. connections: conn_id -> its fields. runs: (dag_id, run_id) -> the run's fields."""

    def __init__(self, variables=None, connections=None):
        self.variables = dict(variables or {})
        self.connections = dict(connections or {})
        self.runs = {}
        self.xcoms = {}        # (dag_id, run_id, task_id, map_index, key) -> value, oldest first
        self.states = {}       # (dag_id, run_id) -> {(task_id, map_index): state}
        self.rendered = {}
        self.skipped = []      # of the attempt that asks
        self.masked = []
        self.reschedules = {}  # ti_id -> when its first poke was
        self.known_dags = None  # dag_ids that may be triggered; None: any
        self.asked = []
        self.attempt = None    # (dag_id, run_id, task_id, map_index) of who asks
        self.run_here = None   # called with a triggered run's facts: runs it, if that DAG is at hand

    def ask(self, message):
        """The answer's body. SupervisorError: no."""
        self.asked.append(message["type"])
        handler = getattr(self, "_" + message["type"], None)
        if handler is None:
            raise SupervisorError("GENERIC_ERROR", f"no such question: {message['type']}")
        return copy.deepcopy(handler(message))

    # XComs.

    def _value(self, ask, map_index):
        runs = [ask["run_id"]]
        if ask.get("include_prior_dates"):
            runs += [run_id for dag_id, run_id in reversed(self.runs) if dag_id == ask["dag_id"]
                     and run_id != ask["run_id"]]
        for run_id in runs:
            for key, value in reversed(self.xcoms.items()):
                if key[:2] == (ask["dag_id"], run_id) and ask["task_id"] in (None, key[2]) \
                        and map_index in (None, key[3]) and key[4] == ask["key"]:
                    return value
        return None

    def _GetXCom(self, ask):
        return {"type": "XComResult", "key": ask["key"], "value": self._value(ask, ask.get("map_index"))}

    def _all(self, ask):
        found = [(key[3], value) for key, value in self.xcoms.items()
                 if key[:3] == (ask["dag_id"], ask["run_id"], ask["task_id"]) and key[4] == ask["key"]]
        return [value for _, value in sorted(found, key=lambda pair: pair[0])]

    def _GetXComCount(self, ask):
        return {"type": "XComCountResponse", "len": len(self._all(ask))}

    def _GetXComSequenceItem(self, ask):
        values = self._all(ask)
        if not -len(values) <= ask["offset"] < len(values):
            raise SupervisorError("XCOM_NOT_FOUND", {"offset": ask["offset"]})
        return {"type": "XComSequenceIndexResult", "root": values[ask["offset"]]}

    def _GetXComSequenceSlice(self, ask):
        return {"type": "XComSequenceSliceResult",
                "root": self._all(ask)[slice(ask.get("start"), ask.get("stop"), ask.get("step"))]}

    def _SetXCom(self, ask):
        key = ask["dag_id"], ask["run_id"], ask["task_id"], ask.get("map_index", -1), ask["key"]
        self.xcoms.pop(key, None)
        self.xcoms[key] = ask["value"]
        return OK

    def _DeleteXCom(self, ask):
        self.xcoms.pop((ask["dag_id"], ask["run_id"], ask["task_id"], ask.get("map_index", -1), ask["key"]), None)
        return OK

    def returned(self, dag_id, run_id, task_id, map_index=-1):
        return self.xcoms.get((dag_id, run_id, task_id, map_index, XCOM_RETURN_KEY))

    # Variables and connections.

    def _GetVariable(self, ask):
        if ask["key"] not in self.variables:
            raise SupervisorError("VARIABLE_NOT_FOUND", {"key": ask["key"]})
        return {"type": "VariableResult", "key": ask["key"], "value": self.variables[ask["key"]]}

    def _PutVariable(self, ask):
        self.variables[ask["key"]] = ask["value"]
        return OK

    def _DeleteVariable(self, ask):
        return {**OK, "ok": self.variables.pop(ask["key"], None) is not None}

    def _GetConnection(self, ask):
        if ask["conn_id"] not in self.connections:
            raise SupervisorError("CONNECTION_NOT_FOUND", {"conn_id": ask["conn_id"]})
        return {"type": "ConnectionResult", "conn_id": ask["conn_id"], **self.connections[ask["conn_id"]]}

    def _MaskSecret(self, ask):
        self.masked.append(ask["value"])
        return OK

    # The attempt itself.

    def _SetRenderedFields(self, ask):
        self.rendered[self.attempt] = ask["rendered_fields"]
        return OK

    def _SkipDownstreamTasks(self, ask):
        self.skipped.extend(each if isinstance(each, str) else tuple(each) for each in ask["tasks"])
        return OK

    def _GetTaskRescheduleStartDate(self, ask):
        return {"type": "TaskRescheduleStartDate", "start_date": self.reschedules.get(ask["ti_id"])}

    # Runs.

    def _TriggerDagRun(self, ask):
        key = ask["dag_id"], ask["run_id"]
        if self.known_dags is not None and ask["dag_id"] not in self.known_dags:
            raise SupervisorError("DAG_NOT_FOUND", {"dag_id": ask["dag_id"]})
        if key in self.runs and not ask.get("reset_dag_run"):
            raise SupervisorError("DAGRUN_ALREADY_EXISTS", {"run_id": ask["run_id"]})
        self.runs[key] = {"dag_id": ask["dag_id"], "run_id": ask["run_id"], "conf": ask.get("conf") or {},
                          "logical_date": ask.get("logical_date"), "run_type": "manual", "state": "queued"}
        if self.run_here is not None:
            self.run_here(self.runs[key])
        return OK

    def _chosen(self, ask):
        dates = ask.get("logical_dates")
        return [key for key, run in self.runs.items() if key[0] == ask["dag_id"]
                and (ask.get("run_ids") is None or key[1] in ask["run_ids"])
                and (dates is None or run.get("logical_date") in dates)]

    def _GetDagRunState(self, ask):
        run = self.runs.get((ask["dag_id"], ask["run_id"]))
        if run is None:
            raise SupervisorError("GENERIC_ERROR", f"DAG {ask['dag_id']!r} has no run {ask['run_id']!r}")
        if run["state"] == "queued" and self.run_here is not None:
            raise SupervisorError("GENERIC_ERROR", f"DAG {ask['dag_id']!r} is not in this file, so nothing runs it in "
                                                   "dag.test(), and its end cannot be waited for")
        return {"type": "DagRunStateResult", "state": run["state"]}

    def _GetDRCount(self, ask):
        states = ask.get("states")
        return {"type": "DRCount", "count": sum(states is None or self.runs[key]["state"] in states
                                                for key in self._chosen(ask))}

    def _task_states(self, ask):
        tasks = ask.get("task_ids")
        return {key[1]: {(task_id, index): state for (task_id, index), state in self.states.get(key, {}).items()
                         if tasks is None or task_id in tasks} for key in self._chosen(ask)}

    def _GetTICount(self, ask):
        states = ask.get("states")
        return {"type": "TICount", "count": sum(states is None or state in states
                                                for run in self._task_states(ask).values() for state in run.values())}

    def _GetTaskStates(self, ask):
        return {"type": "TaskStatesResult", "task_states": {
            run_id: {task_id if index < 0 else f"{task_id}_{index}": state for (task_id, index), state in found.items()}
            for run_id, found in self._task_states(ask).items()}}

    def _GetPreviousDagRun(self, ask):
        earlier = [run for (dag_id, _), run in self.runs.items() if dag_id == ask["dag_id"]
                   and (run.get("logical_date") or "") < (ask.get("logical_date") or "")
                   and ask.get("state") in (None, run["state"])]
        return {"type": "PreviousDagRunResult",
                "dag_run": max(earlier, key=lambda run: run["logical_date"]) if earlier else None}

    def _FindDagRuns(self, ask):
        names = ("dag_id", "run_id", "state", "logical_date", "run_type")
        wanted = {name: ask[name] for name in names if ask.get(name)}
        return {"type": "DagRunsResult", "dag_runs": [run for run in self.runs.values() if all(
            run.get(name) == value for name, value in wanted.items())]}

    def _GetDag(self, ask):
        known = self.known_dags is None or ask["dag_id"] in self.known_dags
        return {"type": "DagResult", "dag_id": ask["dag_id"] if known else None, "is_paused": False}
