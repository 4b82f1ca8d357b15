"""Runs one attempt of a Python task: `python -m gale.task_runner`, as a worker starts it.

$GALE_TASK_SOCKET is the path of the worker's socket, $GALE_TASK_KEY the attempt, $GALE_TASK_SECRET what proves it.
On the socket go frames: 4 bytes of length, big endian, and JSON. The task asks [id, body] and is answered
[id, body, error]; error is null or {"error", "detail"}. Names and fields are those of Airflow's supervisor schema. The
first question of a line is [0, {"type": "Hello", "attempt", "secret"}], its answer is StartupDetails. The last one is
the end (see gale.attempt); once it is answered the process ends with 0. A process that ends without one has failed.

A line may break at any time: its worker was stopped, or upgraded. Then the task connects again, and asks again what was
not answered, for as long as it runs; the worker's keeper ends it if nobody comes.
"""

import json
import logging
import os
import signal
import socket
import sys
import threading
import time

from gale import bundled, context as sdk_context, profile, task_state

SOCKET, KEY, SECRET = "GALE_TASK_SOCKET", "GALE_TASK_KEY", "GALE_TASK_SECRET"
FRAME_BYTES_MAX = 64 << 20  # of an answer
ASK_BYTES_MAX = 20 << 20    # common/base/limits.h: kTaskFrameBytesMax
LENGTH_BYTES = 4
BACKOFF_SECONDS = 0.02, 1.0  # the first, and the longest
REASON_CHARS_MAX = 500


class ChannelClosed(Exception):
    """The line broke."""


class Refused(Exception):
    """The worker doesn't know this attempt (any more); the text says why."""


def send_frame(sock, value):
    body = json.dumps(value, separators=(",", ":")).encode()
    if len(body) > ASK_BYTES_MAX:
        raise ValueError(f"a message of {len(body)} bytes is larger than {ASK_BYTES_MAX}")
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
            raise ChannelClosed("the worker closed the line")
        pieces += piece
    return bytes(pieces)


def _close(sock):
    try:
        if sock is not None:
            sock.close()
    except OSError:  # the task closed it under us
        pass


class SocketSupervisor:
    """The line to the worker. Threads and signal handlers of the task, and processes that it forks, may ask, too."""

    def __init__(self, path, key, secret):
        self._hello = {"type": "Hello", "attempt": key, "secret": secret}
        self._path = path
        self._sock = None  # while somebody asks it is his: a handler that asks meanwhile gets a line of its own
        self._details = None
        self._lock = threading.RLock()
        self._last = 0
        os.register_at_fork(after_in_child=self._forked)

    def _forked(self):
        self._lock = threading.RLock()
        _close(self._sock)
        self._sock = None

    def startup_details(self):
        with self._lock:
            if self._details is None:
                self._sock = self._connect()
            return self._details

    def ask(self, message):
        with self._lock:
            self._last += 1
            number = self._last
            while True:
                sock, self._sock = self._sock, None
                try:
                    sock = sock or self._connect()
                    send_frame(sock, [number, message])
                    answered, body, error = read_frame(sock)
                    if answered != number:
                        raise ChannelClosed(f"an answer to {answered} came, not to {number}")
                except (OSError, ChannelClosed):
                    _close(sock)
                    continue  # the same again
                except BaseException:  # a handler's, in the middle of a frame; or the message is no JSON
                    _close(sock)
                    raise
                _close(self._sock)  # a handler's line
                self._sock = sock
                break
        if error is not None:
            raise task_state.SupervisorError(error.get("error", "GENERIC_ERROR"), error.get("detail"))
        return body

    def _connect(self):
        """A line that has said Hello; waits until there is one. Refused: there will be none."""
        wait, longest = BACKOFF_SECONDS
        while True:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                sock.connect(self._path)
                send_frame(sock, [0, self._hello])
                _, self._details, error = read_frame(sock)
                if error is not None:
                    raise Refused(error.get("detail") or error.get("error"))
                return sock
            except (OSError, ChannelClosed):
                _close(sock)
            except BaseException:
                _close(sock)
                raise
            time.sleep(wait)
            wait = min(2 * wait, longest)


class _MaskingFormatter(logging.Formatter):
    def format(self, record):
        from gale import masking
        return masking.redact(super().format(record))


class _MaskingStream:
    """stdout or stderr without the secrets that this process knows."""

    def __init__(self, stream):
        self._stream = stream

    def write(self, text):
        from gale import masking
        self._stream.write(masking.redact(text))
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def __getattr__(self, name):
        return getattr(self._stream, name)


def set_up_logging():
    """logging goes where print goes: to stdout, which is the task's log."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")
    sys.stdout, sys.stderr = _MaskingStream(sys.stdout), _MaskingStream(sys.stderr)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_MaskingFormatter("[%(asctime)s] {%(filename)s:%(lineno)d} %(levelname)s - %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


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


class Terminated:
    """TERM: the task's on_kill(), then AirflowTaskTerminated where it is."""

    def __init__(self, attempt):
        self._attempt = attempt
        self.came = False
        signal.signal(signal.SIGTERM, self._handle)

    def _handle(self, signum, frame):
        from gale.exceptions import AirflowTaskTerminated
        self.came = True
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        try:
            self._attempt.task.on_kill()
        finally:
            raise AirflowTaskTerminated("the task was told to end (SIGTERM)")


def context_variables(details):
    """The environment that a task's code finds: AIRFLOW_CTX_..."""
    said, run = details["ti"], details["ti_context"]["dag_run"]
    found = {"AIRFLOW_CTX_DAG_ID": said["dag_id"], "AIRFLOW_CTX_TASK_ID": said["task_id"],
             "AIRFLOW_CTX_DAG_RUN_ID": said["run_id"], "AIRFLOW_CTX_TRY_NUMBER": str(said.get("try_number", 1)),
             "AIRFLOW_CTX_LOGICAL_DATE": run.get("logical_date") or "",
             "AIRFLOW_CTX_EXECUTION_DATE": run.get("logical_date") or ""}
    return {name: value for name, value in found.items() if value}


def _reason(attempt, end):
    """What a person sees beside the state: the exception, in a line."""
    from gale import masking
    error = (attempt.context or {}).get("exception")
    if error is None or end["state"] not in ("failed", "up_for_retry", "skipped"):
        return ""
    first = (str(error).strip().splitlines() or [""])[0]
    name = type(error).__name__
    text = first if end["state"] == "skipped" else f"{name}: {first}" if first else name
    return masking.redact(text)[:REASON_CHARS_MAX]


def _begin(details):
    said, retries = details["ti"], details["ti_context"].get("max_tries", 0)
    logging.getLogger("airflow.task").info(
        "Starting attempt %s of %s: %s.%s of run %s", said.get("try_number", 1),
        max(said.get("try_number", 1), retries + 1), said["dag_id"], said["task_id"], said["run_id"])


def run(supervisor):
    """One attempt, from its details to its end. Returns the end that was sent; None: it died of a signal's will."""
    from gale.attempt import Attempt
    task_state.supervisor = supervisor
    details = supervisor.startup_details()
    os.environ.update(context_variables(details))
    _begin(details)
    try:
        dag, task = load(details)
    except LookupError as error:
        print(f"gale: {error}", file=sys.stderr, flush=True)
        retry = details["ti_context"].get("should_retry", False)
        end = {"type": "RetryTask", "state": "up_for_retry"} if retry else {"type": "TaskState", "state": "failed"}
        end["reason"] = str(error).splitlines()[0][:REASON_CHARS_MAX]
    else:
        attempt = Attempt(details, dag, task, profile.current())
        terminated = Terminated(attempt)
        end = attempt.run()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        sys.stdout.flush()
        sys.stderr.flush()
        if terminated.came and end["state"] in ("failed", "up_for_retry"):
            os.kill(os.getpid(), signal.SIGTERM)  # who sent it knows why, and says it
            return None
        end["reason"] = _reason(attempt, end)
    sys.stdout.flush()
    sys.stderr.flush()
    supervisor.ask(end)
    return end


def main():
    sys.path[:] = [sdk_context.SDK_DIR] + [entry for entry in sys.path
                                           if entry not in ("", os.getcwd(), sdk_context.SDK_DIR)]
    sys.dont_write_bytecode = True
    bundled.provide()
    path, key, secret = (os.environ.pop(name, None) for name in (SOCKET, KEY, SECRET))
    if not (path and key and secret):
        sys.exit(f"gale: {SOCKET}, {KEY} and {SECRET} are not set: workers start this program")
    set_up_logging()
    try:
        run(SocketSupervisor(path, key, secret))
    except Refused as error:
        sys.exit(f"gale: {error}")


if __name__ == "__main__":
    main()
