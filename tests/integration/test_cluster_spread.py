"""Who gets what of a burst: three workers at one Redis, all of them real processes."""

import collections

from harness import dag_text, wait_until

TASKS = 30


def test_a_burst_is_spread_over_the_workers_by_their_room(cluster):
    cluster.start(masters=1, workers=3, slots=16)
    gate = cluster.home / "gate"
    wait_until(cluster.leader, "a leader")
    cluster.add_dag("master-1", "burst", dag_text("burst", "\n".join(
        [f"ts = [BashOperator(task_id=f't{{i}}', bash_command='until [ -e {gate} ]; do sleep 0.1; done') "
         f"for i in range({TASKS})]"]), max_active_tasks=64))

    def workers():
        status, answer = cluster.rest("master-1", "GET", "/api/v2/dags/burst/dagRuns/r/taskInstances?limit=100")
        assert status == 200, answer
        return [each["hostname"] for each in answer["task_instances"] if each["state"] == "running"]

    cluster.trigger("master-1", "burst", "r")
    running = wait_until(lambda: len(workers()) == TASKS and workers(), "all tasks at once")
    gate.touch()
    share = collections.Counter(running)
    assert len(share) == 3 and all(7 <= n <= 13 for n in share.values()), share
    assert cluster.wait_for_end("master-1", "burst", "r") == "success"
