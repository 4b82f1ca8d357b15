"""A setup makes what the tasks between need, and its teardown takes it away, whatever became of them."""

import pathlib
import shutil
import tempfile
from datetime import datetime

from airflow.sdk import DAG, setup, task, teardown

with DAG("setup_and_teardown", start_date=datetime(2026, 1, 1), tags=["example"]):
    @setup
    def make_folder():
        return tempfile.mkdtemp(prefix="gale-example-")

    @teardown
    def take_away(folder):
        shutil.rmtree(folder)
        print("gone:", folder)

    @task
    def write(folder):
        (pathlib.Path(folder) / "numbers").write_text("1 2 3")

    @task
    def read(folder):
        print("sum", sum(map(int, (pathlib.Path(folder) / "numbers").read_text().split())))

    folder = make_folder()
    with take_away(folder):
        write(folder) >> read(folder)
