"""The check that every other test's answers go through (openapi.py) finds what is wrong."""

import openapi
import pytest

POOL = "/api/v2/pools/default_pool"


def test_an_answer_that_isnt_as_the_document_says_is_found(shared):
    document = openapi.Document(shared.rest("GET", "/openapi.json")[1])
    status, pool = shared.rest("GET", POOL, token=shared.token())
    assert status == 200
    document.check("GET", POOL, 200, pool)
    without = {key: value for key, value in pool.items() if key != "open_slots"}
    for wrong in ({**pool, "slots": "128"}, {**pool, "more": 1}, {**pool, "name": None}, without, [pool]):
        with pytest.raises(AssertionError, match="not as the document says"):
            document.check("GET", POOL, 200, wrong)
    with pytest.raises(AssertionError, match="201 isn't in the document"):
        document.check("GET", POOL, 201, pool)
    with pytest.raises(AssertionError, match="not as the document says"):
        document.check("GET", "/api/v2/nowhere", 404, {"error": "no"})


def test_words_times_and_every_operation_that_is_asked_for_are_looked_at(shared):
    document = openapi.Document(shared.rest("GET", "/openapi.json")[1])
    run = document.resolve("#/components/schemas/DAGRunResponse")["properties"]
    assert list(document.wrong(run["state"], "success", "state")) == []
    assert list(document.wrong(run["state"], "odd", "state"))
    assert list(document.wrong(run["run_after"], "yesterday", "run_after"))
    assert list(document.wrong({"oneOf": []}, 1, "place")) == [
        "place: the schema has words that aren't checked: {'oneOf'}"]
    operations = [one for methods in document.document["paths"].values() for one in methods.values()]
    assert len(operations) >= 46
    assert len({one["operationId"] for one in operations}) == len(operations)
