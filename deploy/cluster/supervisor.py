"""`./dev cluster`: starts everything, stays in the foreground, does what other terminals ask, ends everything."""

import fcntl
import json
import os
import socket
import sys
import time

from gale import Master, Worker
from layout import Problem, write_private
from processes import Failure, Process, Stopping, Watch
from servers import MariaDb, MySql, Redis

REQUEST_BYTES_MAX = 4096
REQUEST_SECONDS_MAX = 2.0
ORPHANS_SECONDS_MAX = 2.0  # for keepers whose last task has ended


class Supervisor:
    """One thread does everything, one thing after the other; so a request never meets another's half-done work."""

    def __init__(self, layout, options):
        self.layout = layout
        self.up = False
        self.watch = Watch(self._died)
        self.lock = self._lock()
        layout.load()
        self._say_all(layout.replace_taken_ports())
        database = MySql if layout.database(options.database) == "mysql" else MariaDb
        masters = [f"master-{n + 1}" for n in range(options.masters)]
        workers = [f"worker-{n + 1}" for n in range(options.workers)]
        self.servers = self._make(database(layout), Redis(layout))
        self.masters = self._make(*(Master(layout, name) for name in masters))
        token = layout / "master-1/join_token"
        self.workers = self._make(*(Worker(layout, name, options.slots, token) for name in workers))
        layout.write_config(masters)
        layout.save()
        layout.cluster_file.unlink(missing_ok=True)  # a killed supervisor's
        self.watch.processes = [*self.servers, *self.masters, *self.workers]
        self.control = self._listen()

    def _lock(self):
        file = open(self.layout / "cluster.lock", "a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Problem(f"another ./dev cluster runs with the home {self.layout.home}: stop it (Ctrl-C), "
                          "or use another --home") from None
        return file

    def _make(self, *kinds):
        return [Process(kind, self.layout / f"{kind.name}.log") for kind in kinds]

    def _listen(self):
        path = self.layout.control_socket
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        old = os.umask(0o177)
        listener.bind(str(path))
        os.umask(old)
        listener.listen()
        return listener

    # Running.

    def run(self):
        """Returns the exit status."""
        code = 0
        try:
            self._start_all()
            self._announce()
            while not self.watch.stops:
                if self.watch.turn(None, self.control):
                    self._serve()
        except Stopping:
            pass
        except Failure as failure:
            say(str(failure))
            code = 1
        finally:
            self._end_all()
        return code

    def _start_all(self):
        for group in (self.servers, self.masters[:1], self.masters[1:], self.workers):
            if not group:
                continue
            say("starting " + ", ".join(process.name for process in group))
            began = time.monotonic()
            self.watch.start(group)
            say(f"  ready after {time.monotonic() - began:.1f} s")
        self.up = True
        self._write()

    def _end_all(self):
        self.up = False
        self.layout.cluster_file.unlink(missing_ok=True)
        self.layout.control_socket.unlink(missing_ok=True)
        asked = self.watch.stops = max(self.watch.stops, 1)
        say("stopping (again to kill)")
        for group in (self.workers, self.masters):
            self.watch.stop(group, say, patient=self.watch.stops == asked)
        self.watch.end_orphans(ORPHANS_SECONDS_MAX, say, keep={server.pid for server in self.servers})
        self.watch.stop(self.servers, say, patient=self.watch.stops == asked)
        say("stopped")

    def _died(self, process, code):
        how = f"signal {-code}" if code < 0 else f"exit status {code}"
        say(f"{process.name} died ({how}; log {process.log}); it stays so until\n"
            f"    ./dev cluster start {process.name} --home {self.layout.home}")
        self._write()

    # What other terminals ask.

    def _serve(self):
        connection, _ = self.control.accept()
        with connection:
            try:
                connection.settimeout(REQUEST_SECONDS_MAX)
                request = json.loads(connection.makefile().readline(REQUEST_BYTES_MAX))
                answer = self._do(request["action"], request.get("name"))
            except (OSError, ValueError, KeyError, TypeError) as error:
                answer = {"error": f"no request of ./dev cluster: {error}"}
            except Stopping:
                answer = {"error": "the cluster is being stopped"}
            try:
                connection.sendall(json.dumps(answer).encode() + b"\n")
            except OSError:
                pass  # whoever asked has left

    def _do(self, action, name):
        if action != "status":
            process = next((each for each in self.watch.processes if each.name == name), None)
            if not process:
                names = ", ".join(each.name for each in self.watch.processes)
                return {"error": f"no process '{name}' here: there are {names}"}
            try:
                self._act(action, process)
            except (Failure, Problem) as problem:
                return {"error": str(problem)}
            finally:
                self._write()
        return {"processes": [process.describe() for process in self.watch.processes]}

    def _act(self, action, process):
        if action == "start" and process.state == "running":
            raise Problem(f"{process.name} runs already (pid {process.pid})")
        if action == "stop" and process.state != "running":
            raise Problem(f"{process.name} does not run")
        if action not in ("start", "stop", "restart"):
            raise Problem(f"'{action}' is not start, stop, restart or status")
        if action != "start":
            self.watch.stop([process], say)
            say(f"{process.name} is stopped")
        if action != "stop":
            self.watch.start([process])
            say(f"{process.name} is ready (pid {process.pid})")

    # What is told.

    def _admin_password_file(self):
        """That of the master that made the user; master-1's while there is none."""
        files = [process.kind.home / "admin_password" for process in self.masters]
        return next((file for file in files if file.exists()), self.layout / "master-1/admin_password")

    def _write(self):
        if not self.up:
            return
        write_private(self.layout.cluster_file, json.dumps({
            "pid": os.getpid(),
            "home": str(self.layout.home),
            "config": str(self.layout.config),
            "rest": [process.kind.url for process in self.masters],
            "grpc": [process.kind.grpc for process in self.masters],
            "admin_password_file": str(self._admin_password_file()),
            "join_token_file": str(self.layout / "master-1/join_token"),
            "dags_folder": str(self.layout.dags),
            "processes": [process.describe() for process in self.watch.processes],
        }, indent=2) + "\n")

    def _announce(self):
        lines = ["", "  The cluster is up.", ""]
        lines += [f"  {process.name:<12} {process.kind.url}" for process in self.masters]
        if self.masters:
            lines.append(f"  user         admin   (password in {self._admin_password_file()})")
        lines += [f"  DAGs folder  {self.layout.dags}",
                  f"  its parts    {self.layout.cluster_file}",
                  f"  commands     GALE_HOME={self.layout.home}/master-1 ./dev gale dags list",
                  f"               ./dev cluster stop|start|restart|status [NAME] --home {self.layout.home}",
                  "  Ctrl-C stops everything.", ""]
        write("\n".join(lines), sys.stdout)

    def _say_all(self, lines):
        for line in lines:
            say(line)


def say(text):
    write(f"cluster: {text}", sys.stderr)


def write(text, file):
    """A terminal or pipe that is gone must not end the cluster in disorder."""
    try:
        print(text, file=file, flush=True)
    except OSError:
        pass
