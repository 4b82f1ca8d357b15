"""The page /metrics: Prometheus's text form, without a token, with what happened in it."""

import re

from harness import ROOT, dag_text, wait_until, write_whole

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
    assert found['gale_http_requests_total{method="GET",path="/api/v2/dags/{dag_id}",status="4xx"}'] >= 1
    assert found['gale_http_requests_total{method="POST",path="/auth/token",status="2xx"}'] >= 1


def test_workers_queues_the_parser_and_grpc_are_shown(shared):
    shared.add_dag("shown", dag_text("shown", "BashOperator(task_id='waits', bash_command='true', queue='nobodys')\n"
                                     "BashOperator(task_id='t', bash_command='true')"))
    write_whole(shared.dags / "broken.py", "from airflow import DAG\nraise ValueError('on purpose')\n")
    shared.cli("dags", "trigger", "shown", "-r", "r1")
    worker = shared.rows("workers", "list")[0]
    name = worker.get("name") or worker["worker"]
    folder = f'{{folder="{shared.dags}"}}'

    def told():
        now = samples(shared)
        return now if now.get('gale_queue_depth{queue="nobodys"}') == 1 and \
            now[f"gale_dag_processing_errors_total{folder}"] >= 1 else None

    now = wait_until(told, lambda: page(shared))
    assert now[f'gale_worker_slots_of{{worker="{name}"}}'] == now["gale_worker_slots"]
    assert now[f'gale_worker_spool_entries{{worker="{name}"}}'] == 0
    assert now[f'gale_worker_spool_bytes{{worker="{name}"}}'] == 0
    assert now[f'gale_worker_keeper_restarts{{worker="{name}"}}'] == 0
    assert now[f"gale_dag_processing_files_parsed_total{folder}"] >= 2
    assert now[f"airflow_dag_processing_last_duration_seconds_sum{folder}"] > 0
    assert f"airflow_dag_processing_file_path_queue_size{folder}" in now
    assert now['gale_grpc_calls_total{method="/gale.v1.Control/TriggerDagRun",code="OK"}'] >= 1
    assert now['gale_grpc_calls_open{method="/gale.v1.Worker/Session"}'] == 1
    (shared.dags / "broken.py").unlink()


def test_a_limit_that_refuses_is_counted_and_each_has_its_metric(shared):
    token = shared.token()
    count = 'gale_limit_reached_total{limit="kConfBytesMax"}'
    before = samples(shared)[count]
    shared.add_dag("limited", dag_text("limited", "BashOperator(task_id='t', bash_command='true')"))
    body = {"logical_date": None, "conf": {"a": "x" * (1 << 20)}}
    status, answer = shared.rest("POST", "/api/v2/dags/limited/dagRuns", body, token)
    assert status == 400 and "kConfBytesMax" in str(answer), answer
    assert samples(shared)[count] == before + 1
    text = page(shared)
    table = (ROOT / "common/base/limit_counts.cc").read_text()
    for limit, metric in re.findall(r'\{"(k\w+)", "(\w+)"', table):
        assert f"# TYPE {metric} " in text, limit
