"""Processes of the cluster: started, watched, ended; never started again on their own."""

import ctypes
import os
import pathlib
import select
import signal
import subprocess
import time

POLL_SECONDS = 0.05  # between two looks at something that can't signal: is a server ready?
KILL_SECONDS_MAX = 10.0  # for SIGKILL to work; only a process stuck in the kernel takes longer
LOG_TAIL_LINES = 15
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LIBC = ctypes.CDLL(None, use_errno=True)


class Stopping(Exception):
    """Ctrl-C, or SIGTERM: what goes on is given up."""


class Failure(Exception):
    """A process did not start or ended early; the text says what its log says."""


class Process:
    """One process. `kind` says how it is started and when it is ready (servers.py, gale.py)."""

    def __init__(self, kind, log):
        self.kind = kind
        self.name = kind.name
        self.log = log
        self.popen = None
        self.state = "stopped"  # stopped, running, died
        self.log_start = 0      # where this start's output begins

    @property
    def pid(self):
        return self.popen.pid if self.popen else None

    def spawn(self):
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log_start = self.log.stat().st_size if self.log.exists() else 0
        self.popen = spawn(self.kind.command(), self.log, self.kind.environment())
        self.state = "running"

    def output(self):
        with open(self.log, "rb") as file:
            file.seek(self.log_start)
            return file.read().decode(errors="replace")

    def tail(self):
        lines = self.output().strip().splitlines()[-LOG_TAIL_LINES:]
        return "\n".join(f"    {line}" for line in lines)

    def signal(self, number):
        if self.popen:
            os.kill(self.popen.pid, number)  # ours until it is reaped, so the pid is no one else's

    def describe(self):
        """Its entry in cluster.json."""
        return {"name": self.name, "state": self.state, "pid": self.pid, **self.kind.describe(),
                "log": str(self.log)}


def spawn(command, log, environment, read=os.devnull):
    """In a session of its own, so that Ctrl-C reaches us alone; ended by the kernel if we are killed."""
    parent = os.getpid()

    def bind_to_parent():
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    with open(log, "ab") as output, open(read, "rb") as source:
        try:
            return subprocess.Popen(command, stdin=source, stdout=output, stderr=subprocess.STDOUT,
                                    env=environment, start_new_session=True, preexec_fn=bind_to_parent)
        except OSError as error:
            raise Failure(f"{command[0]} can't be started: {error.strerror}") from None


class Watch:
    """Signals and deaths, for one thread. Orphans of our processes (a killed worker's keeper and its tasks)
    become our children, so that none is lost."""

    def __init__(self, on_death):
        self.on_death = on_death  # called with a Process whose end was not asked for
        self.processes = []
        self.stops = 0            # how often we were asked to end
        self.ends = {}            # of `run`: pid -> exit status
        self.expected = set()     # names of processes that are being stopped
        self.wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
            signal.signal(signal.SIGHUP, self._stop)
        LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)

    def _stop(self, *_):
        self.stops += 1

    def turn(self, seconds, *readable):
        """Waits for a signal or for one of `readable`; buries the dead. Returns what is readable."""
        ready, _, _ = select.select([self.wake_read, *readable], [], [], seconds)
        if self.wake_read in ready:
            os.read(self.wake_read, 4096)
        self.reap()
        return [each for each in ready if each != self.wake_read]

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._buried(pid, os.waitstatus_to_exitcode(status))

    def _buried(self, pid, code):
        for process in self.processes:
            if process.pid != pid:
                continue
            process.popen.returncode = code  # Popen must not wait for it again
            process.popen = None
            asked = process.name in self.expected
            process.state = "stopped" if asked else "died"
            if not asked:
                self.on_death(process, code)
            return
        if pid in self.ends:
            self.ends[pid] = code

    def wait(self, condition, seconds):
        """True as soon as condition() is, False if it is not in time. Raises Stopping."""
        deadline = time.monotonic() + seconds
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.turn(min(POLL_SECONDS, left))
            if self.stops:
                raise Stopping
        return True

    def run(self, command, log, environment, seconds, read=os.devnull):
        """Runs a helper program to its end, the file `read` on its stdin. Raises Failure, Stopping."""
        popen = spawn(command, log, environment, read)
        self.ends[popen.pid] = None
        try:
            if not self.wait(lambda: self.ends[popen.pid] is not None, seconds):
                raise Failure(f"{command[0]} has not ended within {seconds} s; its log is {log}")
            popen.returncode = self.ends[popen.pid]
            if popen.returncode != 0:
                raise Failure(f"{command[0]} failed; it said, in {log}:\n{log.read_text(errors='replace')[-2000:]}")
        finally:
            if self.ends.pop(popen.pid) is None:
                os.killpg(popen.pid, signal.SIGKILL)
                os.waitpid(popen.pid, 0)
                popen.returncode = -signal.SIGKILL

    def start(self, processes):
        """Starts them side by side and returns when all are ready. Raises Failure, Stopping."""
        for process in processes:
            process.kind.prepare(self)
            process.spawn()
        for process in processes:
            def settled(process=process):
                return process.state != "running" or process.kind.is_ready(process)

            if not self.wait(settled, process.kind.start_seconds_max):
                raise Failure(f"{process.name} is not ready after {process.kind.start_seconds_max} s; "
                              f"its log, {process.log}, ends:\n{process.tail()}")
            if process.state != "running":
                raise Failure(f"{process.name} ended at its start; its log, {process.log}, ends:\n"
                              f"{process.tail()}")

    def stop(self, processes, say, patient=True):
        """Ends them side by side: SIGTERM, and SIGKILL for what is deaf to it (at once, if not `patient`).
        Raises Stopping if that comes now; asked for that again while it goes on, kills at once."""
        alive = [process for process in processes if process.popen]
        self.expected |= {process.name for process in alive}
        try:
            for process in alive:
                process.signal(signal.SIGTERM if patient else signal.SIGKILL)
            self._await_end(alive, say, patient)
        finally:
            self.expected -= {process.name for process in alive}

    def _await_end(self, alive, say, patient):
        started, asked = time.monotonic(), self.stops
        while any(process.popen for process in alive):
            self.turn(POLL_SECONDS)
            again = self.stops > asked
            if again and asked == 0:
                raise Stopping
            for process in alive:
                late = time.monotonic() - started > process.kind.stop_seconds_max
                if process.popen and patient and (late or again):
                    say(f"{process.name} is killed: " + ("it did not end in time" if late else "asked again"))
                    process.signal(signal.SIGKILL)
            patient = patient and not again

    def end_orphans(self, seconds, say, keep):
        """Ends all that still descends from us, but for `keep`: SIGTERM for keepers without tasks, then SIGKILL."""
        for pid in descendants(keep):
            kill_quietly(pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while descendants(keep) and time.monotonic() < deadline:
            self.turn(POLL_SECONDS)
        left = descendants(keep)
        if left:
            say(f"killing {len(left)} processes that outlived their worker")
        deadline = time.monotonic() + KILL_SECONDS_MAX
        while left and time.monotonic() < deadline:  # again, for those that were just being born
            for pid in left:
                kill_quietly(pid, signal.SIGKILL)
            self.turn(POLL_SECONDS)
            left = descendants(keep)
        if left:
            say(f"these can't be killed: {left}")


def kill_quietly(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def descendants(keep):
    """Pids of all live processes below us, without `keep` and what is below those."""
    parents = {}
    for proc in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (proc / "stat").read_text().rsplit(")", 1)[1].split()[:2]
        except OSError:
            continue  # it has just ended
        if state not in "ZX":
            parents[int(proc.name)] = int(parent)
    found, below = [], [os.getpid()]
    while below:
        parent = below.pop()
        children = [pid for pid, its in parents.items() if its == parent and pid not in keep]
        found += children
        below += children
    return found
