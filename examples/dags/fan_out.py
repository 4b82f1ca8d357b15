"""One task for each shard, in a group; the run goes on if at least one of them succeeded."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.utils.task_group import TaskGroup

SHARDS = 4

with DAG("fan_out", schedule=None, start_date=datetime(2026, 1, 1), catchup=False, tags=["example"],
         max_active_tasks=2) as dag:
    start = EmptyOperator(task_id="start")
    with TaskGroup("shards") as shards:
        for shard in range(SHARDS):
            # Exit code 99 means "skipped": here, shards with nothing to do.
            BashOperator(task_id=f"shard_{shard}", retries=1,
                         bash_command=f"[ {shard} -lt 3 ] || exit 99; echo shard {shard} of {{{{ run_id }}}}")
    merge = BashOperator(task_id="merge", bash_command="echo merged", trigger_rule="none_failed_min_one_success")

    start >> shards >> merge
