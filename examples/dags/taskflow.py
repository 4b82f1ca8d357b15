"""TaskFlow: functions are tasks, and what one returns is another's argument."""

from datetime import datetime

from airflow.sdk import dag, task, task_group


@dag(start_date=datetime(2026, 1, 1), tags=["example"])
def taskflow():
    @task
    def orders():
        return [{"item": "lamp", "price": 30}, {"item": "desk", "price": 250}, {"item": "pen", "price": 2}]

    @task(multiple_outputs=True)
    def sums(rows):
        prices = [row["price"] for row in rows]
        return {"total": sum(prices), "dearest": max(prices)}

    @task_group
    def shown(total, dearest):
        @task
        def as_text(total, dearest, ds=None):
            return f"{ds}: {total} in all, {dearest} at most"

        @task.bash
        def as_command(text):
            return f"echo '{text}'"

        as_command(as_text(total, dearest))

    found = sums(orders())
    shown(found["total"], found["dearest"])


taskflow()
