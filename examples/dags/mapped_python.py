"""Mapped tasks: an instance for each element of what another task returned, and one that takes all their results."""

from datetime import datetime

from airflow.sdk import DAG, get_current_context, task

with DAG("mapped_python", start_date=datetime(2026, 1, 1), tags=["example"]):
    @task
    def files():
        return [{"name": "a.csv", "rows": 3}, {"name": "b.csv", "rows": 4}, {"name": "empty.csv", "rows": 0}]

    @task(map_index_template="{{ shown }}")
    def count(file, factor):
        get_current_context()["shown"] = file["name"]
        return file["rows"] * factor

    @task
    def total(counts):
        print("total", sum(counts))

    @task
    def named(name, rows):
        print(name, "has", rows)

    found = files()
    total(count.partial(factor=10).expand(file=found))
    named.expand_kwargs(found)
