"""Mapped tasks and groups from a DAG file, for real: examples/dags/mapped_shards.py."""

import pathlib

from harness import wait_until, write_whole

EXAMPLE = pathlib.Path(__file__).parents[2] / "examples" / "dags" / "mapped_shards.py"


def test_the_example_runs_an_instance_for_each_element(gale):
    write_whole(gale.dags / "mapped_shards.py", EXAMPLE.read_text())
    wait_until(lambda: gale.dag("mapped_shards"), "the example's DAG")
    gale.cli("dags", "unpause", "mapped_shards")
    gale.trigger("mapped_shards", "r")
    assert gale.wait_for_end("mapped_shards", "r")[0] == "success"

    def last_lines(task, number):
        logs = [gale.cli("tasks", "logs", "mapped_shards", "r", task, "--map-index", str(index)).stdout
                for index in range(number)]
        return [log.partition("\nOutput:\n")[2].splitlines()[0] for log in logs]

    assert last_lines("count", 3) == [f"instance {i} counts 2026-0{i + 1}" for i in range(3)]
    assert last_lines("grid", 4) == ["0.1 in /tmp", "0.1 in /", "0.01 in /tmp", "0.01 in /"]
    assert last_lines("tables.load", 2) == ["load users", "load orders"]
    assert last_lines("tables.check", 2) == ["check users", "check orders"]
