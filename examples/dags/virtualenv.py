"""Functions in a Python environment of their own: made once for its requirements, and kept."""

import sys
from datetime import datetime

from airflow.sdk import DAG, task

with DAG("virtualenv", start_date=datetime(2026, 1, 1), tags=["example"]):
    @task.virtualenv(requirements=[], system_site_packages=False)
    def apart(numbers):
        import sys
        return {"sum": sum(numbers), "own_environment": sys.prefix != sys.base_prefix}

    @task.external_python(python=sys.executable)
    def elsewhere(found):
        import os
        return [found["sum"], os.getpid() > 0]

    @task
    def show(pair):
        print("sum", pair[0])

    show(elsewhere(apart([1, 2, 3])))
