"""The page /metrics: Prometheus's text form, without a token, with what happened in it."""

import re

from harness import dag_text, wait_until

SAMPLE = re.compile(r'([a-z_:][a-z0-9_:]*)(\{([a-z_]+="(?:[^"\\\n]|\\.)*",?)*\})? (\S+)')


def page(gale):
    status, text = gale.rest("GET", "/metrics")
    assert status == 200
    return text


def samples(gale):
    """name{labels} -> value; every line must be a comment or a sample."""
    found = {}
    for line in page(gale).splitlines():
        if line.startswith(("# HELP ", "# TYPE ")):
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        found[sample[1] + (sample[2] or "")] = float(sample[4])
    return found


def test_what_happened_is_counted(shared):
    before = samples(shared)
    shared.add_dag("counted", dag_text("counted", "BashOperator(task_id='good', bash_command='true') >> "
                                       "BashOperator(task_id='bad', bash_command='false')"))
    shared.cli("dags", "trigger", "counted", "-r", "r1")
    assert shared.wait_for_end("counted", "r1")[0] == "failed"
    # How things stand is told every half second.
    after = wait_until(lambda: (now := samples(shared))["gale_workers"] == 1 and now, "the worker")

    def rose(name):
        return after[name] - before.get(name, 0)

    assert rose("airflow_ti_successes") == 1
    assert rose("airflow_ti_failures") == 1
    assert rose('gale_attempts_ended_total{state="failed"}') == 1
    assert rose('gale_dag_runs_ended_total{state="failed"}') == 1
    assert rose("gale_grants_total") == rose("gale_dispatch_seconds_count") == 2
    assert rose("gale_engine_turns_total") > 0 and rose("gale_engine_turn_seconds_count") > 0
    assert rose("gale_ledger_sync_seconds_count") > 0
    assert after['airflow_pool_open_slots{pool_name="default_pool"}'] == 128


def test_buckets_grow_and_end_with_all(shared):
    text = page(shared)
    buckets = [float(value) for value in re.findall(r'gale_engine_turn_seconds_bucket\{le="[^"]+"\} (\S+)', text)]
    assert len(buckets) == 21
    assert buckets == sorted(buckets)
    assert f"gale_engine_turn_seconds_count {buckets[-1]:.0f}" in text


def test_requests_are_counted_by_operation(shared):
    shared.rest("GET", "/api/v2/dags/nowhere", token=shared.token())
    found = samples(shared)
    assert found['gale_http_requests_total{method="GET",path="/api/v2/dags/{}",status="4xx"}'] >= 1
    assert found['gale_http_requests_total{method="POST",path="/auth/token",status="2xx"}'] >= 1
