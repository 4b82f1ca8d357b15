"""How many files an attempt costs: making and deleting them is what a short task's time goes to."""

import collections
import ctypes
import os
import re
import struct

from harness import dag_text, wait_until

TASKS = 30
IN_CREATE, IN_DELETE, IN_MOVED_FROM, IN_MOVED_TO = 0x100, 0x200, 0x40, 0x80
LIBC = ctypes.CDLL(None, use_errno=True)


class Watch:
    """The names that are made, deleted and moved in some folders (inotify)."""

    def __init__(self, folders):
        self.fd = LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self.fd >= 0, os.strerror(ctypes.get_errno())
        self.folders = {}
        for folder in folders:
            mask = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO
            number = LIBC.inotify_add_watch(self.fd, os.fsencode(folder), mask)
            assert number >= 0, os.strerror(ctypes.get_errno())
            self.folders[number] = folder

    def take(self):
        """[(verb, path)] since the last time."""
        found = []
        while True:
            try:
                data = os.read(self.fd, 1 << 16)
            except BlockingIOError:
                return found
            while data:
                number, mask, _, length = struct.unpack_from("iIII", data)
                name, data = data[16:16 + length].rstrip(b"\0").decode(), data[16 + length:]
                verb = "made" if mask & IN_CREATE else "deleted" if mask & IN_DELETE else "moved"
                found.append((verb, str(self.folders[number] / name)))

    def close(self):
        os.close(self.fd)


def chain(dag_id):
    lines = [f"t{n} = BashOperator(task_id='t{n}', bash_command='true')" for n in range(TASKS)]
    return dag_text(dag_id, "\n".join([*lines, " >> ".join(f"t{n}" for n in range(TASKS))]))


def test_a_chain_of_short_tasks_makes_two_files_an_attempt_and_nothing_else(gale):
    gale.start()
    gale.add_dag("chain", chain("chain"))
    gale.trigger("chain", "warm")
    assert gale.wait_for_end("chain", "warm")[0] == "success"
    attempts = next(gale.home.rglob("attempts"))
    wait_until(lambda: not list(attempts.glob("*.log")), "the warm run's logs are shipped")
    worker = attempts.parent
    watch = Watch([folder for top in (worker, gale.home / "logs")
                   for folder in (top, *(each for each in top.rglob("*") if each.is_dir()))])
    gale.trigger("chain", "run")
    assert gale.wait_for_end("chain", "run")[0] == "success"
    wait_until(lambda: not list(attempts.glob("*.log")), "its logs are shipped")
    counts = collections.Counter()
    for verb, path in watch.take():
        # 12.3.-1.1.log: an attempt's
        path = os.path.relpath(path, gale.home)
        counts[verb, re.sub(r"\d+\.\d+\.-1\.1", "ATTEMPT", path)] += 1
    watch.close()
    expected = {(verb, f"{os.path.relpath(attempts, gale.home)}/ATTEMPT.{kind}"): TASKS
                for verb in ("made", "deleted") for kind in ("log", "grant")}
    expected["made", "logs/dag_id=chain/run_id=run"] = 1
    assert dict(counts) == expected
    files = [path for path in (gale.home / "logs/dag_id=chain/run_id=run").rglob("*")]
    assert len(files) == 1 and files[0].suffix == ".pack", files


def test_a_runs_logs_are_exported_as_airflow_has_them_and_lines_have_times(shared):
    shared.add_dag("exported", dag_text("exported", """
one = BashOperator(task_id='one', bash_command='echo first; echo second')
one >> BashOperator(task_id='big', bash_command='seq 20000')
"""))
    shared.trigger("exported", "r1")
    assert shared.wait_for_end("exported", "r1")[0] == "success"
    folder = shared.work / "exported"
    said = shared.cli("logs", "export", "exported", "r1", str(folder)).stdout
    assert said.startswith("2 logs, "), said
    run = folder / "dag_id=exported/run_id=r1"
    log = (run / "task_id=one/attempt=1.log").read_text()
    assert "\nfirst\nsecond\n" in log
    assert log == shared.cli("tasks", "logs", "exported", "r1", "one").stdout
    big = (run / "task_id=big/attempt=1.log").read_text()
    assert "\n1\n2\n" in big and "\n20000\n" in big
    # It is too large for the pack, and has its file in the log folder, too.
    assert (shared.home / "logs/dag_id=exported/run_id=r1/task_id=big/attempt=1.log").read_text() == big
    lines = shared.cli("tasks", "logs", "exported", "r1", "big", "--timestamps").stdout.splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* ", line) for line in lines), lines[:3]
    assert [line.split(" ", 1)[1] for line in lines] == big.splitlines()
