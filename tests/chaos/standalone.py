"""`gale standalone` in the cluster's place: one process is master and worker, and SQLite the ledger."""

import os
import pathlib
import signal
import socket
import subprocess
import urllib.request

from cluster import ROOT, is_alive, wait_until

READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 60
NAME = "standalone"
# What can be done to it; the one process counts as all masters and as a worker.
KINDS = ("kill_all_masters", "restart_worker", "pause_worker_short", "pause_worker_long", "kill_keeper",
         "pause_keeper", "kill_host", "pause_host", "kill_task", "terminate_task", "pause_task",
         "bad_requests", "bad_files", "storm_of_readers")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Standalone:
    """As cluster.Cluster, as far as the faults need it."""

    def __init__(self, home, environment, binary):
        self.home = home
        self.masters = self.workers = [NAME]
        # Its worker bears the name that faults say, so that what befell it is found.
        self.environment = {**environment, "GALE__WORKER__NAME": NAME}
        self._command = [str(binary), "standalone", "--home", str(home), "--port", str(free_port()),
                         "--grpc-port", str(free_port())]
        self._popen = None
        (home / "dags").mkdir(exist_ok=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self._command[5]}"

    def up(self):
        self.start(NAME)

    def down(self):
        if self.pid(NAME):
            self._popen.send_signal(signal.SIGINT)
            self._popen.wait(STOP_SECONDS_MAX)

    def describe(self):
        return {"rest": [self.url], "admin_password_file": str(self.home / "admin_password"),
                "dags_folder": str(self.home / "dags"),
                "processes": [{"name": "mysql", "path": str(self.home / "gale.db")}]}

    def entry(self, name):
        return next(each for each in self.describe()["processes"] if each["name"] == name)

    def pid(self, _):
        return self._popen.pid if self._popen and self._popen.poll() is None and is_alive(self._popen.pid) else None

    def home_of(self, _):
        return pathlib.Path(self.home)

    def start(self, name):
        if self.pid(name):
            return
        with open(self.home / "standalone.log", "ab") as log:
            self._popen = subprocess.Popen(self._command, stdout=log, stderr=subprocess.STDOUT, env=self.environment,
                                           stdin=subprocess.DEVNULL, start_new_session=True)

        def answers():
            try:
                return urllib.request.urlopen(f"{self.url}/api/v2/monitor/health", timeout=2).status == 200
            except OSError:
                return False

        wait_until(answers, READY_SECONDS_MAX, f"gale standalone answers; its log is {self.home}/standalone.log")

    def restart(self, name):
        if self.pid(name):
            self._popen.send_signal(signal.SIGTERM)
            try:
                self._popen.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()
        self.start(name)


def environment_of(base):
    """The variables of a standalone that serves the suite."""
    return {**base, "GALE_SDK": str(ROOT / "sdk/python"),
            "GALE_PYTHON": base.get("GALE_PYTHON", os.path.join(ROOT, "build/venv/bin/python"))}
