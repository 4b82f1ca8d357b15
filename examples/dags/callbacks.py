"""Callbacks, of tasks and of the DAG: what runs when one begins, succeeds, is tried again, fails or is skipped."""

from datetime import datetime, timedelta

from airflow.exceptions import AirflowSkipException
from airflow.sdk import DAG, task


def says(word):
    def callback(context):
        print(word, context["task_instance"].task_id, "at try", context["task_instance"].try_number,
              context.get("exception") or "")
    return callback


with DAG("callbacks", start_date=datetime(2026, 1, 1), tags=["example"],
         default_args={"on_execute_callback": says("begins"), "on_success_callback": says("succeeded"),
                       "on_retry_callback": says("tries again"), "on_failure_callback": [says("failed"), says("sigh")],
                       "on_skipped_callback": says("skipped")}):
    @task(retries=1, retry_delay=timedelta(0))
    def at_the_second_try(ti=None):
        if ti.try_number == 1:
            raise RuntimeError("not yet")

    @task
    def skips():
        raise AirflowSkipException("nothing to do")

    at_the_second_try() >> skips()
