"""What a bash task starts in the background belongs to it for as long as it holds its output."""

from harness import dag_text


def run(gale, dag_id, command, state="success"):
    """The log of the one task of a DAG of this command."""
    gale.add_dag(dag_id, dag_text(dag_id, f"BashOperator(task_id='t', bash_command={command!r})"))
    gale.trigger(dag_id, "r")
    assert gale.wait_for_end(dag_id, "r")[0] == state
    return gale.cli("tasks", "logs", dag_id, "r", "t").stdout


def test_a_task_ends_when_its_outputs_last_holder_has_closed_it(gale):
    process = gale.start()
    run(gale, "jobs", f"for i in 1 2 3; do (sleep 2; touch {gale.home}/mk.$i) & done")
    assert sorted(path.name for path in gale.home.glob("mk.*")) == ["mk.1", "mk.2", "mk.3"]
    log = run(gale, "substitution", "exec > >(sleep 1; cat); echo one; echo two")
    assert "one\ntwo\n" in log, log
    log = run(gale, "left", "sleep 60 > /dev/null 2>&1 & echo going")
    assert "Note: 1 background process kept no output open: ended with the task (sleep)" in log, log
    assert "Command exited with return code 0" in log
    gale.stop(process)
