"""Drives the real binary: a Gale with a home of its own on free ports, its CLI, its REST."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

import openapi

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("GALE_BIN", str(ROOT / "build/dev/gale"))
PATIENCE = 30.0  # seconds until a condition that should come true counts as never


def wait_until(condition, what, seconds=PATIENCE):
    """Returns the first true value of condition(); fails naming `what` if none comes in time. The only
    place where a test waits for something that can't signal: another program's state."""
    never = threading.Event()
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s: {what() if callable(what) else what}"
        never.wait(0.02)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def processes_with(text):
    """Pids of live processes whose command line or environment holds `text`."""
    found = []
    for proc in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            state = (proc / "stat").read_text().rsplit(")", 1)[1].split()[0]
            words = (proc / "cmdline").read_bytes() + (proc / "environ").read_bytes()
        except OSError:
            continue
        if state != "Z" and int(proc.name) != os.getpid() and text.encode() in words:
            found.append(int(proc.name))
    return found


class Gate:
    """A named pipe that a task waits on: `cat PATH` returns when the test opens the gate."""

    def __init__(self, path):
        self.path = path
        os.mkfifo(path)

    def wait_for_task(self):
        """Returns once a task stands at the gate, with the gate's own end of the pipe."""

        def try_open():
            try:
                return os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:  # ENXIO: nobody reads yet
                return None

        return wait_until(try_open, f"a task waiting at {self.path}")

    def open(self):
        os.close(self.wait_for_task())


class Gale:
    def __init__(self):
        # Short, because the path of a Unix socket may have only 107 bytes.
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="gale-it-", dir="/tmp"))
        self.dags = self.home / "dags"
        self.dags.mkdir()
        self.work = self.home / "work"  # where tasks leave their traces
        self.work.mkdir()
        self.port = free_port()
        self.grpc_port = free_port()
        self.processes = []
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith(("GALE__", "AIRFLOW__"))}
        self.env["GALE_HOME"] = str(self.home)

    # Processes.

    def spawn(self, *args, env=None, log="server"):
        """Starts `gale ARGS` in the background; its output goes to <home>/<log>.out."""
        output = open(self.home / f"{log}.out", "ab")
        process = subprocess.Popen([BINARY, *args], stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, env={**self.env, **(env or {})},
                                   start_new_session=True)
        output.close()
        process.log = self.home / f"{log}.out"
        self.processes.append(process)
        return process

    def flags(self):
        return ["--home", str(self.home), "--port", str(self.port), "--grpc-port", str(self.grpc_port)]

    def start(self, command="standalone", env=None):
        """Starts the server and returns once it answers."""
        process = self.spawn(command, *self.flags(), env=env)
        self.wait_healthy(process)
        return process

    def wait_healthy(self, process):
        def answers():
            assert process.poll() is None, f"gale ended: {process.log.read_text()}"
            try:
                return self.rest("GET", "/api/v2/monitor/health", token=None)[0] == 200
            except OSError:
                return False

        wait_until(answers, lambda: f"gale answers; it said: {process.log.read_text()}")

    def stop(self, process):
        """Ctrl-C; returns the exit status."""
        process.send_signal(signal.SIGINT)
        return process.wait(PATIENCE)

    def kill9(self, process):
        process.kill()
        process.wait(PATIENCE)

    def close(self):
        """Ends everything that this Gale started, and removes its home."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for pid in processes_with(str(self.home)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(self.home, ignore_errors=True)

    # The CLI.

    def cli(self, *args, check=True, env=None):
        result = subprocess.run([BINARY, *args], stdin=subprocess.DEVNULL, capture_output=True,
                                text=True, timeout=PATIENCE, check=False,
                                env={**self.env, "GALE__MASTER__GRPC_PORT": str(self.grpc_port),
                                     **(env or {})})
        if check:
            assert result.returncode == 0, f"gale {' '.join(args)}: {result.stderr}"
        return result

    def rows(self, *args):
        return json.loads(self.cli(*args, "-o", "json").stdout or "[]")

    def dag(self, dag_id):
        return next((row for row in self.rows("dags", "list") if row["dag_id"] == dag_id), None)

    def add_dag(self, dag_id, text, unpause=True):
        """Writes <dag_id>.py into the dags folder, waits until it is known, and unpauses it."""
        write_whole(self.dags / f"{dag_id}.py", text)
        wait_until(lambda: self.dag(dag_id), f"{dag_id} in `gale dags list`")
        if unpause:
            self.cli("dags", "unpause", dag_id)

    def trigger(self, dag_id, run_id):
        self.cli("dags", "trigger", dag_id, "--run-id", run_id)

    def run_state(self, dag_id, run_id):
        runs = {row["run_id"]: row["state"] for row in self.rows("dags", "list-runs", dag_id)}
        return runs.get(run_id)

    def states(self, dag_id, run_id):
        return {row["task_id"]: row["state"]
                for row in self.rows("tasks", "states-for-dag-run", dag_id, run_id)}

    def wait_for_end(self, dag_id, run_id):
        """Waits for the run's end; returns its state and its tasks' states."""
        state = wait_until(
            lambda: (self.run_state(dag_id, run_id) in ("success", "failed")
                     and self.run_state(dag_id, run_id)),
            lambda: f"end of {dag_id} {run_id}: {self.states(dag_id, run_id)}")
        return state, self.states(dag_id, run_id)

    # REST.

    def rest(self, method, path, body=None, token=None, headers=None):
        """(status, answer): the answer parsed if it is JSON, else its text. It is as /openapi.json says."""
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method)
        if data is not None:
            request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                status, text = response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        try:
            answer = json.loads(text)
        except ValueError:
            return status, text
        openapi.check(f"http://127.0.0.1:{self.port}", method, path, status, answer)
        return status, answer

    def password(self):
        return (self.home / "admin_password").read_text().strip()

    def token(self):
        status, answer = self.rest("POST", "/auth/token",
                                   {"username": "admin", "password": self.password()})
        assert status == 201, answer
        return answer["access_token"]


def write_whole(path, text):
    """Writes a file as an editor does: under another name first, so that no half of it is ever seen."""
    part = path.with_name("." + path.name + ".part")
    part.write_text(text)
    part.rename(path)


HEADER = """\
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.bash import BashOperator
"""


def dag_text(dag_id, body, **dag_args):
    """A DAG file; `body` are the lines inside `with DAG(...)`."""
    args = "".join(f", {name}={value!r}" for name, value in dag_args.items())
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    return (f"{HEADER}\nwith DAG(dag_id={dag_id!r}, start_date=datetime(2024, 1, 1), schedule=None{args})"
            f" as dag:\n{lines}")


def one_line_error(result, *words):
    """The one line on stderr of a refused command; it holds all of `words`."""
    assert result.returncode != 0, result.stdout
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, f"expected one line on stderr: {result.stderr!r}"
    for word in words:
        assert word in lines[0], f"expected {word!r} in {lines[0]!r}"
    return lines[0]
