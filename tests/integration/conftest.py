import os

import pytest

from fixtures import *  # noqa: F401,F403
from harness import BINARY


def pytest_configure():
    if not os.access(BINARY, os.X_OK):
        pytest.exit(f"{BINARY} is not built: run ./dev build gale, or set GALE_BIN", returncode=2)
