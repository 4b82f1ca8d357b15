"""One DAG starts another one's run, with its conf, and waits for its end."""

from datetime import datetime

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, task

with DAG("triggering", start_date=datetime(2026, 1, 1), tags=["example"]):
    TriggerDagRunOperator(task_id="start", trigger_dag_id="triggered", conf={"name": "{{ dag.dag_id }}"},
                          wait_for_completion=True, poke_interval=0.5)

with DAG("triggered", start_date=datetime(2026, 1, 1), tags=["example"], is_paused_upon_creation=False):
    @task
    def hello(dag_run=None):
        print("hello from a run that", dag_run.conf.get("name", "somebody"), "started")

    hello()
