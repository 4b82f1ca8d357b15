"""kill -9 in the middle of a run: nothing is lost, nothing runs twice."""

import os

from harness import Gate, dag_text, processes_with, wait_until


def ledger_dag(gale, dag_id, width):
    """`width` tasks that sign a ledger and then wait at a gate of their own; a last one behind them."""
    gates = [Gate(gale.work / f"gate{i}") for i in range(width)]
    body = [f"last = BashOperator(task_id='last', bash_command='echo last >> {gale.work}/last')"]
    for i, gate in enumerate(gates):
        command = (f"echo $AIRFLOW_CTX_TRY_NUMBER $$ >> {gale.work}/ledger{i}; cat {gate.path}; "
                   f"echo passed {i}")
        body.append(f"BashOperator(task_id='wait{i}', bash_command={command!r}) >> last")
    gale.add_dag(dag_id, dag_text(dag_id, "\n".join(body)))
    return gates


def ledger(gale, i):
    return (gale.work / f"ledger{i}").read_text().splitlines()


def test_running_tasks_survive_a_kill_of_standalone_and_the_run_ends(gale):
    gates = ledger_dag(gale, "survivor", width=3)
    gale.trigger("survivor", "r1")
    ends = [gate.wait_for_task() for gate in gates]  # all three run, each at its gate
    os.close(ends[0])
    wait_until(lambda: gale.states("survivor", "r1")["wait0"] == "success", "the first task's success")
    pids = [ledger(gale, i)[0].split()[1] for i in (1, 2)]

    gale.kill9(gale.server)
    assert all(os.path.exists(f"/proc/{pid}") for pid in pids), "tasks died with the server"
    gale.start()
    assert gale.states("survivor", "r1")["wait1"] == "running"

    for pid in pids:
        assert os.path.exists(f"/proc/{pid}"), "the restart killed a running task"
    for end in ends[1:]:
        os.close(end)
    state, tasks = gale.wait_for_end("survivor", "r1")
    assert state == "success"
    assert set(tasks.values()) == {"success"}
    for i in range(3):
        assert len(ledger(gale, i)) == 1, f"wait{i} ran more than once: {ledger(gale, i)}"
        assert ledger(gale, i)[0].startswith("1 ")
    assert (gale.work / "last").read_text() == "last\n"
    assert "passed 2" in gale.cli("tasks", "logs", "survivor", "r1", "wait2").stdout


def test_a_task_that_ends_while_no_server_runs_is_counted_at_the_restart(gale):
    gates = ledger_dag(gale, "orphan", width=1)
    gale.trigger("orphan", "r1")
    write_end = gates[0].wait_for_task()
    pid = int(ledger(gale, 0)[0].split()[1])
    gale.kill9(gale.server)
    os.close(write_end)
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "the task's end")

    gale.start()
    state, tasks = gale.wait_for_end("orphan", "r1")
    assert (state, tasks["wait0"], tasks["last"]) == ("success", "success", "success")
    assert len(ledger(gale, 0)) == 1
    assert "passed 0" in gale.cli("tasks", "logs", "orphan", "r1", "wait0").stdout


def test_an_accepted_run_is_there_after_a_kill_at_once(gale):
    gale.add_dag("accepted", dag_text("accepted", "BashOperator(task_id='t', bash_command='true')"))
    gale.trigger("accepted", "r1")
    gale.kill9(gale.server)
    gale.start()
    assert gale.wait_for_end("accepted", "r1")[0] == "success"


def test_three_kills_in_a_chain_and_every_task_ran_once(gale):
    tasks = 12
    body = [f"ts = [BashOperator(task_id=f't{{i}}', bash_command=f'echo {{i}} >> {gale.work}/chain')"
            f" for i in range({tasks})]",
            "for a, b in zip(ts, ts[1:]): a >> b"]
    gale.add_dag("chain", dag_text("chain", "\n".join(body)))
    gale.trigger("chain", "r1")
    server = gale.server
    for kill in range(3):
        wait_until(lambda: len((gale.work / "chain").read_text().split()) > kill
                   if (gale.work / "chain").exists() else False, "progress of the chain")
        gale.kill9(server)
        server = gale.start()
    assert gale.wait_for_end("chain", "r1")[0] == "success"
    assert (gale.work / "chain").read_text().split() == [str(i) for i in range(tasks)]


def test_ctrl_c_leaves_no_process_behind(gale):
    gale.add_dag("tiny", dag_text("tiny", "BashOperator(task_id='t', bash_command='true')"))
    gale.trigger("tiny", "r1")
    gale.wait_for_end("tiny", "r1")
    assert processes_with(str(gale.home))
    assert gale.stop(gale.server) == 0
    wait_until(lambda: not processes_with(str(gale.home)),
               lambda: f"no process left of {gale.home}: {processes_with(str(gale.home))}", seconds=15)


def test_a_stopped_gale_goes_on_where_it_was(gale):
    gale.add_dag("kept", dag_text("kept", "BashOperator(task_id='t', bash_command='echo kept')"))
    gale.trigger("kept", "r1")
    gale.wait_for_end("kept", "r1")
    assert gale.stop(gale.server) == 0
    gale.start()
    assert gale.run_state("kept", "r1") == "success"
    assert "kept" in gale.cli("tasks", "logs", "kept", "r1", "t").stdout
    assert str(gale.dag("kept")["is_paused"]).lower() == "false"
