"""Settings that only show in a running Gale."""

import base64
import json

from harness import ROOT, dag_text, wait_until, write_whole


def claims_of(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def test_examples_come_with_a_setting_and_go_without_it(home):
    server = home.start(env={"GALE__CORE__LOAD_EXAMPLES": "True"})
    wait_until(lambda: home.dag("fan_out"), "an example")
    assert home.dag("fan_out")["fileloc"] == str(ROOT / "examples/dags/fan_out.py")
    home.add_dag("own", dag_text("own", "pass"))
    assert home.stop(server) == 0
    server = home.start()
    wait_until(lambda: not home.dag("fan_out"), "the examples are gone")
    assert home.dag("own")


def test_the_default_zone_is_that_of_naive_dates_and_crons(home):
    home.start(env={"GALE__CORE__DEFAULT_TIMEZONE": "Asia/Seoul"})
    write_whole(home.dags / "nightly.py", """
from datetime import datetime
from airflow import DAG
from airflow.operators.empty import EmptyOperator
with DAG("nightly", schedule="0 3 * * *", start_date=datetime(2020, 1, 1), catchup=False) as dag:
    EmptyOperator(task_id="t")
""")
    wait_until(lambda: home.dag("nightly"), "the DAG")
    due = home.rest("GET", "/api/v2/dags/nightly", token=home.token())[1]["next_dagrun_run_after"]
    assert due is None or due[11:16] == "18:00", due  # 03:00 in Seoul
    refused = home.spawn("standalone", *home.flags(), log="refused", env={"GALE__CORE__DEFAULT_TIMEZONE": "Mars"})
    assert refused.wait(30) == 1
    assert "[core] default_timezone (env GALE__CORE__DEFAULT_TIMEZONE): timezone: 'Mars' is unknown" \
        in refused.log.read_text()


def test_a_token_lives_as_long_as_it_is_set_to(home):
    home.start(env={"GALE__API_AUTH__JWT_EXPIRATION_TIME": "90"})
    said = claims_of(home.token())
    assert said["exp"] - said["iat"] == 90
