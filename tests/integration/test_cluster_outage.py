"""A cluster's database is away for longer than a worker's lease: no task notices."""

import os
import time

from harness import Gate, dag_text, wait_until

LEASE_SECONDS = 8  # [master] lease_seconds


def the_health_while_the_ledger_is_away(cluster, leader):
    """How long the slowest of some answers took, once they say that the ledger is away."""
    if cluster.rest(leader, "GET", "/api/v2/monitor/health")[1]["metadatabase"]["status"] == "healthy":
        return None
    times = []
    for _ in range(10):
        began = time.monotonic()
        status, health = cluster.rest(leader, "GET", "/api/v2/monitor/health")
        times.append(time.monotonic() - began)
        assert status == 200 and health["metadatabase"]["status"] == "unhealthy", health
    return max(times)


def test_a_database_that_is_away_for_longer_than_a_workers_lease_kills_no_task(two_masters):
    cluster, dag_id = two_masters, "long_outage"
    leader, _ = wait_until(cluster.leader, "a leader")
    ledger = cluster.home / "ledger"
    gates = {name: Gate(cluster.home / f"gate_{name}") for name in ("ends_meanwhile", "ends_later")}
    cluster.add_dag(leader, dag_id, dag_text(dag_id, "\n".join(
        f"BashOperator(task_id='{name}', retries=2, bash_command='echo {name} $AIRFLOW_CTX_TRY_NUMBER >> {ledger}; "
        f"cat {gate.path}; echo the end of {name} >> {ledger}')" for name, gate in gates.items())))
    cluster.trigger(leader, dag_id, "r")
    ends = {name: gate.wait_for_task() for name, gate in gates.items()}

    asked = cluster.ask("stop", "mysql")
    assert asked.returncode == 0, asked.stderr
    gone = time.monotonic()
    os.close(ends["ends_meanwhile"])
    health = wait_until(lambda: the_health_while_the_ledger_is_away(cluster, leader), "an unhealthy metadatabase")
    assert health < 0.5, f"health took {health:.2f} s: a probe of an orchestrator would end the leader"
    wait_until(lambda: "the end of ends_meanwhile" in ledger.read_text(), "the end of the first")
    wait_until(lambda: time.monotonic() - gone > 1.5 * LEASE_SECONDS, "a lease and a half")
    asked = cluster.ask("start", "mysql")
    assert asked.returncode == 0, asked.stderr
    os.close(ends["ends_later"])

    assert cluster.wait_for_end(leader, dag_id, "r") == "success"
    assert sorted(ledger.read_text().splitlines()) == [
        "ends_later 1", "ends_meanwhile 1", "the end of ends_later", "the end of ends_meanwhile"]
    status, answer = cluster.rest(leader, "GET", f"/api/v2/dags/{dag_id}/dagRuns/r/taskInstances")
    assert status == 200
    assert {(ti["task_id"], ti["state"], ti["try_number"]) for ti in answer["task_instances"]} == {
        (name, "success", 1) for name in gates}
    assert cluster.leader()[0] == leader, "nobody could take the lead, and it did not let go"
