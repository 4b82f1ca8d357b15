"""Runs one attempt of a Python task: `python -m gale.task_runner`, a socket's number in $GALE_TASK_SOCKET.

On the socket go frames: 4 bytes of length, big endian, and JSON. The supervisor's first is [0, StartupDetails, null].
The task asks with [id, body] and is answered with [id, body, error]; error is null or {"error", "detail"}. Names and
fields are those of Airflow's supervisor schema. The last question is the end (see gale.attempt); once it is answered
the process ends with 0. A process that ends without one has failed.
"""

import json
import logging
import os
import signal
import socket
import sys
import threading

from gale import bundled, context as sdk_context, profile, task_state

SOCKET = "GALE_TASK_SOCKET"
FRAME_BYTES_MAX = 64 << 20
LENGTH_BYTES = 4


class ChannelClosed(Exception):
    """The supervisor is gone."""


def send_frame(sock, value):
    body = json.dumps(value, separators=(",", ":")).encode()
    if len(body) > FRAME_BYTES_MAX:
        raise ValueError(f"a message of {len(body)} bytes is larger than {FRAME_BYTES_MAX}")
    sock.sendall(len(body).to_bytes(LENGTH_BYTES, "big") + body)


def read_frame(sock):
    size = int.from_bytes(_read(sock, LENGTH_BYTES), "big")
    if size > FRAME_BYTES_MAX:
        raise ChannelClosed(f"a frame of {size} bytes is larger than {FRAME_BYTES_MAX}")
    return json.loads(_read(sock, size))


def _read(sock, size):
    pieces = bytearray()
    while len(pieces) < size:
        piece = sock.recv(min(size - len(pieces), 1 << 20))
        if not piece:
            raise ChannelClosed("the supervisor closed the channel")
        pieces += piece
    return bytes(pieces)


class SocketSupervisor:
    """The line to the supervisor. Several threads of the task may ask; one is answered at a time."""

    def __init__(self, sock):
        self._sock = sock
        self._lock = threading.RLock()
        self._last = 0

    def startup_details(self):
        return read_frame(self._sock)[1]

    def ask(self, message):
        with self._lock:
            self._last += 1
            number = self._last
            send_frame(self._sock, [number, message])
            while True:  # an answer to a question that a signal cut short may come first
                answered, body, error = read_frame(self._sock)
                if answered == number:
                    break
        if error is not None:
            raise task_state.SupervisorError(error.get("error", "GENERIC_ERROR"), error.get("detail"))
        return body


class _MaskingFormatter(logging.Formatter):
    def format(self, record):
        from gale import masking
        return masking.redact(super().format(record))


def set_up_logging():
    """logging goes where print goes: to stdout, which is the task's log."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_MaskingFormatter("[%(asctime)s] %(levelname)s - %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    sys.stdout.reconfigure(line_buffering=True)


def load(details):
    """(dag, task) of the file; a LookupError that is one sentence if they aren't there."""
    from gale.parse_file import dags_of, extend_path, users_traceback
    path, said = details["fileloc"], details["ti"]
    extend_path(path, details.get("dags_folder") or os.environ.get("GALE_DAGS_FOLDER", ""))
    try:
        dags, errors = dags_of(path)
    except BaseException as error:
        raise LookupError(f"the DAG file {path} can't be run:\n{users_traceback(error)}") from None
    dag = next((dag for dag in dags if dag.dag_id == said["dag_id"]), None)
    if dag is None:
        raise LookupError(f"the file {path} has no DAG {said['dag_id']!r} any more"
                          + "".join(f"\n{error}" for error in errors))
    task = dag.task_dict.get(said["task_id"])
    if task is None:
        raise LookupError(f"DAG {dag.dag_id!r} has no task {said['task_id']!r} any more (in {path})")
    return dag, task


def on_term(attempt):
    """TERM: the task's on_kill(), then it is over."""
    from gale.exceptions import AirflowTaskTerminated

    def handle(signum, frame):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        try:
            attempt.task.on_kill()
        finally:
            raise AirflowTaskTerminated("the task was told to end (SIGTERM)")
    signal.signal(signal.SIGTERM, handle)


def context_variables(details):
    """The environment that a task's code finds: AIRFLOW_CTX_..."""
    said, run = details["ti"], details["ti_context"]["dag_run"]
    found = {"AIRFLOW_CTX_DAG_ID": said["dag_id"], "AIRFLOW_CTX_TASK_ID": said["task_id"],
             "AIRFLOW_CTX_DAG_RUN_ID": said["run_id"], "AIRFLOW_CTX_TRY_NUMBER": str(said.get("try_number", 1)),
             "AIRFLOW_CTX_LOGICAL_DATE": run.get("logical_date") or "",
             "AIRFLOW_CTX_EXECUTION_DATE": run.get("logical_date") or ""}
    return {name: value for name, value in found.items() if value}


def run(supervisor):
    """One attempt, from its details to its end. Returns the end that was sent."""
    from gale.attempt import Attempt
    task_state.supervisor = supervisor
    details = supervisor.startup_details()
    os.environ.update(context_variables(details))
    try:
        dag, task = load(details)
    except LookupError as error:
        print(f"gale: {error}", file=sys.stderr, flush=True)
        retry = details["ti_context"].get("should_retry", False)
        end = {"type": "RetryTask", "state": "up_for_retry"} if retry else {"type": "TaskState", "state": "failed"}
    else:
        attempt = Attempt(details, dag, task, profile.current())
        on_term(attempt)
        end = attempt.run()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.stdout.flush()
    sys.stderr.flush()
    supervisor.ask(end)
    return end


def main():
    sys.path[:] = [sdk_context.SDK_DIR] + [entry for entry in sys.path
                                           if entry not in ("", os.getcwd(), sdk_context.SDK_DIR)]
    sys.dont_write_bytecode = True
    bundled.provide()
    number = os.environ.pop(SOCKET, None)
    if number is None or not number.isdigit():
        sys.exit(f"gale: {SOCKET} is not set: workers start this program, with a socket to themselves")
    sock = socket.socket(fileno=int(number))
    sock.set_inheritable(False)
    set_up_logging()
    try:
        run(SocketSupervisor(sock))
    except (ChannelClosed, OSError) as error:
        sys.exit(f"gale: the line to the worker is gone: {error}")


if __name__ == "__main__":
    main()
