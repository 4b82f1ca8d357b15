"""It lacks a package: what a DAG that can't be imported looks like."""

from datetime import datetime

import timm
from airflow.sdk import DAG, task

with DAG("segmentation_nightly", start_date=datetime(2026, 1, 1), schedule="@daily"):
    @task
    def train():
        return timm.list_models()

    train()
