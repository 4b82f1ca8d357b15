"""The examples of Python tasks on the real binary: each runs to its end as in dag.test()."""

import pathlib

import pytest

from harness import wait_until, write_whole

FOLDER = pathlib.Path(__file__).parents[2] / "examples" / "dags"


@pytest.mark.parametrize("name", ["taskflow", "branching", "mapped_python", "setup_and_teardown", "callbacks",
                                  "sensing", "triggering", "variables_and_connections", "virtualenv",
                                  "detection_classification"])
def test_the_example_succeeds(gale, name):
    write_whole(gale.dags / f"{name}.py", (FOLDER / f"{name}.py").read_text())
    wait_until(lambda: gale.dag(name), "the example's DAG")
    gale.cli("dags", "unpause", name)
    gale.trigger(name, "r")
    state, tasks = gale.wait_for_end(name, "r")
    assert state == "success", tasks
