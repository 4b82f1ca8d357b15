"""One task a shard, as many as there are: BashOperator.partial(...).expand(...).

`list_shards` returns a JSON list, and `count` is there once for each of its elements; `report` waits for all.
"""

import json
from datetime import datetime, timedelta

from airflow.decorators import task_group
from airflow.models.dag import DAG
from airflow.operators.bash import BashOperator

with DAG("mapped_shards", start_date=datetime(2026, 1, 1), schedule=None, tags=["example"]):
    list_shards = BashOperator(
        task_id="list_shards",
        bash_command="""echo '[{"SHARD": "2026-01"}, {"SHARD": "2026-02"}, {"SHARD": "2026-03"}]'""",
        output_processor=json.loads)

    count = BashOperator.partial(
        task_id="count", retries=2, retry_delay=timedelta(seconds=10), append_env=True,
        map_index_template="{{ task.env.SHARD }}",
        bash_command="echo instance {{ ti.map_index }} counts $SHARD; seq 10 | wc -l",
    ).expand(env=list_shards.output)

    # Over literals the cross product: four instances, the last argument varies fastest.
    BashOperator.partial(task_id="grid", bash_command="echo $RATE in $PWD").expand(
        env=[{"RATE": "0.1"}, {"RATE": "0.01"}], cwd=["/tmp", "/"])

    # A group: its two tasks are there once for each element; `check` waits for the `load` of its own index.
    @task_group
    def tables(name):
        load = BashOperator(task_id="load", bash_command="echo load $NAME", env={"NAME": name}, append_env=True)
        load >> BashOperator(task_id="check", bash_command="echo check $NAME", env={"NAME": name}, append_env=True)

    report = BashOperator(task_id="report", bash_command="echo all shards of {{ run_id }} are counted")
    count >> report
    tables.expand(name=["users", "orders"]) >> report
