"""A Gale, or a cluster, for a story: what the suites of pytest on the real binary share."""

import pytest

from cluster_harness import Cluster
from harness import Gale


@pytest.fixture
def home():
    """A Gale that nothing runs of yet."""
    gale = Gale()
    yield gale
    gale.close()


@pytest.fixture
def gale(home):
    """A running `gale standalone`; home.server is its process."""
    home.server = home.start()
    return home


@pytest.fixture(scope="module")
def shared():
    """One `gale standalone` for a whole file, for stories that leave nothing behind."""
    gale = Gale()
    gale.server = gale.start()
    yield gale
    gale.close()


@pytest.fixture
def cluster():
    """A cluster that isn't started yet."""
    cluster = Cluster()
    yield cluster
    cluster.close()


@pytest.fixture(scope="module")
def two_masters():
    """A running cluster of two masters and two workers for a whole file; every story leaves it whole."""
    cluster = Cluster()
    cluster.start(masters=2, workers=2)
    yield cluster
    cluster.close()
