"""A process that has imported what tasks need, and from which they are forked: `python -m gale.template_process`.

--file F --folder D  runs that DAG file, too; --fixed: its files never change (a bundle's)

The keeper starts it and holds the other end of descriptor 3 (worker/keeper/templates.h). It says `ready` or `unforkable
WHY`, and is told `fork` with a socket for the fork. There the fork is told of its task, says `here` (or `stale PATH`),
and runs MODULE.main() of the task's command when it is told `go`.

A task finds what it would find in a process of its own: what the file did to os.environ at its import stands over the
task's environment, `random` and numpy's are seeded anew unless the file seeded `random`, and at its end exit handlers
run and other threads are waited for.
"""

import argparse
import atexit
import contextlib
import ctypes
import gc
import importlib
import os
import random
import select
import signal
import socket
import sys
import threading
import time
import warnings

from gale import bundled, context as sdk_context, parse_file, template

LINE = 3
MARKER = b"GALE_KEEPER_KEY="
PR_SET_PDEATHSIG = 1
CLONE_VM, CLONE_VFORK = 0x100, 0x4000
STACK_BYTES = 256 << 10  # below where the stack begins: far more than this program needs of it
FILES_WATCHED_MAX = 1000
PAYLOAD_BYTES_MAX = 8 << 20
THREADS_SETTLE_SECONDS = 0.2
DEVICES = ("/dev/nvidia", "/dev/kfd", "/dev/dri/")
PRELOADED = ("gale.attempt", "gale.bash_task", "gale.operators", "gale.sensors", "gale.task_instance",
             "gale.task_runner", "airflow", "jinja2.ext", "pendulum", "pprint")
EXIT_OUTPUT_LOST = 120  # as Python's own

_libc = ctypes.PyDLL(None, use_errno=True)
_Function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


class Unforkable(Exception):
    """Why no task may be forked from this process."""


class Files:
    """What the import reads outside of the Python installation, as it was then."""

    def __init__(self):
        self._outside = tuple(os.path.join(path, "") for path in
                              {sys.prefix, sys.base_prefix, sdk_context.SDK_DIR, "/proc", "/sys", "/dev"})
        self._seen = {}
        self._recording = False

    @contextlib.contextmanager
    def recorded(self):
        sys.addaudithook(self._on_event)
        self._recording = True
        try:
            yield
        finally:
            self._recording = False
        for module in list(sys.modules.values()):
            self._add(getattr(module, "__file__", None))

    def _on_event(self, event, args):
        if not self._recording:
            return
        if event == "open":
            path, _, flags = args
            if not (flags or 0) & (os.O_WRONLY | os.O_RDWR):
                self._add(path)
        elif event in ("os.listdir", "os.scandir") and "importlib" not in sys._getframe(1).f_code.co_filename:
            self._add(args[0] or ".")

    def _add(self, path):
        if not isinstance(path, (str, bytes, os.PathLike)) or len(self._seen) >= FILES_WATCHED_MAX:
            return
        path = os.path.abspath(os.fsdecode(path))
        if path not in self._seen and not path.startswith(self._outside) and not path.endswith(".pyc"):
            self._seen[path] = self._state(path)

    @staticmethod
    def _state(path):
        try:
            state = os.stat(path)
        except OSError:
            return None
        return state.st_mtime_ns, state.st_size, state.st_ino

    def changed(self):
        """One that isn't any more as it was, or None."""
        return next((path for path, state in self._seen.items() if self._state(path) != state), None)


def proc_stat(field):
    """A number of proc(5)'s /proc/PID/stat; the first is 1."""
    with open("/proc/self/stat", "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[field - 3])


class Marker:
    """The place in this process's first environment, where /proc reads, that says whose it is."""

    def __init__(self):
        start, end = proc_stat(50), proc_stat(51)  # env_start, env_end
        entries = ctypes.string_at(start, end - start).split(b"\0") if start else []
        found = next((n for n, entry in enumerate(entries) if entry.startswith(MARKER)), None)
        if found is None:
            raise Unforkable("the keeper's mark isn't in its environment")
        self._address = start + sum(len(entry) + 1 for entry in entries[:found])
        self._room = len(entries[found])

    def write(self, value):
        if ctypes.string_at(self._address, len(MARKER)) == MARKER:  # or a library has put its title there
            ctypes.memmove(self._address, (MARKER + value).ljust(self._room, b"\0")[:self._room], self._room)


class Seeds:
    """Forks must not draw the same numbers, unless the file wants them to."""

    def __init__(self):
        self._seed, self._state = random.seed, None

    @contextlib.contextmanager
    def watched(self):
        seeded = []

        def seed(*args, **kwargs):
            seeded.append(bool(args and args[0] is not None or kwargs.get("a") is not None))
            self._seed(*args, **kwargs)
        random.seed = seed
        try:
            yield
        finally:
            random.seed = self._seed
            if seeded and seeded[-1]:
                self._state = random.getstate()

    def in_fork(self):
        # random itself is seeded anew by every fork.
        if self._state is not None:
            random.setstate(self._state)
        if "numpy.random" in sys.modules:
            sys.modules["numpy.random"].seed()


class Environment:
    """os.environ as a task has it: its own, and over it what the import changed."""

    def __init__(self):
        self._before, self._changed = dict(os.environ), {}

    def imported(self):
        after = dict(os.environ)
        self._changed = {name: after.get(name) for name in self._before.keys() | after.keys()
                         if self._before.get(name) != after.get(name)}

    def in_fork(self, task):
        for name, value in self._changed.items():
            if value is None:
                task.pop(name, None)
            else:
                task[name] = value
        for name in os.environ.keys() - task.keys():
            del os.environ[name]
        for name, value in task.items():
            if os.environ.get(name) != value:
                os.environ[name] = value
        if task.get("TZ") != self._before.get("TZ"):
            time.tzset()


# Before the forks.


def check_forkable():
    """Unforkable: what the import left behind wouldn't survive a fork, or would be shared by all of them."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            target = os.readlink(f"/proc/self/fd/{name}")
            if target.startswith(DEVICES):
                raise Unforkable(f"its import opened the device {target}")
            if target.startswith("socket:") and int(name) != LINE:
                raise Unforkable("its import opened a socket")
    with contextlib.suppress(OSError), open(f"/proc/self/task/{os.getpid()}/children") as file:
        if file.read().split():
            raise Unforkable("its import started a process")
    # Pools like OpenBLAS's end at a fork, and begin again where they are used: what then still runs is another's.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    until = time.monotonic() + THREADS_SETTLE_SECONDS
    while len(os.listdir("/proc/self/task")) > 1 and time.monotonic() < until:
        select.select([], [], [], 0.001)
    threads = len(os.listdir("/proc/self/task")) - 1
    if threads:
        names = ", ".join(t.name for t in threading.enumerate() if t is not threading.main_thread())
        raise Unforkable(f"its import started {threads} thread{'s' if threads > 1 else ''} ({names or 'not Python’s'})")


def import_all(path, folder, files):
    for name in PRELOADED:
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(name)
    # What each task does first makes tables that are there from then on.
    template.make_environment([])
    template.parse_time("2024-01-01T00:00:00+00:00")
    if path is None:
        return
    with files.recorded() if files else contextlib.nullcontext():
        parse_file.extend_path(path, folder)
        try:
            parse_file.imported[path] = parse_file.run_file(path)
        except BaseException as error:  # the task will run it itself, and say what is wrong
            raise Unforkable(f"its import failed: {type(error).__name__}: {error}") from None


def serve(line, fork):
    """Until the keeper closes its end."""
    while True:
        word, descriptors, _, _ = socket.recv_fds(line, 64, 1)
        if word != b"fork" or len(descriptors) != 1:
            return
        fork(descriptors[0])  # if that fails the keeper sees it closed
        os.close(descriptors[0])


class Forks:
    """A fork's parent is the keeper: it is forked by a process in between, which ends at once.

    That one borrows this process's memory, as vfork's does: most of what a fork costs is the copying of page tables. It
    runs on this stack, too, farther down, so that the fork is where a program's first thread is expected to be.
    """

    def __init__(self, child):
        self._child, self._keeper = child, os.getppid()
        self._args = None
        self._function = _Function(self._between)
        self._stack = ctypes.c_void_p((proc_stat(28) - STACK_BYTES) & ~0xf)
        _libc.clone.argtypes = [_Function, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]

    def __call__(self, *args):
        self._args = args
        pid = _libc.clone(self._function, self._stack, CLONE_VM | CLONE_VFORK | signal.SIGCHLD, None)
        if pid > 0:
            os.waitpid(pid, 0)

    def _between(self, _):
        between = os.getpid()
        try:
            if os.fork() == 0:
                self._in_fork(between)
        except OSError:  # no more processes, no memory
            pass
        return 0

    def _in_fork(self, between):
        code = 1
        try:
            os.close(LINE)
            os.setsid()
            # Not whoever is the parent now: if the keeper has died that may be init, which never ends.
            with contextlib.suppress(OSError):  # it has ended already
                ended = os.pidfd_open(between)
                select.select([ended], [], [])
                os.close(ended)
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() == self._keeper:
                code = run(self._child(*self._args))
        except ConnectionError:  # the keeper doesn't want it any more
            pass
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(code)


# In the fork.


class Task:
    """Makes the fork that task for which it was asked."""

    def __init__(self, marker, seeds, environment, files):
        self._marker, self._seeds, self._environment, self._files = marker, seeds, environment, files

    def __call__(self, descriptor):
        """What to call, when the keeper lets it."""
        with socket.socket(fileno=descriptor) as keeper:
            _, logs, _, _ = socket.recv_fds(keeper, 64, 1)
            if not logs:  # nothing was to be done
                os._exit(0)
            cwd, argv, environ = receive_payload(keeper)
            changed = self._files and self._files.changed()
            if changed:
                keeper.send(b"stale " + os.fsencode(changed))
                os._exit(0)
            os.dup2(logs[0], 1)
            os.dup2(logs[0], 2)
            os.close(logs[0])
            self._marker.write(os.fsencode(environ.get(MARKER[:-1].decode(), "")))
            os.chdir(cwd)
            keeper.send(b"here")
            if keeper.recv(16) != b"go":
                os._exit(1)
        self._environment.in_fork(environ)
        self._seeds.in_fork()
        module = importlib.import_module(argv[2])
        sys.argv[:] = [module.__file__, *argv[3:]]
        return module.main


def receive_payload(start):
    """(directory, command, environment)."""
    data, descriptors, _, _ = socket.recv_fds(start, 64 << 10, 1)
    if descriptors:
        with os.fdopen(descriptors[0], "rb") as file:
            data = file.read(PAYLOAD_BYTES_MAX)
    _, cwd, count, *rest = map(os.fsdecode, data.split(b"\0")[:-1])
    environ = {}
    for entry in rest[int(count):]:
        name, _, value = entry.partition("=")
        environ.setdefault(name, value)
    return cwd, rest[:int(count)], environ


def run(call):
    """The status that a Python program with this main() ends with, after all that happens at its end."""
    code = 0
    try:
        call()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
        if code == 1 and error.code != 1:
            print(error.code, file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            code = code or EXIT_OUTPUT_LOST
    return code & 0xff


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--file")
    parser.add_argument("--folder", default="")
    parser.add_argument("--fixed", action="store_true")
    args = parser.parse_args()
    line = socket.socket(fileno=LINE)
    line.set_inheritable(False)
    sys.path[:] = [sdk_context.SDK_DIR] + [entry for entry in sys.path
                                           if entry not in ("", os.getcwd(), sdk_context.SDK_DIR)]
    sys.dont_write_bytecode = True
    bundled.provide()
    files = Files() if args.file and not args.fixed else None
    try:
        marker, seeds, environment = Marker(), Seeds(), Environment()
        with seeds.watched():
            import_all(args.file, args.folder, files)
        environment.imported()
        check_forkable()
    except Unforkable as why:
        line.send(f"unforkable {why}".encode()[:2048])
        return
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # What the import printed was for the task that waited for it; from now on nobody listens.
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)
    gc.collect()
    gc.freeze()  # forks then write less of what they share
    line.send(b"ready")
    serve(line, Forks(Task(marker, seeds, environment, files)))


if __name__ == "__main__":
    main()
