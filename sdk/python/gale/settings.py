"""`airflow.settings` without what is the database's."""

import json  # noqa: F401 (by name)
import logging
import os

from gale import timezone
from gale.configuration import conf

TIMEZONE = timezone.utc
AIRFLOW_HOME = os.environ.get("AIRFLOW_HOME") or os.environ.get("GALE_HOME") or os.path.expanduser("~/.gale")
DAGS_FOLDER = conf.get("core", "dags_folder")
PLUGINS_FOLDER = os.path.join(AIRFLOW_HOME, "plugins")
SQL_ALCHEMY_CONN = ""
LOGGING_LEVEL = logging.INFO
STORE_SERIALIZED_DAGS = True


def configure_orm(*args, **kwargs):
    pass


initialize = policy = configure_orm


def hookimpl(function=None, **kwargs):
    """Marks policies and listeners, which Gale reads and does not call."""
    return function if function is not None else lambda marked: marked
