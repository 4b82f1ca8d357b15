"""The import surface of Airflow 1.10, 2 and 3, answered by Gale: see gale/airflow_names.py."""

import sys as _sys

from gale.airflow_shim import VERSION as __version__, install as _install

_install(_sys.modules[__name__])
