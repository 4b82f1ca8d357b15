"""The tasks' own ledger: one file that every task appends to, each line by one write.

A line: KIND DAG RUN TASK TRY EPOCH PID KEEPER NANOSECONDS MORE
  start  the task's first act              beat   it lives, every BEAT_MS; MORE is "main" or "child"
  end    its last act; MORE is its exit code, or "again" of a sensor that will look once more
  read   what it was given of a task before it; MORE is that task's, "TASK=TRY.PID"
TRY counts starts, as the database does. EPOCH is the leader's term from GALE_IDEMPOTENCY_TOKEN. A task that is killed
writes no `end`: it lived at least until its last beat. The file's order is the order of the writes.
"""

import dataclasses
import os

BEAT_MS = 200
KINDS = ("start", "beat", "end", "read")


@dataclasses.dataclass(frozen=True)
class Line:
    kind: str
    dag_id: str
    run_id: str
    task_id: str
    try_number: int
    epoch: int
    pid: int
    keeper: int
    at_ns: int
    more: str
    number: int = 0  # of the line in the file, from 1

    @property
    def task(self):
        return self.dag_id, self.run_id, self.task_id

    @property
    def attempt(self):
        return self.dag_id, self.run_id, self.task_id, self.try_number

    def __str__(self):
        return (f"ledger:{self.number} {self.kind} {self.dag_id} {self.run_id} {self.task_id} "
                f"try={self.try_number} epoch={self.epoch} pid={self.pid} keeper={self.keeper} "
                f"at={self.at_ns / 1e9:.3f} {self.more}")


def parse_line(text, number=0):
    words = text.split()
    if len(words) != 10 or words[0] not in KINDS:
        raise ValueError(f"ledger:{number}: no line of a ledger: {text!r}")
    kind, dag_id, run_id, task_id, *numbers, more = words
    return Line(kind, dag_id, run_id, task_id, *map(int, numbers), more, number)


def read(path):
    if not path.exists():
        return []
    with open(path, encoding="utf-8") as file:
        return [parse_line(text, number) for number, text in enumerate(file, 1)]


class Tail:
    """Follows a ledger while it is written. One thread."""

    def __init__(self, path):
        self._path = path
        self._offset = 0
        self._number = 0

    def more(self):
        """The whole lines written since the last call."""
        if not self._path.exists():
            return []
        with open(self._path, "rb") as file:
            file.seek(self._offset)
            data = file.read()
        data = data[:data.rfind(b"\n") + 1]
        self._offset += len(data)
        lines = []
        for text in data.decode().splitlines():
            self._number += 1
            lines.append(parse_line(text, self._number))
        return lines


# Sourced by each task. Waiting is a read with a timeout from a pipe that nobody writes to: no process is
# started for it. `task MS [FAILS [child]]` is a whole task of MS milliseconds, whose first FAILS tries fail;
# with `child`, a process of a session of its own beats too, and must die with the task.
TASK_SH = r"""
say() {
  local now=${EPOCHREALTIME/[.,]/}
  printf '%s %s %s %s %s %s %s %s %s %s\n' "$1" "$AIRFLOW_CTX_DAG_ID" "$AIRFLOW_CTX_DAG_RUN_ID" \
    "$AIRFLOW_CTX_TASK_ID" "${GALE_ATTEMPT##*.}" "${GALE_IDEMPOTENCY_TOKEN##*/}" "$BASHPID" "$PPID" \
    "${now}000" "$2" >>@LEDGER@ || exit 98
}
wait_ms() {
  local ms=$1 text
  printf -v text '%d.%03d' $((ms / 1000)) $((ms % 1000))
  read -r -t "$text" -u 9 _ || true
}
beat_until() { # MICROSECONDS WHO
  local now left
  while now=${EPOCHREALTIME/[.,]/} && ((now < $1)); do
    left=$((($1 - now) / 1000 + 1))
    wait_ms $((left < @BEAT_MS@ ? left : @BEAT_MS@))
    say beat "$2"
  done
}
task() { # MS [FAILS [child]]
  local begin=${EPOCHREALTIME/[.,]/} code=0 child=
  say start "${3:-main}"
  printf 'chaos log %s %s\n' "$AIRFLOW_CTX_TASK_ID" "$AIRFLOW_CTX_TRY_NUMBER"
  exec 9<>@NEVER@
  if [[ ${3:-} == child ]]; then
    setsid /bin/bash -c "source @TASK_SH@; exec 9<>@NEVER@; beat_until $((begin + $1 * 1000 + 3600000000)) child" &
    child=$!
  fi
  beat_until $((begin + $1 * 1000)) main
  if [[ -n $child ]]; then
    kill -KILL "$child"
    wait "$child" 2>/dev/null
  fi
  ((AIRFLOW_CTX_TRY_NUMBER <= ${2:-0})) && code=1
  say end "$code"
  exit "$code"
}
"""


# The same for tasks in Python, at the head of their DAG file. `whoami` is for another task, to `read` it.
TASK_PY = r"""
import os
import random
import threading
import time


def start():
    return os.environ["GALE_ATTEMPT"].rpartition(".")[2]


def say(kind, more):
    said = os.environ
    words = [kind, said["AIRFLOW_CTX_DAG_ID"], said["AIRFLOW_CTX_DAG_RUN_ID"], said["AIRFLOW_CTX_TASK_ID"], start(),
             said["GALE_IDEMPOTENCY_TOKEN"].rpartition("/")[2], os.getpid(), os.getppid(), time.time_ns(), more]
    ledger = os.open("@LEDGER@", os.O_WRONLY | os.O_APPEND)
    os.write(ledger, (" ".join(map(str, words)) + "\n").encode())
    os.close(ledger)


def begin():
    say("start", "main")
    print("chaos log", os.environ["AIRFLOW_CTX_TASK_ID"], os.environ["AIRFLOW_CTX_TRY_NUMBER"])


def beat(seconds):
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        threading.Event().wait(min(left, @BEAT_MS@ / 1000))
        say("beat", "main")


def whoami():
    return f"{start()}.{os.getpid()}"


def read(task_id, value):
    say("read", f"{task_id}={value}")
"""


def prepare(folder):
    """Makes the pipe and the scripts that tasks use; returns the paths of the ledger, of bash's and of Python's."""
    folder.mkdir(parents=True, exist_ok=True)
    path, never, script = folder / "ledger", folder / "never", folder / "task.sh"
    path.touch()
    if not never.exists():
        os.mkfifo(never)
    python = folder / "task.py"
    for target, text in {script: TASK_SH, python: TASK_PY}.items():
        for name, value in {"LEDGER": path, "NEVER": never, "TASK_SH": script, "BEAT_MS": BEAT_MS}.items():
            text = text.replace(f"@{name}@", str(value))
        target.write_text(text, encoding="utf-8")
    return path, script, python
