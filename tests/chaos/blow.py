"""What a fault is given: the world that it acts on, and a Blow, which is one fault under way."""

import dataclasses
import signal
import threading
import time

from cluster import FAR, send

SERVERS = ("mysql", "redis")
SERVER_SECONDS_MAX = 90.0    # how long a start of ours waits for mysql and redis
THAW_SECONDS = 0.1           # a host that wakes: its keeper runs before its tasks do


class Skip(Exception):
    """The fault makes no sense just now; the text says why."""


@dataclasses.dataclass
class Planned:
    after_seconds: float  # since the one before
    kind: str
    pick: float           # 0..1, chooses the target
    hold_seconds: float


class World:
    """What a fault can act on."""

    def __init__(self, cluster, client, far, proxies, live_tasks):
        self.cluster, self.client, self.far, self.proxies = cluster, client, far, proxies
        self.live_tasks = live_tasks  # () -> ledger start lines of the tasks that live
        self.lock = threading.Lock()
        self.held = {}                # name -> kind of the fault that holds it
        self.events = []

    def workers(self):
        return self.cluster.workers + ([FAR] if self.far else [])

    def pid(self, name):
        return self.far.pid() if name == FAR else self.cluster.pid(name)

    def home_of(self, name):
        return self.far.home if name == FAR else self.cluster.home_of(name)

    def start(self, name):
        if name == FAR:
            self.far.start()
        else:
            self.cluster.start(name)

    def restart(self, name):
        if name == FAR:
            self.far.restart()
        else:
            self.cluster.restart(name)


class Blow:
    """One fault under way."""

    def __init__(self, world, planned, hurry):
        self.world, self.planned, self._hurry = world, planned, hurry
        self.event = {"kind": planned.kind, "seconds": planned.hold_seconds}
        self.mine = []

    def take(self, *names):
        """Holds these until the fault is over, or skips it."""
        with self.world.lock:
            busy = [name for name in names if name in self.world.held]
            if busy:
                raise Skip(f"{busy[0]} is held by {self.world.held[busy[0]]}")
            self.world.held.update((name, self.planned.kind) for name in names)
            self.mine += names
        self.event["target"] = ",".join(self.mine)

    def choose(self, names):
        """One of those that nobody holds."""
        with self.world.lock:
            free = [name for name in names if name not in self.world.held]
        if not free:
            raise Skip("all targets are held")
        name = free[int(self.planned.pick * len(free))]
        self.take(name)
        return name

    def begin(self, **more):
        """The moment of the fault, for the measures."""
        self.event.update(at_ns=time.time_ns(), **more)

    def hold(self):
        self._hurry.wait(self.planned.hold_seconds)

    def alive(self, name):
        pid = self.world.pid(name)
        if pid is None:
            raise Skip(f"{name} is dead")
        return pid

    def await_servers(self):
        """Masters and workers are started when the servers are well: the tool waits until they are ready,
        and a start of mysql would wait for that."""
        deadline = time.monotonic() + SERVER_SECONDS_MAX
        while time.monotonic() < deadline:
            with self.world.lock:
                if not any(name in self.world.held and name not in self.mine for name in SERVERS):
                    return
            threading.Event().wait(0.1)

    def kill(self, name):
        pid = self.alive(name)
        self.begin(pid=pid)
        send([pid], signal.SIGKILL)
        self.hold()
        if name not in SERVERS:
            self.await_servers()
        self.world.start(name)

    def pause(self, pids, wake_first=()):
        self.begin(pids=list(pids))
        stopped = send(pids, signal.SIGSTOP)
        try:
            self.hold()
        finally:
            if send(wake_first, signal.SIGCONT):
                threading.Event().wait(THAW_SECONDS)
            send(stopped, signal.SIGCONT)
