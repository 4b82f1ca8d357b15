"""Python tasks of a cluster: code by bundle, questions over any master, and a leader that dies in the middle."""

import os
import signal

from harness import wait_until

RUN = "/api/v2/dags/python_in_cluster/dagRuns/r/taskInstances"
DAG = '''
import os
from datetime import datetime
from airflow.decorators import dag, task
from airflow.models import Variable

@dag(dag_id="python_in_cluster", schedule=None, start_date=datetime(2026, 1, 1), catchup=False)
def python_in_cluster():
    @task
    def begin():
        return [1, 2, 3]

    @task(retries=20, retry_delay=0.1)
    def step(x, ti=None):
        ti.xcom_push(key="half", value=x / 2)
        os.system("sleep 0.5")
        return x * 2

    @task
    def total(xs, ti=None):
        halves = list(ti.xcom_pull(task_ids="step", key="half"))
        Variable.set("total", sum(xs))
        return [sum(xs), sum(halves), Variable.get("total")]

    total(step.expand(x=begin()))

python_in_cluster()
'''


def value(cluster, master):
    status, answer = cluster.rest(master, "GET", f"{RUN}/total/xcomEntries/return_value")
    return answer.get("value") if status == 200 else None


def test_python_tasks_go_on_over_a_leaders_death(two_masters):
    cluster = two_masters
    leader, standby = wait_until(cluster.leader, "a leader")
    cluster.add_dag(leader, "python_in_cluster", DAG)
    cluster.trigger(leader, "python_in_cluster", "r")
    try:
        wait_until(lambda: cluster.rest(leader, "GET", f"{RUN}?state=running")[1].get("total_entries", 0) > 0,
                   "a running task")
        os.kill(cluster.part(leader)["pid"], signal.SIGKILL)
        assert cluster.wait_for_end(standby, "python_in_cluster", "r") == "success"
        assert value(cluster, standby) == [12, 3.0, "12"]
    finally:
        cluster.ask("start", leader)
        wait_until(cluster.leader, "a leader")
