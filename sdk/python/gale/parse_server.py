"""A warm process that reads DAG files: `python -m gale.parse_server [--jobs N] [--dags-folder F]`.

It speaks in frames of pieces (master/dags/frames.h): a frame and each of its pieces is 4 bytes of length, big endian,
and so many bytes. The first piece is JSON.

In:   {"id", "timeout_seconds", "memory_bytes", "aside"}, the file's path    read it
      {"aside": id}                                                          let others go before it
      {"end": id}                                                            end it; no answer is wanted
      {"answer": id}, the answer                                             to what it asked
Out:  {"ready": true}                                                        once, first of all
      {"ask": id}, the question                                              what the file asks while it is read
      {"id", "error", "seconds"}, {"error", "warnings"}, a DagSpec, a DagSpec...

The server looks into nothing after an answer's first piece: that is what the file's process wrote, and is not there
if that process came to no end of its own. Questions and answers (parse_line.py) go through it unread. Each file is
read in a child: a process group with a deadline and a bound on memory, whose output goes nowhere. Nothing that a file
does ends the server; answers come in the order in which files are done. It never waits for its reader: what does not
go out is kept, up to OUTPUT_BYTES_MAX, beyond which no file is begun. It ends when stdin does, and takes its children
with it.
"""

import argparse
import ctypes
import json
import os
import resource
import selectors
import signal
import socket
import sys
import time
import traceback
from collections import deque

from gale import bundled, context, task_state
from gale.parse_file import parse_file
from gale.parse_line import ANSWER_BYTES_MAX, Line, ParseSupervisor
from gale.serialize import to_json

TIMEOUT_SECONDS = 30.0
MEMORY_BYTES = 2 << 30
REPLY_BYTES_MAX = 64 << 20     # of one file's DAGs; common/base/limits.h: kSpecBytesMax
ERROR_BYTES_MAX = 1 << 20
REQUEST_BYTES_MAX = (1 << 20) + ANSWER_BYTES_MAX
REQUESTS_MAX = 100_000         # that wait for a child
OUTPUT_BYTES_MAX = 64 << 20
READ_BYTES = 1 << 16
LENGTH_BYTES = 4
NICENESS_ASIDE = 10
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def _prctl(option, value):
    try:
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
    except (OSError, AttributeError):  # a courtesy; the server works without it
        pass


def _number(length):
    return length.to_bytes(LENGTH_BYTES, "big")


def _pieces(body):
    """The pieces of a frame. ValueError if they do not add up."""
    pieces = []
    while body:
        end = LENGTH_BYTES + int.from_bytes(body[:LENGTH_BYTES], "big")
        if len(body) < end:
            raise ValueError("a piece is cut short")
        pieces.append(body[LENGTH_BYTES:end])
        body = body[end:]
    return pieces


class _Request:
    """What is asked for one file. ValueError or TypeError: it makes no sense."""

    def __init__(self, head, path):
        self.id = head["id"]
        self.path = os.fsdecode(path)
        self.timeout = float(head.get("timeout_seconds") or TIMEOUT_SECONDS)
        self.memory = int(head.get("memory_bytes") or MEMORY_BYTES)
        self.aside = bool(head.get("aside"))


class _Child:
    """One file being read: its process, the pipe that its reply comes through, its line, and its deadline."""

    def __init__(self, request, pid, pipe, line):
        self.request = request
        self.pid = pid
        self.pidfd = os.pidfd_open(pid)
        self.pipe = pipe
        self.line = Line(line)
        self.started = time.monotonic()
        self.deadline = self.started + request.timeout
        self.reply = bytearray()
        self.verdict = ""  # why we killed it
        self.wanted = True

    def read(self):
        """Takes what is in the pipe; returns False once there is no more to come."""
        while True:
            try:
                data = os.read(self.pipe, READ_BYTES)
            except BlockingIOError:
                return True
            self.reply += data
            if len(self.reply) > REPLY_BYTES_MAX + 2 * ERROR_BYTES_MAX:
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

    def give_way(self):
        for which, number in ((os.PRIO_PGRP, self.pid), (os.PRIO_PROCESS, self.pid)):
            try:
                os.setpriority(which, number, NICENESS_ASIDE)
            except OSError:  # it ended, or has no group of its own yet
                pass

    def whole_reply(self):
        """The reply's pieces as they came; None if it was not written to its end."""
        head, pieces = self.reply[:LENGTH_BYTES], self.reply[LENGTH_BYTES:]
        return pieces if len(head) == LENGTH_BYTES and int.from_bytes(head, "big") == len(pieces) else None

    def close(self):
        for fd in (self.pidfd, self.pipe, self.line.fd):
            os.close(fd)


class Server:
    """The loop: one thread, waiting on stdin, stdout, on the children's pipes and on their ends."""

    def __init__(self, source, sink, jobs, dags_folder=""):
        self._source = source
        self._sink = sink
        self._jobs = jobs
        self._dags_folder = dags_folder
        self._waiting = deque()
        self._children = {}  # pid -> _Child
        self._input = bytearray()
        self._output = deque()
        self._output_bytes = 0
        self._open = True
        os.set_blocking(source, False)
        os.set_blocking(sink, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(source, selectors.EVENT_READ, None)

    def run(self):
        self._answer(to_json({"ready": True}).encode())
        while self._open:
            self._start_children()
            now = time.monotonic()
            wait = min((child.deadline - now for child in self._children.values() if not child.verdict), default=None)
            for key, _ in self._selector.select(None if wait is None else max(0.0, wait)):
                if key.fd == self._source:
                    self._read_requests()
                elif key.fd == self._sink:
                    self._flush()
                elif key.fd == key.data.pidfd:
                    self._finish(key.data)
                elif key.fd not in self._selector.get_map():
                    continue
                elif key.fd == key.data.line.fd:
                    self._on_line(key.data)
                elif not key.data.read():
                    self._selector.unregister(key.fd)
            for child in list(self._children.values()):
                if time.monotonic() >= child.deadline and not child.verdict:
                    child.kill(f"it took longer than {child.request.timeout:g} s to import; raise [core] "
                               "dagbag_import_timeout or make the file do less at top level")
        for child in self._children.values():
            child.kill("the server ends")
            os.waitpid(child.pid, 0)

    # Requests.

    def _read_requests(self):
        try:
            data = os.read(self._source, READ_BYTES)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        self._open = bool(data)
        self._input += data
        at = 0
        while len(self._input) - at >= LENGTH_BYTES:
            start = at + LENGTH_BYTES
            length = int.from_bytes(self._input[at:start], "big")
            if length > REQUEST_BYTES_MAX:
                self._open = False  # no peer of ours; there is no way back into step
                return
            if len(self._input) < start + length:
                break
            self._take(bytes(self._input[start:start + length]))
            at = start + length
        del self._input[:at]

    def _take(self, frame):
        try:
            head, *rest = _pieces(frame)
            head = json.loads(head)
            if "answer" in head:
                self._pass_answer(head["answer"], rest[0])
            elif rest:
                self._add(_Request(head, rest[0]))
            elif "end" in head:
                self._end(head["end"])
            else:
                self._set_aside(head["aside"])
        except (ValueError, KeyError, TypeError, IndexError) as error:
            self._refuse(None, f"bad request {frame[:200]!r}: {type(error).__name__}: {error}")

    def _add(self, request):
        if len(self._waiting) < REQUESTS_MAX:
            self._waiting.append(request)
        else:
            self._refuse(request.id, f"{request.path}: more than {REQUESTS_MAX} files wait to be read")

    def _end(self, wanted):
        self._waiting = deque(request for request in self._waiting if request.id != wanted)
        for child in self._children.values():
            if child.request.id == wanted:
                child.wanted = False
                child.kill("it is not wanted any more")

    def _set_aside(self, wanted):
        for child in self._children.values():
            if child.request.id == wanted:
                child.give_way()

    # Children.

    def _start_children(self):
        while self._waiting and len(self._children) < self._jobs and self._output_bytes < OUTPUT_BYTES_MAX:
            request = self._waiting.popleft()
            read_end, write_end = os.pipe()
            our_end, its_end = (end.detach() for end in socket.socketpair())
            try:
                pid = os.fork()
            except OSError as error:
                for fd in (read_end, write_end, our_end, its_end):
                    os.close(fd)
                self._refuse(request.id, f"{request.path}: cannot start a parser: {error.strerror}")
                continue
            if pid == 0:
                _in_child(request, self._dags_folder, write_end, its_end, read_end, our_end, self._source, self._sink)
            os.close(write_end)
            os.close(its_end)
            os.set_blocking(read_end, False)
            child = self._children[pid] = _Child(request, pid, read_end, our_end)
            if request.aside:
                child.give_way()
            self._selector.register(child.pidfd, selectors.EVENT_READ, child)
            self._selector.register(child.pipe, selectors.EVENT_READ, child)
            self._selector.register(child.line.fd, selectors.EVENT_READ, child)

    def _on_line(self, child):
        """Passes on what the file asks; until it is answered its line isn't read."""
        line = child.line
        if line.sending:
            line.flush()
            self._watch_line(child)
            return
        question = line.take()
        if question == b"":
            return
        self._selector.unregister(line.fd)
        if question is not None:
            self._answer(to_json({"ask": child.request.id}).encode(), _number(len(question)) + question)

    def _pass_answer(self, asked, answer):
        for child in self._children.values():
            if child.request.id == asked and child.line.waits:
                child.line.answer(answer)
                self._watch_line(child)

    def _watch_line(self, child):
        line, event = child.line, selectors.EVENT_WRITE if child.line.sending else selectors.EVENT_READ
        watch = self._selector.modify if line.fd in self._selector.get_map() else self._selector.register
        watch(line.fd, event, child)

    def _finish(self, child):
        if child.pipe in self._selector.get_map():
            child.read()
            self._selector.unregister(child.pipe)
        self._selector.unregister(child.pidfd)
        if child.line.fd in self._selector.get_map():
            self._selector.unregister(child.line.fd)
        try:
            os.killpg(child.pid, signal.SIGKILL)  # what the file started and left behind
        except ProcessLookupError:
            pass
        status = os.waitpid(child.pid, 0)[1]
        del self._children[child.pid]
        child.close()
        self._reap_strays()
        if not child.wanted:
            return
        seconds = round(time.monotonic() - child.started, 4)
        reply = None if child.verdict else child.whole_reply()
        if reply is None:
            self._refuse(child.request.id, f"{child.request.path}: {child.verdict or _death(status)}", seconds)
        else:
            self._answer(to_json({"id": child.request.id, "error": "", "seconds": seconds}).encode(), reply)

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

    # Answers.

    def _refuse(self, number, error, seconds=0.0):
        self._answer(_encoded({"id": number, "error": error, "seconds": seconds}))

    def _answer(self, head, pieces=b""):
        body = _number(len(head)) + head
        self._output += [_number(len(body) + len(pieces)) + body, pieces]
        self._output_bytes += LENGTH_BYTES + len(body) + len(pieces)
        self._flush()

    def _flush(self):
        try:
            while self._output:
                data = memoryview(self._output[0])
                sent = os.write(self._sink, data) if data else 0
                self._output_bytes -= sent
                if sent < len(data):
                    self._output[0] = data[sent:]
                else:
                    self._output.popleft()
        except BlockingIOError:
            pass
        waits = self._sink in self._selector.get_map()
        if self._output and not waits:
            self._selector.register(self._sink, selectors.EVENT_WRITE, None)
        elif waits and not self._output:
            self._selector.unregister(self._sink)


def _encoded(value):
    """JSON in UTF-8, whatever the texts in it hold."""
    return to_json(value).encode("utf-8", "replace")


def _death(status):
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name if number in signal.valid_signals() else "?"
        return f"the process that read it was killed by signal {number} ({name})"
    return f"it ended its process with exit status {os.waitstatus_to_exitcode(status)} before its DAGs could be read"


def _in_child(request, dags_folder, pipe, line, *foreign):
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
        resource.setrlimit(resource.RLIMIT_DATA, (request.memory, request.memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        task_state.supervisor = ParseSupervisor(line)
        try:
            pieces = _read(request.path, dags_folder, request.memory)
        except MemoryError:
            pieces = [_encoded({"error": _too_large(request.path, request.memory), "warnings": []})]
        _write_all(pipe, _number(sum(LENGTH_BYTES + len(piece) for piece in pieces)))
        for piece in pieces:
            _write_all(pipe, _number(len(piece)))
            _write_all(pipe, piece)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _write_all(fd, data):
    data = memoryview(data)
    while data:
        data = data[os.write(fd, data):]


def _read(path, dags_folder, memory):
    """The reply: what is wrong with the file, and its good DAGs, whatever is wrong with the others."""
    specs, error, warnings = parse_file(path, dags_folder)
    if error.rstrip().endswith("MemoryError"):
        error = _too_large(path, memory)
    errors, dags, room = [error] if error else [], [], REPLY_BYTES_MAX
    for spec in specs:
        try:
            dag = to_json(spec).encode()
        except (ValueError, RecursionError) as problem:  # NaN, lone surrogates
            errors.append(f"{path}: DAG {spec.get('dag_id')!a}: {ascii(str(problem))}")
            continue
        if len(dag) > room:
            errors.append(f"{path}: DAG {spec.get('dag_id')!r}: the DAGs of one file may take "
                          f"{REPLY_BYTES_MAX >> 20} MiB in all, and it does not fit")
            continue
        room -= len(dag) + LENGTH_BYTES
        dags.append(dag)
    head = _encoded({"error": "\n".join(errors), "warnings": warnings})
    if len(head) > ERROR_BYTES_MAX:
        head = _encoded({"error": "\n".join(errors)[:ERROR_BYTES_MAX // 8] + " ...", "warnings": []})
    return [head, *dags]


def _too_large(path, memory):
    return f"{path}: it needed more than {memory >> 20} MiB of memory to import; raise [dag_processor] " \
        "parse_memory_limit_mb or make the file do less at top level"


def _set_bytecode():
    """Bytecode is written nowhere: a file is read when it changed, and the watched folder stays as it is."""
    sys.dont_write_bytecode = True


def main():
    arguments = argparse.ArgumentParser(prog="python -m gale.parse_server", description=__doc__.split("\n")[0])
    arguments.add_argument("--jobs", type=int, default=2, help="files read at the same time (default 2)")
    arguments.add_argument("--dags-folder", default="", help="whose modules, plugins/ and config/ files import")
    arguments = arguments.parse_args()
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
        Server(source, sink, max(1, arguments.jobs), arguments.dags_folder).run()
    except (KeyboardInterrupt, ConnectionError):
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
