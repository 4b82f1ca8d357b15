"""The line between a process that reads a DAG file and the parse server: what the file asks for while it is imported.

A question is a message of the task's channel, as JSON behind its length (4 bytes, big endian); the answer comes the
same way. One question at a time.
"""

import json
import os
import select
import threading
import time

from gale.task_state import SupervisorError

ANSWER_SECONDS = 10.0
QUESTION_BYTES_MAX = 64 << 10
ANSWER_BYTES_MAX = 8 << 20  # a variable's value may have 1 MiB, which JSON may write six times as long
READ_BYTES = 1 << 16
LENGTH_BYTES = 4
ASKED_WHILE_READ = ("GetVariable", "GetConnection")


class ParseSupervisor:
    """The file's end: the supervisor (gale.task_state) of a process that reads a file."""

    def __init__(self, fd, seconds=ANSWER_SECONDS):
        self._fd = fd
        self._seconds = seconds
        self._lock = threading.Lock()
        self._broken = ""

    def ask(self, message):
        if message["type"] == "MaskSecret":
            return {}
        if message["type"] not in ASKED_WHILE_READ:
            raise RuntimeError(f"{message['type']} is answered to running tasks, not while a file is read")
        with self._lock:
            if not self._broken:
                try:
                    answer = self._ask(json.dumps(message).encode())
                except (OSError, ValueError) as error:
                    self._broken = str(error)  # out of step, or nobody there: no further question would fare better
            if self._broken:
                raise SupervisorError("GENERIC_ERROR", f"{message['type']}: {self._broken}")
        if answer.get("error"):
            raise SupervisorError(answer["error"], answer.get("detail"))
        return answer

    def _ask(self, question):
        if len(question) > QUESTION_BYTES_MAX:
            raise ValueError(f"the question has {len(question)} bytes, at most {QUESTION_BYTES_MAX} are taken")
        deadline = time.monotonic() + self._seconds
        data = memoryview(len(question).to_bytes(LENGTH_BYTES, "big") + question)
        while data:
            data = data[os.write(self._fd, data):]
        return json.loads(self._read(int.from_bytes(self._read(LENGTH_BYTES, deadline), "big"), deadline))

    def _read(self, size, deadline):
        data = bytearray()
        while len(data) < size:
            if not select.select([self._fd], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"the master gave no answer within {self._seconds:g} s")
            piece = os.read(self._fd, min(READ_BYTES, size - len(data)))
            if not piece:
                raise ConnectionError("the parse server is gone")
            data += piece
        return bytes(data)


class Line:
    """The server's end. It never blocks: `fd` is watched for reading, or while `sending` for writing."""

    def __init__(self, fd):
        os.set_blocking(fd, False)
        self.fd = fd
        self.waits = False  # a question was taken and has no answer yet
        self._input = bytearray()
        self._output = memoryview(b"")

    @property
    def sending(self):
        return bool(self._output)

    def take(self):
        """The question, once it is whole; b"" before that; None if there are no more to come."""
        try:
            data = os.read(self.fd, READ_BYTES)
        except BlockingIOError:
            return b""
        except ConnectionError:
            data = b""
        self._input += data
        length = int.from_bytes(self._input[:LENGTH_BYTES], "big")
        if not data or length > QUESTION_BYTES_MAX:
            return None
        end = LENGTH_BYTES + length
        if len(self._input) < max(end, LENGTH_BYTES + 1):
            return b""
        question = bytes(self._input[LENGTH_BYTES:end])
        del self._input[:end]
        self.waits = True
        return question

    def answer(self, text):
        self.waits = False
        self._output = memoryview(len(text).to_bytes(LENGTH_BYTES, "big") + text)
        self.flush()

    def flush(self):
        try:
            while self._output:
                self._output = self._output[os.write(self.fd, self._output):]
        except BlockingIOError:
            pass
        except ConnectionError:
            self._output = memoryview(b"")  # it ended; reading says so
