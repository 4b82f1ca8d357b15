"""Modules that DAG files expect beside Airflow, and that the machine may lack."""

import importlib.util
import os
import sys

_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_bundled")


def provide():
    """Puts the bundled pendulum last on sys.path if there is no real one."""
    if _FOLDER not in sys.path and importlib.util.find_spec("pendulum") is None:
        sys.path.append(_FOLDER)
