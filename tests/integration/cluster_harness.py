"""A whole cluster (`./dev cluster`) for one story, and what is asked of its masters."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

import openapi
from harness import BINARY, PATIENCE, ROOT, processes_with, wait_until, write_whole

PYTHON3 = "/usr/bin/python3"  # as ./dev runs it
START_SECONDS_MAX = 60        # on a machine that is busy building


class Cluster:
    def __init__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="gale-cl-", dir="/tmp"))
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("GALE__", "AIRFLOW__"))}
        self.env["GALE_BIN"] = BINARY
        self.process = None
        self.pids = []
        self.access_token = None

    def command(self, *args):
        return [PYTHON3, "-B", str(ROOT / "deploy/cluster"), *args, "--home", str(self.home)]

    def start(self, masters, workers, slots=2):
        with open(self.home / "out", "ab") as output:
            self.process = subprocess.Popen(
                self.command("--masters", str(masters), "--workers", str(workers), "--slots", str(slots)),
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=self.env)

        def is_up():
            assert self.process.poll() is None, f"it ended: {self.said()}"
            return (self.home / "cluster.json").exists() and self.file()["pid"] == self.process.pid

        wait_until(is_up, lambda: f"cluster.json; it said: {self.said()}", START_SECONDS_MAX)

    def said(self):
        """All that it printed, at all its starts."""
        return (self.home / "out").read_text()

    def file(self):
        return json.loads((self.home / "cluster.json").read_text())

    def part(self, name):
        return next(each for each in self.file()["processes"] if each["name"] == name)

    def ask(self, *args):
        return subprocess.run(self.command(*args), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=START_SECONDS_MAX, check=False, env=self.env)

    def cli(self, *args):
        return subprocess.run([BINARY, "--home", str(self.home / "master-1"), *args], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=PATIENCE, check=False,
                              env={**self.env, "GALE__MASTER__GRPC_PORT": self.file()["grpc"][0].split(":")[1]})

    def terminate(self, number=signal.SIGTERM):
        self.pids = [part["pid"] for part in self.file()["processes"] if part["pid"]]
        self.process.send_signal(number)
        return self.process.wait(START_SECONDS_MAX)

    def leftovers(self):
        """What still runs of it: its parts of before terminate(), and whatever names its home."""
        return [pid for pid in self.pids if lives(pid)] + processes_with(str(self.home))

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(START_SECONDS_MAX)
        shutil.rmtree(self.home, ignore_errors=True)

    # REST: of any master, by its place or name.

    def rest(self, master, method, path, body=None, token=None):
        """(status, answer) of that master; (0, why) if nobody answers there."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.part(master)['port']}{path}", method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        if path != "/auth/token":
            request.add_header("Authorization", f"Bearer {token or self.token(master)}")
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                status, answer = response.status, json.loads(response.read() or "null")
        except urllib.error.HTTPError as error:
            status, answer = error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)
        openapi.check(f"http://127.0.0.1:{self.part(master)['port']}", method, path, status, answer)
        return status, answer

    def token(self, master):
        if self.access_token is None:
            self.access_token = self.log_in(master)  # every master takes it
        return self.access_token

    def log_in(self, master):
        """A new token of the admin's."""
        password = pathlib.Path(self.file()["admin_password_file"]).read_text().strip()
        status, answer = self.rest(master, "POST", "/auth/token", {"username": "admin", "password": password})
        assert status == 201, answer
        return answer["access_token"]

    def leader(self):
        """Its name and another's, as any master that answers tells."""
        for master in ("master-1", "master-2"):
            status, answer = self.rest(master, "GET", "/api/gale/v1/cluster")
            if status == 200 and answer["leader"]:
                name = answer["leader"]["name"]
                return name, "master-2" if name == "master-1" else "master-1"
        return None

    def add_dag(self, master, dag_id, text):
        write_whole(self.home / "dags" / f"{dag_id}.py", text)
        wait_until(lambda: self.rest(master, "GET", f"/api/v2/dags/{dag_id}")[0] == 200, f"the DAG {dag_id}")
        assert self.rest(master, "PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})[0] == 200

    def trigger(self, master, dag_id, run_id):
        """503 while nobody leads: the same is asked again, and 409 says that it had been taken."""
        def taken():
            status, answer = self.rest(master, "POST", f"/api/v2/dags/{dag_id}/dagRuns",
                                       {"dag_run_id": run_id, "logical_date": None})
            assert status in (200, 409, 503), answer
            return status != 503

        wait_until(taken, f"a leader that takes {dag_id} {run_id}")

    def wait_for_end(self, master, dag_id, run_id):
        def ended():
            status, answer = self.rest(master, "GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")
            return status == 200 and answer["state"] in ("success", "failed") and answer["state"]

        return wait_until(ended, f"the end of {dag_id} {run_id}", 60)


def lives(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
