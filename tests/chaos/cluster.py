"""The cluster under test, by `./dev cluster`, and one more worker of our own that is cut off more easily."""

import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = [sys.executable, str(ROOT / "deploy/cluster")]
UP_SECONDS_MAX = 240
ASK_SECONDS_MAX = 200
POLL_SECONDS = 0.05
PR_SET_CHILD_SUBREAPER = 36
FAR = "far"
FAR_SLOTS = 6
FAR_DISK_BYTES = 48 << 20


class ClusterError(Exception):
    """The cluster did not do what was asked of it."""


def become_subreaper():
    """Orphans of the far worker (its keeper, tasks) become our children, so that none is left behind."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def wait_until(condition, seconds, what):
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise ClusterError(f"not within {seconds} s: {what}")
        pause.wait(POLL_SECONDS)


def stat_of(pid):
    """(state, parent) of a process; None if there is none."""
    try:
        state, parent = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[:2]
    except OSError:
        return None
    return None if state in "ZX" else (state, int(parent))


def is_alive(pid):
    return stat_of(pid) is not None


def send(pids, number):
    """Signals them; returns those that were there."""
    reached = []
    for pid in pids:
        try:
            os.kill(pid, number)
            reached.append(pid)
        except ProcessLookupError:
            pass
    return reached


def below(root):
    """All live processes below one, parents first."""
    children = {}
    for proc in pathlib.Path("/proc").glob("[0-9]*"):
        stat = stat_of(proc.name)
        if stat:
            children.setdefault(stat[1], []).append(int(proc.name))
    found = list(children.get(root, ()))
    for pid in found:
        found += children.get(pid, ())
    return found


def keeper_of(home):
    """The keeper that owns the tasks of the worker with this home; None if none runs."""
    wanted = f"--home\0{home}/worker\0".encode()
    for proc in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            line = (proc / "cmdline").read_bytes()
        except OSError:
            continue
        if b"\0keeper\0" in line and wanted in line and is_alive(int(proc.name)):
            return int(proc.name)
    return None


class Cluster:
    """Runs the tool; acts on its processes by name. Thread-safe."""

    def __init__(self, home, masters, workers, database, binary):
        self.home = home
        self.masters = [f"master-{i + 1}" for i in range(masters)]
        self.workers = [f"worker-{i + 1}" for i in range(workers)]
        self._arguments = ["--masters", str(masters), "--workers", str(workers)]
        self._arguments += ["--database", database] if database else []
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("GALE__", "AIRFLOW__"))}
        self.environment.update(GALE_BIN=str(binary), GALE__CORE__PARALLELISM="500",
                                GALE__CORE__DAGS_ARE_PAUSED_AT_CREATION="False")
        self._asking = threading.Lock()
        self._popen = None

    def up(self):
        with open(self.home / "cluster.log", "ab") as log:
            self._popen = subprocess.Popen([*TOOL, "--home", str(self.home), *self._arguments], stdout=log,
                                           stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=self.environment,
                                           start_new_session=True)

        def ready():
            if self._popen.poll() is not None:
                raise ClusterError(f"./dev cluster ended: {(self.home / 'cluster.log').read_text()[-3000:]}")
            return (self.home / "cluster.json").exists()

        wait_until(ready, UP_SECONDS_MAX, f"the cluster is up; see {self.home}/cluster.log")

    def down(self):
        if self._popen and self._popen.poll() is None:
            self._popen.send_signal(signal.SIGINT)
            try:
                self._popen.wait(60)
            except subprocess.TimeoutExpired:
                self._popen.send_signal(signal.SIGINT)
                self._popen.wait(60)

    def describe(self):
        return json.loads((self.home / "cluster.json").read_text())

    def entry(self, name):
        return next(each for each in self.describe()["processes"] if each["name"] == name)

    def pid(self, name):
        """None if it is dead."""
        pid = self.entry(name)["pid"]
        return pid if pid and is_alive(pid) else None

    def home_of(self, name):
        return pathlib.Path(self.entry(name).get("home", self.home / name))

    def act(self, action, name):
        """`./dev cluster ACTION NAME`; one at a time."""
        with self._asking:
            done = subprocess.run([*TOOL, action, name, "--home", str(self.home)], capture_output=True, text=True,
                                  timeout=ASK_SECONDS_MAX, check=False, env=self.environment)
        if done.returncode != 0:
            raise ClusterError(f"cluster {action} {name}: {done.stderr.strip()}")

    def start(self, name, seconds=150):
        """Until it runs: a master can't start while its database is down."""
        deadline = time.monotonic() + seconds
        while not self.pid(name):
            try:
                self.act("start", name)
            except ClusterError as error:
                if "runs already" in str(error):
                    return
                if time.monotonic() > deadline:
                    raise
                threading.Event().wait(0.5)

    def restart(self, name):
        try:
            self.act("restart", name)
        except ClusterError:
            self.start(name)


class FarWorker:
    """A worker that reaches the masters through proxies, on a small disk of its own where we may mount one."""

    def __init__(self, cluster, masters):
        self.home = cluster.home / FAR
        self._cluster = cluster
        self._masters = masters
        self._popen = None
        self.has_disk = False

    def prepare(self):
        self.home.mkdir(exist_ok=True)
        if os.geteuid() == 0 and shutil.which("mount"):
            done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={FAR_DISK_BYTES},mode=0700", "gale-chaos",
                                   str(self.home)], capture_output=True, check=False)
            self.has_disk = done.returncode == 0

    def pid(self):
        return self._popen.pid if self._popen and self._popen.poll() is None else None

    def start(self):
        if self.pid():
            return
        environment = {**self._cluster.environment, "GALE__WORKER__MASTERS": ",".join(self._masters),
                       "GALE__WORKER__NAME": FAR, "GALE_SDK": str(ROOT / "sdk/python")}
        if (ROOT / "build/venv/bin/python").exists():
            environment.setdefault("GALE_PYTHON", str(ROOT / "build/venv/bin/python"))
        about = self._cluster.describe()
        command = [environment["GALE_BIN"], "--config", about["config"], "--home", str(self.home), "worker",
                   "--name", FAR, "--slots", str(FAR_SLOTS), "--join-token-file", about["join_token_file"]]
        with open(self._cluster.home / "far.log", "ab") as log:
            self._popen = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                           env=environment, start_new_session=True)

    def restart(self):
        if self.pid():
            self._popen.terminate()
            try:
                self._popen.wait(30)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()
        self.start()

    def down(self):
        """Ends the worker, its keeper and its tasks, and gives the disk back."""
        keeper = keeper_of(self.home)
        if self.pid():
            self._popen.kill()
            self._popen.wait()
        if keeper:
            pids = [keeper, *below(keeper)]
            send(pids, signal.SIGKILL)
            wait_until(lambda: not any(map(is_alive, pids)), 10, "the far worker's tasks are dead")
        if self.has_disk:
            subprocess.run(["umount", "-l", str(self.home)], check=False)

    def fill_disk(self):
        """Until nothing more fits."""
        with open(self.home / "filler", "ab", buffering=0) as file:
            size = 1 << 20
            while size:
                try:
                    file.write(b"x" * size)
                except OSError:
                    size //= 2

    def empty_disk(self):
        (self.home / "filler").unlink(missing_ok=True)


def redis_flush_all(entry):
    """FLUSHALL; returns the server's answer."""
    request = f"AUTH {entry['password']}\r\nFLUSHALL\r\n" if entry.get("password") else "FLUSHALL\r\n"
    with socket.create_connection((entry["host"], entry["port"]), 5) as connection:
        connection.settimeout(5)
        connection.sendall(request.encode())
        answer = b""
        while answer.count(b"\r\n") < (2 if entry.get("password") else 1):
            more = connection.recv(100)
            if not more:
                break
            answer += more
    if not answer.endswith(b"+OK\r\n"):
        raise ClusterError(f"FLUSHALL: {answer!r}")
