"""What a file asks for while it is read goes to the master and back, and nothing of it holds the server up."""

import json
import os
import socket

import pytest
from gale.parse_line import ParseSupervisor
from gale.task_state import SupervisorError

GOOD = "from airflow.sdk import DAG\nDAG_ = DAG('good')\n"
ASKS = """
from airflow.models import Variable
from airflow.hooks.base import BaseHook
from airflow.sdk import DAG
config = Variable.get("config", deserialize_json=True)
where = BaseHook.get_connection("warehouse")
dag = DAG(f"{config['name']}_{where.host}_{where.port}")
"""


def answered(server, *answers):
    """Answers the questions that come, in order; returns them, and the file's own answer."""
    asked = []
    for answer in answers:
        head = server.answer()
        asked.append(head["question"])
        server.send({"answer": head["ask"]}, json.dumps(answer).encode())
    return asked, server.answer()


def start(server, path, number=0, **more):
    server.send({"id": number, "timeout_seconds": 20, **more}, os.fsencode(path))


def test_a_file_gets_variables_and_connections_while_it_is_read(server, write):
    start(server, write(ASKS))
    asked, answer = answered(server, {"type": "VariableResult", "key": "config", "value": '{"name": "x"}'},
                             {"type": "ConnectionResult", "conn_id": "warehouse", "conn_type": "postgres",
                              "host": "db", "port": 5432, "password": "hush-hush"})
    assert asked == [{"type": "GetVariable", "key": "config"}, {"type": "GetConnection", "conn_id": "warehouse"}]
    assert answer["error"] == "" and [dag["dag_id"] for dag in answer["dags"]] == ["x_db_5432"]


def test_the_environment_comes_first(server, write):
    start(server, write("import os\nos.environ['AIRFLOW_VAR_CONFIG'] = '{\"name\": \"env\"}'\n"
                        "os.environ['AIRFLOW_CONN_WAREHOUSE'] = 'http://h:1'\n" + ASKS))
    assert server.answer()["dags"][0]["dag_id"] == "env_h_1"


@pytest.mark.parametrize("source, answer, says", [
    ("Variable.get('nothing')", {"error": "VARIABLE_NOT_FOUND", "detail": {"key": "nothing"}},
     "Variable nothing does not exist: set it by `gale variables set nothing VALUE`"),
    ("BaseHook.get_connection('nowhere')", {"error": "CONNECTION_NOT_FOUND", "detail": {"conn_id": "nowhere"}},
     "conn_id `nowhere` isn't defined: set it by `gale connections set nowhere URI`"),
    ("Variable.get('x')", {"error": "GENERIC_ERROR", "detail": "the database is away"}, "the database is away")])
def test_what_is_missing_is_named_with_what_sets_it(server, write, source, answer, says):
    start(server, write("from airflow.models import Variable\nfrom airflow.hooks.base import BaseHook\n"
                        "import airflow\n" + source + "  # a dag\n"))
    assert says in answered(server, answer)[1]["error"]


def test_only_reading_is_answered(server, write):
    start(server, write("from airflow.models import Variable  # dag\nVariable.set('x', '1')\n"))
    assert "PutVariable is answered to running tasks, not while a file is read" in server.answer()["error"]


def test_others_are_read_while_one_waits_for_its_answer_and_large_ones_arrive(server, write):
    start(server, write("from airflow.sdk import DAG, Variable\nDAG_ = DAG(f\"n{len(Variable.get('big'))}\")\n"), 1)
    assert server.answer()["ask"] == 1
    start(server, write(GOOD, "good.py"), 2)
    assert server.answer()["dags"][0]["dag_id"] == "good"
    server.send({"answer": 7}, b"{}")  # to nobody
    server.send({"answer": 1}, json.dumps({"value": "x" * (1 << 20)}).encode())
    assert server.answer()["dags"][0]["dag_id"] == f"n{1 << 20}"


def test_a_file_that_is_never_answered_ends_by_its_own_limit(server, write):
    start(server, write("from airflow.sdk import Variable  # dag\nVariable.get('x')\n"), timeout_seconds=0.5)
    assert server.answer()["ask"] == 0
    assert "longer than 0.5 s to import" in server.answer()["error"]
    start(server, write(GOOD))
    assert server.answer()["dags"][0]["dag_id"] == "good"


def test_an_answer_that_does_not_come_is_waited_for_once():
    ours, theirs = socket.socketpair()
    supervisor = ParseSupervisor(ours.fileno(), seconds=0.05)
    for _ in range(2):
        with pytest.raises(SupervisorError, match="the master gave no answer within 0.05 s"):
            supervisor.ask({"type": "GetVariable", "key": "x"})
    assert theirs.recv(1000).count(b"GetVariable") == 1
    ours.close()
    theirs.close()


def test_a_question_that_is_no_question_is_passed_on_by_nobody(server, write):
    """The file writes to its line what it likes: only it is the worse for it."""
    start(server, write("""
        from gale import task_state
        import os
        os.write(task_state.supervisor._fd, b"\\xff" * 64)
        from airflow.sdk import DAG
        DAG_ = DAG("rude")
        """))
    assert server.answer()["dags"][0]["dag_id"] == "rude"
    start(server, write(GOOD))
    assert server.answer()["dags"][0]["dag_id"] == "good"
