"""A file in the manner of Airflow 1.10: dag= arguments, days_ago, DummyOperator, a start for each week."""

from airflow import DAG
from airflow.operators.bash_operator import BashOperator
from airflow.operators.dummy_operator import DummyOperator
from airflow.utils.dates import days_ago

dag = DAG("weekly_backup", schedule_interval="@weekly", start_date=days_ago(14), catchup=False,
          default_args={"owner": "ops", "depends_on_past": True})

begin = DummyOperator(task_id="begin", dag=dag)
backup = BashOperator(task_id="backup", bash_command="echo backing up the week of {{ ds }} to {{ next_ds }}", dag=dag)
alert = BashOperator(task_id="alert", bash_command="echo the backup failed", trigger_rule="one_failed", dag=dag)

begin >> backup
backup.set_downstream(alert)
