"""Sensors: they wait for something. In mode "reschedule" a worker is free between two looks; soft_fail skips."""

import os
import tempfile
from datetime import datetime, timedelta

from airflow.providers.standard.sensors.filesystem import FileSensor
from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor
from airflow.sdk import DAG, PokeReturnValue, task

FLAG = os.path.join(tempfile.gettempdir(), "gale-sensing-{{ run_id | replace(':', '_') }}")

with DAG("sensing", start_date=datetime(2026, 1, 1), tags=["example"]):
    @task.bash
    def make_flag():
        return f"touch '{FLAG}'"

    there = FileSensor(task_id="there", filepath=FLAG, poke_interval=0.2, timeout=30, mode="reschedule")

    @task.sensor(poke_interval=0.1, timeout=30)
    def third_look(ti=None):
        looks = (ti.xcom_pull(task_ids="third_look", key="looks") or 0) + 1
        ti.xcom_push(key="looks", value=looks)
        return PokeReturnValue(is_done=looks >= 3, xcom_value=looks)

    never = FileSensor(task_id="never", filepath="/no/such/file", poke_interval=0.1, timeout=0.3, soft_fail=True)
    soon = TimeDeltaSensor(task_id="soon", delta=timedelta(0), poke_interval=0.1)

    @task(trigger_rule="none_failed")
    def go_on(looks):
        print("looked", looks, "times")

    [make_flag() >> there, never, soon] >> go_on(third_look())
