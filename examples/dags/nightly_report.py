"""A nightly report: templated commands, retries with backoff, and a step that cleans up whatever happened."""

from datetime import timedelta

import pendulum

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TriggerRule

with DAG(
    dag_id="nightly_report",
    description="Counts yesterday's orders and cleans up after itself",
    schedule="30 2 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    params={"region": "eu"},
    tags=["example", "report"],
    default_args={
        "owner": "reports",
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=10),
    },
):
    extract = BashOperator(
        task_id="extract",
        bash_command="mkdir -p $WORK && seq 1 100 > $WORK/{{ params.region }}-{{ ds }}.txt",
        env={"WORK": "/tmp/gale-report/{{ ds_nodash }}"},
        append_env=True,
        execution_timeout=timedelta(minutes=20),
    )
    count = BashOperator(
        task_id="count",
        bash_command="wc -l < /tmp/gale-report/{{ ds_nodash }}/{{ params.region }}-{{ ds }}.txt",
    )
    clean_up = BashOperator(
        task_id="clean_up",
        bash_command="rm -rf /tmp/gale-report/{{ ds_nodash }}",
        trigger_rule=TriggerRule.ALL_DONE,
    )
    done = EmptyOperator(task_id="done")

    extract >> count >> [clean_up, done]
