"""Variables and connections, in templates and in code. Set them before it runs:

    gale variables set greeting '{"hello": "good morning"}'
    gale connections add shop_db --conn-uri 'postgres://reader:secret@db.example:5432/shop'

or give them by the environment: AIRFLOW_VAR_GREETING, AIRFLOW_CONN_SHOP_DB. What isn't there has a default here. A
password is masked wherever it is printed.
"""

from datetime import datetime

from airflow.exceptions import AirflowNotFoundException
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, BaseHook, Variable, task

with DAG("variables_and_connections", start_date=datetime(2026, 1, 1), tags=["example"]):
    BashOperator(task_id="in_a_template", bash_command="echo {{ var.value.get('name', 'world') }} in {{ run_id }}")

    @task
    def in_code():
        said = Variable.get("greeting", default={"hello": "hello"}, deserialize_json=True)
        try:
            shop = BaseHook.get_connection("shop_db")
        except AirflowNotFoundException:
            print(said["hello"], "and no shop")
        else:
            print(said["hello"], shop.login, "at", shop.host, shop.port)

    in_code()
