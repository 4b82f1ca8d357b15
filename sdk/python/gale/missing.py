"""A module that isn't there: what installs it, for who reads the import error or the task's log."""

import importlib.util
import re
import sys

# Modules whose packages have another name.
PACKAGES = {
    "MySQLdb": "mysqlclient", "OpenSSL": "pyOpenSSL", "PIL": "Pillow", "bs4": "beautifulsoup4", "cv2": "opencv-python",
    "dateutil": "python-dateutil", "dotenv": "python-dotenv", "google": "google-cloud", "jwt": "PyJWT",
    "psycopg2": "psycopg2-binary", "serial": "pyserial", "skimage": "scikit-image", "sklearn": "scikit-learn",
    "yaml": "PyYAML"}


def advice(error):
    """One sentence; empty where no package is missing: a file of the user's own, or a name that a package lacks."""
    name = getattr(error, "name", None)
    if not isinstance(error, ModuleNotFoundError) or not name or not str(error).startswith("No module named"):
        return ""
    top = name.partition(".")[0]
    if top in ("airflow", "gale") or not re.fullmatch(r"\w+", top) or _is_here(top):
        return ""
    return f"gale: no package in {sys.prefix} and no file on the DAGs' path has {top!r}; if it is a package's: " \
        f"{sys.executable} -m pip install {PACKAGES.get(top, top)}"


def _is_here(top):
    try:
        return importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        return False
