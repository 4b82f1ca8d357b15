"""A branch skips what it doesn't name; a short circuit skips all that follows; a join goes on if nothing failed."""

from datetime import datetime

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Label, Param, task

with DAG("branching", start_date=datetime(2026, 1, 1), params={"rows": Param(5, type="integer")}, tags=["example"]):
    @task.branch
    def how(params=None):
        return "in_one_go" if params["rows"] < 100 else "in_parts"

    @task
    def in_one_go():
        print("few rows")

    @task
    def in_parts():
        print("many rows")

    @task.short_circuit
    def worth_telling(params=None):
        return params["rows"] > 0

    @task
    def tell():
        print("there were rows")

    choice, joined = how(), EmptyOperator(task_id="joined", trigger_rule="none_failed_min_one_success")
    choice >> Label("few") >> in_one_go() >> joined
    choice >> Label("many") >> in_parts() >> joined
    joined >> worth_telling() >> tell()
