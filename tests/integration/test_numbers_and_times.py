"""Numbers and times that REST takes: whole numbers and nothing else; a time without a zone is UTC's, as in Airflow."""

from urllib.parse import quote

import pytest

from harness import dag_text

NO_NUMBERS = ("12abc", "1.5", "1e3", "0x1", " 1", "1 ", "+1x", "--1", "", "\u0661", "99999999999999999999",
              "18446744073709551617")
TASK = "/api/v2/dags/numbers/dagRuns/r1/taskInstances/t"


@pytest.fixture
def numbers(shared):
    """A DAG with a run that has ended, and what `GET` of a path says."""
    if "numbers" not in [row["dag_id"] for row in shared.rows("dags", "list")]:
        shared.add_dag("numbers", dag_text("numbers", "BashOperator(task_id='t', bash_command='echo 1')"))
        shared.trigger("numbers", "r1")
    assert shared.wait_for_end("numbers", "r1")[0] == "success"
    token = shared.token()
    return lambda path: shared.rest("GET", path, token=token)


@pytest.mark.parametrize("path, good", [
    ("/api/v2/dags/numbers/dagVersions/{}", 1),
    ("/api/v2/importErrors/{}", None),  # there is none
    (TASK + "/{}", -1),
    (TASK + "/{}/tries", None),
    (TASK + "/logs/{}", 1),
])
def test_a_number_in_a_path_is_a_whole_number_or_nothing_is_found(numbers, path, good):
    if good is not None:
        status, answer = numbers(path.format(good))
        assert status == 200, answer
    for text in NO_NUMBERS:
        if not text:
            continue  # is another path
        status, answer = numbers(path.format(quote(text, safe="")))
        assert status in (400, 404, 422), f"{path} with '{text}': {status} {answer}"


@pytest.mark.parametrize("path, name", [
    ("/api/v2/dags", "limit"), ("/api/v2/dags", "offset"),
    ("/api/v2/dags/numbers/dagRuns", "limit"), ("/api/v2/dags/numbers/dagRuns", "offset"),
    ("/api/v2/dags/numbers/dagRuns/r1/taskInstances", "limit"),
    ("/api/v2/dags/numbers/dagRuns/r1/taskInstances", "map_index"),
    (TASK + "/xcomEntries", "map_index"), (TASK + "/xcomEntries/return_value", "map_index"),
    (TASK + "/logs/1", "map_index"), (TASK + "/logs/1", "token"),
    ("/api/v2/eventLogs", "limit"), ("/api/v2/pools", "offset"),
    ("/api/v2/importErrors", "limit"), ("/api/v2/dags/numbers/dagVersions", "offset"),
])
def test_a_number_in_a_query_is_a_whole_number_or_refused_by_its_name(numbers, path, name):
    for text in NO_NUMBERS + ("4294967295000000000000",):
        status, answer = numbers(f"{path}?{name}={quote(text, safe='')}")
        assert status in (400, 422) and name in str(answer), f"{path}?{name}='{text}': {status} {answer}"
    status, answer = numbers(f"{path}?map_index=4294967295")  # is not -1
    assert status == 200 or "map_index" in str(answer), answer


def test_a_number_in_a_body_is_what_it_says(shared):
    token = shared.token()
    for slots in (18446744073709551615, 4294967297, -2, 1.5, "12abc"):
        status, answer = shared.rest("POST", "/api/v2/pools", {"name": "huge", "slots": slots}, token=token)
        assert status in (400, 422) and "slots" in str(answer), f"{slots}: {status} {answer}"
    assert shared.rest("GET", "/api/v2/pools/huge", token=token)[0] == 404


@pytest.mark.parametrize("text, utc", [
    ("2024-05-02T03:04:05", "2024-05-02T03:04:05Z"),
    ("2024-05-03 03:04", "2024-05-03T03:04:00Z"),
    ("2024-05-04", "2024-05-04T00:00:00Z"),
    ("2024-05-05T00:00:00+02:00", "2024-05-04T22:00:00Z"),
    ("2024-05-06T03:04:05.25Z", "2024-05-06T03:04:05.250000Z"),
])
def test_a_time_without_a_zone_is_utcs_whatever_the_default_timezone(home, text, utc):
    home.start(env={"GALE__CORE__DEFAULT_TIMEZONE": "Asia/Tokyo"})
    home.add_dag("timed", dag_text("timed", "BashOperator(task_id='t', bash_command='true')"))
    token = home.token()
    path = "/api/v2/dags/timed/dagRuns"
    status, answer = home.rest("POST", path, {"dag_run_id": "r", "logical_date": text}, token=token)
    assert status == 200 and answer["logical_date"] == utc, answer
    edge = quote(text, safe="")
    for condition, found in (("logical_date_gte", 1), ("logical_date_lte", 1)):
        status, answer = home.rest("GET", f"{path}?{condition}={edge}", token=token)
        assert status == 200 and answer["total_entries"] == found, answer
    for wrong in ("2024-05-02T25:00:00", "2024-13-01", "yesterday", "2024-05-02T03:04:05+2x"):
        assert home.rest("POST", path, {"dag_run_id": "w", "logical_date": wrong}, token=token)[0] == 422
        assert home.rest("GET", f"{path}?logical_date_gte={quote(wrong, safe='')}", token=token)[0] == 422
