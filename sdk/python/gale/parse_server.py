"""A warm process that reads DAG files: `python -m gale.parse_server [--jobs N]`.

One JSON object a line. In:  {"id", "path", "dags_folder", "timeout_seconds", "memory_bytes"}
                        Out: {"id", "path", "dags", "error", "warnings", "seconds"}
Each file is read in a child of its own: a process group with a deadline and a bound on memory, whose output
goes nowhere. Nothing that a file does ends the server; answers come in the order in which files are done.
It ends when stdin does, and takes its children with it.
"""

import argparse
import ctypes
import json
import os
import resource
import selectors
import signal
import sys
import time
import traceback
from collections import deque

from gale import bundled, context
from gale.parse_file import parse_file
from gale.serialize import to_json

TIMEOUT_SECONDS = 30.0
MEMORY_BYTES = 2 << 30
REPLY_BYTES_MAX = 64 << 20     # common/base/limits.h: kSpecBytesMax
REQUEST_BYTES_MAX = 1 << 20
READ_BYTES = 1 << 16
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def _prctl(option, value):
    try:
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
    except (OSError, AttributeError):  # a courtesy; the server works without it
        pass


class _Child:
    """One file being read: its process, the pipe that its reply comes through, and its deadline."""

    def __init__(self, request, pid, pipe):
        self.request = request
        self.pid = pid
        self.pidfd = os.pidfd_open(pid)
        self.pipe = pipe
        self.started = time.monotonic()
        self.timeout = float(request.get("timeout_seconds") or TIMEOUT_SECONDS)
        self.deadline = self.started + self.timeout
        self.reply = bytearray()
        self.verdict = ""  # why we killed it

    def read(self):
        """Takes what is in the pipe; returns False once there is no more to come."""
        while True:
            try:
                data = os.read(self.pipe, READ_BYTES)
            except BlockingIOError:
                return True
            self.reply += data
            if len(self.reply) > REPLY_BYTES_MAX:
                self.kill(f"its DAGs take more than {REPLY_BYTES_MAX >> 20} MiB")
            if not data or self.verdict:
                return False

    def kill(self, verdict):
        self.verdict = self.verdict or verdict
        for kill in (os.killpg, os.kill):
            try:
                kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def close(self):
        os.close(self.pidfd)
        os.close(self.pipe)


class Server:
    """The loop: one thread, waiting on stdin, on the children's pipes and on their ends."""

    def __init__(self, source, sink, jobs):
        self._source = source
        self._sink = sink
        self._jobs = jobs
        self._waiting = deque()
        self._children = {}  # pid -> _Child
        self._input = bytearray()
        self._open = True
        self._selector = selectors.DefaultSelector()
        self._selector.register(source, selectors.EVENT_READ, None)

    def run(self):
        while self._open:
            self._start_children()
            now = time.monotonic()
            wait = min((child.deadline - now for child in self._children.values() if not child.verdict), default=None)
            for key, _ in self._selector.select(None if wait is None else max(0.0, wait)):
                if key.data is None:
                    self._read_requests()
                elif key.fd == key.data.pidfd:
                    self._finish(key.data)
                elif key.fd in self._selector.get_map() and not key.data.read():
                    self._selector.unregister(key.fd)
            for child in list(self._children.values()):
                if time.monotonic() >= child.deadline and not child.verdict:
                    child.kill(f"it took longer than {child.timeout:g} s to import; raise [core] dagbag_import_timeout "
                               "or make the file do less at top level")
        for child in self._children.values():
            child.kill("the server ends")
            os.waitpid(child.pid, 0)

    def _read_requests(self):
        data = os.read(self._source, READ_BYTES)
        self._open = bool(data)
        self._input += data
        *lines, rest = self._input.split(b"\n")
        self._input = rest
        if len(rest) > REQUEST_BYTES_MAX:
            self._open = False  # no peer of ours; there is no way back into step
        for line in filter(None, map(bytes.strip, map(bytes, lines))):
            try:
                request = json.loads(line)
                if not isinstance(request["path"], str):
                    raise TypeError("path must be a string")
                float(request.get("timeout_seconds") or 0), int(request.get("memory_bytes") or 0)
                self._waiting.append(request)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                self._answer({"id": None, "path": "", "dags": [], "warnings": [], "seconds": 0,
                              "error": f"bad request {line[:200]!r}: {type(error).__name__}: {error}"})

    def _start_children(self):
        while self._waiting and len(self._children) < self._jobs:
            request = self._waiting.popleft()
            read_end, write_end = os.pipe()
            try:
                pid = os.fork()
            except OSError as error:
                os.close(read_end)
                os.close(write_end)
                self._answer(_answer_to(request, 0.0, error=f"cannot start a parser: {error.strerror}"))
                continue
            if pid == 0:
                _in_child(request, write_end, read_end, self._source, self._sink)
            os.close(write_end)
            os.set_blocking(read_end, False)
            child = self._children[pid] = _Child(request, pid, read_end)
            self._selector.register(child.pidfd, selectors.EVENT_READ, child)
            self._selector.register(child.pipe, selectors.EVENT_READ, child)

    def _finish(self, child):
        if child.pipe in self._selector.get_map():
            child.read()
            self._selector.unregister(child.pipe)
        self._selector.unregister(child.pidfd)
        try:
            os.killpg(child.pid, signal.SIGKILL)  # what the file started and left behind
        except ProcessLookupError:
            pass
        status = os.waitpid(child.pid, 0)[1]
        del self._children[child.pid]
        child.close()
        self._reap_strays()
        seconds = round(time.monotonic() - child.started, 4)
        path = child.request["path"]
        if not child.verdict:
            try:
                dags, error, warnings = json.loads(child.reply)
                self._answer(_answer_to(child.request, seconds, dags, error, warnings))
                return
            except ValueError:
                child.verdict = _death(status)
        self._answer(_answer_to(child.request, seconds, error=f"{path}: {child.verdict}"))

    def _reap_strays(self):
        """Kills and reaps what escaped its group: as a subreaper we became its parent."""
        try:
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                pids = [int(pid) for pid in file.read().split()]
        except OSError:
            return
        for pid in pids:
            if pid not in self._children:
                try:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                except (ProcessLookupError, ChildProcessError):
                    pass

    def _answer(self, answer):
        data = memoryview(to_json(answer).encode() + b"\n")
        while data:
            data = data[os.write(self._sink, data):]


def _answer_to(request, seconds, dags=(), error="", warnings=()):
    return {"id": request.get("id"), "path": request["path"], "dags": list(dags), "error": error,
            "warnings": list(warnings), "seconds": seconds}


def _death(status):
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name if number in signal.valid_signals() else "?"
        return f"the process that read it was killed by signal {number} ({name})"
    return f"it ended its process with exit status {os.waitstatus_to_exitcode(status)} before its DAGs could be read"


def _in_child(request, pipe, *foreign):
    """Reads the file, writes the reply, and exits. Never returns."""
    try:
        os.setsid()
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        for fd in foreign:
            os.close(fd)
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        memory = int(request.get("memory_bytes") or MEMORY_BYTES)
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        reply = _read(request, memory)
        while reply:
            reply = reply[os.write(pipe, reply):]
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _read(request, memory):
    path = request["path"]
    try:
        dags, error, warnings = parse_file(path, request.get("dags_folder") or "")
        if error.rstrip().endswith("MemoryError"):
            raise MemoryError
        return memoryview(to_json([dags, error, warnings]).encode())
    except MemoryError:
        why = f"{path}: it needed more than {memory >> 20} MiB of memory to import; raise [dag_processor] " \
            "memory or make the file do less at top level"
        return memoryview(to_json([[], why, []]).encode())
    except ValueError as error:  # NaN, lone surrogates
        return memoryview(to_json([[], f"{path}: {ascii(str(error))}", []]).encode())


def _set_bytecode():
    """Bytecode is written nowhere: a file is read when it changed, and the watched folder stays as it is."""
    sys.dont_write_bytecode = True


def main():
    arguments = argparse.ArgumentParser(prog="python -m gale.parse_server", description=__doc__.split("\n")[0])
    arguments.add_argument("--jobs", type=int, default=2, help="files read at the same time (default 2)")
    jobs = max(1, arguments.parse_args().jobs)
    # The protocol keeps its own descriptors; 0 and 1 lead nowhere, whatever prints.
    source, sink = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    sys.path[:] = [context.SDK_DIR] + [entry for entry in sys.path if entry not in ("", os.getcwd(), context.SDK_DIR)]
    _set_bytecode()
    bundled.provide()
    _preload()
    try:
        Server(source, sink, jobs).run()
    except (KeyboardInterrupt, BrokenPipeError):
        pass


def _preload():
    """Imports here what nearly every file imports, once instead of in each child."""
    import airflow  # noqa: F401
    import pendulum  # noqa: F401
    import zoneinfo  # noqa: F401

    import airflow.models  # noqa: F401
    import airflow.operators  # noqa: F401
    import airflow.utils  # noqa: F401


if __name__ == "__main__":
    main()
