#!/usr/bin/env python3
"""What Apache Airflow itself makes of its example DAGs: run by the Python of a venv that has release 3.

    AIRFLOW_HOME=$(mktemp -d) VENV/bin/python bench/airflow/expect.py FOLDER > FILE.json

Each file of FOLDER is imported, its DAGs are serialised as Airflow's DAG processor does, and what must be the same in
Gale is written: tasks, edges, groups, schedule, params. compare.py reads it.
"""

import contextlib
import hashlib
import importlib.util
import json
import logging
import os
import sys

logging.disable(logging.CRITICAL)
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever Airflow and the examples print

from airflow.models.dag import DAG  # noqa: E402
from airflow.serialization import serialized_objects  # noqa: E402

to_dict = getattr(serialized_objects, "DagSerialization", serialized_objects.SerializedDAG).to_dict
with contextlib.suppress(ImportError):
    from airflow.sdk import DAG  # noqa: F811
try:
    from airflow.sdk.definitions._internal.contextmanager import DagContext
except ImportError:
    from airflow.models.dag import DagContext


def dags_of(path):
    DagContext.autoregistered_dags.clear()
    name = "example_" + hashlib.sha1(path.encode()).hexdigest()
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    DagContext.current_autoregister_module_name = name
    spec.loader.exec_module(module)
    found = [dag for dag, _ in DagContext.autoregistered_dags]
    found += [value for value in vars(module).values() if isinstance(value, DAG)]
    return {dag.dag_id: dag for dag in found}.values()


def plain(value):
    """Without the serialisation's own types."""
    if isinstance(value, dict) and "__type" in value:
        return plain(value.get("__var"))
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def schedule_of(dag):
    timetable = dag["timetable"]
    name = timetable["__type"].rpartition(".")[2]
    said = timetable.get("__var") or {}
    if name in ("AssetOrTimeSchedule", "DatasetOrTimeSchedule"):
        return schedule_of({"timetable": said["timetable"]})
    return {"class": name, **{key: plain(said[key]) for key in ("expression", "delta", "timezone") if key in said}}


def walk(group, above=None):
    """(full group id, its parent's, ids of the tasks right in it) of the group and all in it; the DAG's own is None."""
    name = group.get("_group_id")
    full = f"{above}.{name}" if above and name and group.get("prefix_group_id", True) else name
    children = group.get("children", {}).values()
    yield full, above, [inner for kind, inner in children if kind != "taskgroup"]
    for kind, inner in children:
        if kind == "taskgroup":
            yield from walk(inner, full)


def params_of(dag):
    params = dag.get("params") or []
    pairs = params if isinstance(params, list) else params.items()
    return {name: plain(param.get("default", param.get("value"))) for name, param in pairs}


def facts_of(dag):
    made = to_dict(dag)["dag"]
    groups = list(walk(made["task_group"]))
    inside = {task_id: full for full, _, task_ids in groups for task_id in task_ids}
    tasks = {}
    for task in made["tasks"]:
        task = task.get("__var", task)
        tasks[task["task_id"]] = {
            "after": sorted(task.get("downstream_task_ids") or ()), "group": inside.get(task["task_id"]),
            "mapped": bool(task.get("_is_mapped")), "rule": task.get("trigger_rule") or "all_success"}
    return {"tasks": tasks, "groups": {full: above for full, above, _ in groups if full}, "schedule": schedule_of(made),
            "params": params_of(made)}


def main():
    folder = os.path.abspath(sys.argv[1])
    sys.path.insert(0, folder)
    lines = []
    for root, _, names in sorted(os.walk(folder)):
        for name in sorted(name for name in names if name.endswith(".py")):
            path = os.path.join(root, name)
            with open(path, encoding="utf-8") as file:
                if "DAG" not in file.read().upper():
                    continue
            try:
                facts = {dag.dag_id: facts_of(dag) for dag in dags_of(path)}
            except BaseException as error:  # noqa: B036 (whatever an example does)
                print(f"{path}: {type(error).__name__}: {error}"[:300], file=sys.stderr)
                continue
            if facts:
                lines.append(json.dumps({"file": os.path.relpath(path, folder), "dags": facts}, sort_keys=True))
    answers.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
