"""Two models trained beside each other: groups, mapped tasks, a branch, a sensor, a rule that ends well in any case."""

import random
import time
from datetime import datetime, timedelta, timezone

from airflow.sdk import DAG, Label, TaskGroup, task
from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def bash(task_id):
    return BashOperator(task_id=task_id, bash_command=f"sleep 0.{random.Random(task_id).randint(10, 60)}")


DOC = """Trains a **detector** and a **classifier** on the hour’s images.

- `choose_mode`: all data, or the new only
- `merge_metrics` runs if none failed
"""

with DAG("vision_training", description="Detector and classifier on new images", doc_md=DOC,
         start_date=START, schedule="@hourly", catchup=True, max_active_runs=4, tags=["vision", "train"],
         default_args={"owner": "vision", "retries": 1, "retry_delay": timedelta(seconds=2)}):
    @task.sensor(poke_interval=1, timeout=60, mode="reschedule")
    def wait_for_images():
        return True

    with TaskGroup("ingest") as ingest:
        @task
        def list_shards():
            return [f"shard-{n:02}" for n in range(12)]

        @task
        def download_shard(shard):
            print(f"downloading {shard}")
            time.sleep(0.05)
            return {"shard": shard, "images": 400 + len(shard)}

        @task
        def validate_labels(shards, logical_date=None):
            shards = list(shards)
            if logical_date.hour == 14:
                raise ValueError(f"labels of {shards[3]['shard']}: class 'bicycle' is not in the list of 12 classes")
            print(f"{len(shards)} shards, {sum(s['images'] for s in shards)} images")

        validate_labels(download_shard.expand(shard=list_shards()))

    @task.branch
    def choose_mode(logical_date=None):
        return "incremental.load_previous" if logical_date.hour % 5 == 2 else "full.build_splits"

    with TaskGroup("full") as full:
        @task
        def build_splits():
            return list(range(8))

        @task
        def augment(split):
            time.sleep(0.03)

        augment.expand(split=build_splits())

    with TaskGroup("incremental") as incremental:
        bash("load_previous") >> bash("make_delta")

    with TaskGroup("detection") as detection:
        bash("train_detector") >> bash("eval_detector")
    with TaskGroup("classification") as classification:
        train = BashOperator(
            task_id="train_classifier",
            bash_command="echo epoch 1 loss 0.93; sleep 0.2; {% if logical_date.hour == 20 %}"
                         "echo 'CUDA out of memory' >&2; exit 1{% else %}echo epoch 2 loss 0.41{% endif %}")
        bash("crop_boxes") >> train >> bash("eval_classifier")

    merge = EmptyOperator(task_id="merge_metrics", trigger_rule="none_failed")
    with TaskGroup("publish") as publish:
        bash("export_onnx") >> bash("push_registry")
    notify = BashOperator(task_id="notify", trigger_rule="all_done", bash_command="echo run {{ run_id }} has ended")

    mode = choose_mode()
    wait_for_images() >> ingest >> mode
    mode >> Label("full") >> full
    mode >> Label("incremental") >> incremental
    for group in (detection, classification):
        group_start = EmptyOperator(task_id=f"{group.group_id}_data", trigger_rule="none_failed_min_one_success")
        [full, incremental] >> group_start >> group >> merge
    merge >> [publish, notify]  # notify ends well in any case: what publish came to decides the run
