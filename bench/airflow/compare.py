#!/usr/bin/env python3
"""Airflow's example DAGs, read by Gale: do they load, and are they what Airflow makes of them?

    bench/airflow/compare.py FOLDER [EXPECTED.json]

FOLDER: an `example_dags` folder of an installed apache-airflow. EXPECTED: what expect.py wrote of the same release.
Needs Jinja2, and pendulum if the examples do. Exit status 1 if a file doesn't load or differs.
"""

import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(HERE)), "sdk", "python"))

from gale import bundled, parse_file as reader  # noqa: E402

PRESETS = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
           "@monthly": "0 0 1 * *", "@quarterly": "0 0 1 */3 *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *"}
CLASSES = {"CRON_TRIGGER": "CronTriggerTimetable", "CRON_INTERVAL": "CronDataIntervalTimetable",
           "DELTA_TRIGGER": "DeltaTriggerTimetable", "DELTA_INTERVAL": "DeltaDataIntervalTimetable",
           "ONCE": "OnceTimetable", "CONTINUOUS": "ContinuousTimetable"}
# Read and kept by Gale; no clock starts them, as a DAG without a schedule.
NO_CLOCK = {"NullTimetable", "AssetTriggeredTimetable", "DatasetTriggeredTimetable", "PartitionedAssetTimetable",
            "AfterWorkdayTimetable"}
CRON_CLASSES = {"CronPartitionTimetable": "CronTriggerTimetable"}


def read(path, folder):
    """(specs, error), in a process of its own."""
    get, put = os.pipe()
    pid = os.fork()
    if not pid:
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        specs, error, _ = reader.parse_file(path, folder)
        with os.fdopen(put, "w") as file:
            json.dump([specs, error], file)
        os._exit(0)
    os.close(put)
    with os.fdopen(get) as file:
        text = file.read()
    os.waitpid(pid, 0)
    return json.loads(text) if text else [[], "its process ended"]


def facts_of(spec):
    """The same facts as expect.py's."""
    inside = {group["group_id"]: group.get("parent_group_id") for group in spec.get("task_groups", ())}
    tasks = {task["task_id"]: {
        "after": task.get("downstream_task_ids", []), "group": task.get("task_group_id"), "mapped": "expand" in task,
        "rule": task.get("trigger_rule") or "all_success"} for task in spec["tasks"]}
    return {"tasks": tasks, "groups": inside, "schedule": schedule_of(spec.get("schedule")),
            "params": json.loads(spec.get("params_json") or "{}")}


def schedule_of(said):
    if not said:
        return None
    found = {"class": CLASSES[said["kind"]]}
    if "cron" in said:
        found.update(expression=PRESETS.get(said["cron"], said["cron"]), timezone=said.get("timezone", "UTC"))
    if "delta" in said:
        found["delta"] = float(said["delta"].rstrip("s"))
    return found


def expected_schedule(said):
    if said["class"] in NO_CLOCK:
        return None
    said = {**said, "class": CRON_CLASSES.get(said["class"], said["class"])}
    if "delta" in said:
        return {"class": said["class"], "delta": said["delta"]}
    if "expression" in said:
        said["expression"] = PRESETS.get(said["expression"], said["expression"])
    return {name: said[name] for name in ("class", "expression", "timezone") if name in said}


def differences(gale, airflow):
    airflow = {**airflow, "schedule": expected_schedule(airflow["schedule"])}
    # A param without a value is left out by the one, and null in the other.
    airflow["params"] = {name: value for name, value in airflow["params"].items() if value is not None}
    gale["params"] = {name: value for name, value in gale["params"].items() if value is not None}
    for name in ("groups", "schedule", "params"):
        if gale[name] != airflow[name]:
            yield f"{name}: {gale[name]} is not {airflow[name]}"
    for task_id in sorted({*gale["tasks"], *airflow["tasks"]}):
        if gale["tasks"].get(task_id) != airflow["tasks"].get(task_id):
            yield f"task {task_id}: {gale['tasks'].get(task_id)} is not {airflow['tasks'].get(task_id)}"


def main():
    folder = os.path.abspath(sys.argv[1])
    expected = {}
    if len(sys.argv) > 2:
        with open(sys.argv[2], encoding="utf-8") as file:
            expected = {line["file"]: line["dags"] for line in map(json.loads, file)}
    bundled.provide()
    files = sorted(expected) if expected else sorted(
        os.path.relpath(os.path.join(root, name), folder) for root, _, names in os.walk(folder) for name in names
        if name.endswith(".py") and holds_dag(os.path.join(root, name)))
    bad = 0
    for name in files:
        specs, error = read(os.path.join(folder, name), folder)
        found = {spec["dag_id"]: facts_of(spec) for spec in specs}
        problems = [error.strip().splitlines()[-1]] if error else [] if found else ["no DAG"]
        for dag_id, airflow in expected.get(name, {}).items():
            if dag_id not in found:
                problems.append(f"DAG {dag_id!r} isn't there")
            else:
                problems += [f"{dag_id}: {each}" for each in differences(found[dag_id], airflow)]
        bad += bool(problems)
        for problem in problems:
            print(f"{name}: {problem}")
    print(f"{len(files) - bad} of {len(files)} files are as expected")
    return 1 if bad else 0


def holds_dag(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    return "DAG(" in text or "@dag" in text or "@asset" in text


if __name__ == "__main__":
    sys.exit(main())
