"""examples/dags: each one runs to its end in dag.test(), and says what it should."""

import os

import pytest

from gale import context
from gale.parse_file import run_file

FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "dags")


@pytest.fixture
def run(capfd):
    def run_example(name, dag_id=None, **kwargs):
        """(the run, what it printed)"""
        dags, errors = run_file(os.path.abspath(os.path.join(FOLDER, f"{name}.py")))
        assert errors == []
        done = next(dag for dag in dags if dag.dag_id == (dag_id or name)).test(
            logical_date="2026-05-06T07:00:00+00:00", **kwargs)
        return done, capfd.readouterr().out
    yield run_example
    context.reset()


@pytest.mark.parametrize("name, said", [
    ("taskflow", ["2026-05-06: 282 in all, 250 at most"]),
    ("branching", ["few rows", "there were rows"]),
    ("mapped_python", ["total 70", "a.csv has 3", "empty.csv has 0"]),
    ("sensing", ["looked 3 times", "never                                    skipped"]),
    ("setup_and_teardown", ["sum 6", "gone: "]),
    ("variables_and_connections", ["hello and no shop", "world in "]),
    ("callbacks", ["begins at_the_second_try at try 1", "tries again at_the_second_try at try 1 not yet",
                   "succeeded at_the_second_try at try 2", "skipped skips at try 1 nothing to do"]),
    ("triggering", ["hello from a run that triggering started", "--- triggered: success"]),
    ("virtualenv", ["sum 6"])])
def test_an_example_does_what_it_says(run, name, said):
    done, out = run(name)
    assert done.state == "success", out
    assert [line for line in said if line not in out] == [], out


def test_the_branch_that_was_not_chosen_is_skipped(run):
    done, out = run("branching", run_conf={"rows": 1000})
    states = {task_id: state for (task_id, _), state in done.task_states.items()}
    assert (states["in_one_go"], states["in_parts"], states["joined"]) == ("skipped", "success", "success"), out


def test_detection_and_classification_publish_what_is_good_enough(run, tmp_path, monkeypatch):
    import json

    import sklearn  # noqa: F401 (a missing package is said by its name)
    monkeypatch.setenv("DETECTION_HOME", str(tmp_path))
    done, out = run("detection_classification")
    states = {task_id: state for (task_id, _), state in done.task_states.items()}
    assert (done.state, states["publish"], states["report"]) == ("success", "success", "skipped"), out
    live = json.loads((tmp_path / "live.json").read_text())
    assert live["metrics"]["both"] > 0.9 and len(live["version"]) == 12
    again, out = run("detection_classification", run_conf={"threshold": 1.0})
    states = {task_id: state for (task_id, _), state in again.task_states.items()}
    assert (states["publish"], states["report"]) == ("skipped", "success"), out
    assert f"detector {live['detector']}:" in out  # the same data makes the same versions
