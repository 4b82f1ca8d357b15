"""The faults, each bounded in time.

A fault is a function of a Blow: it injects, waits with blow.hold(), and heals. What it holds (names of
processes) no other fault touches meanwhile. A pause is SIGSTOP, then SIGCONT."""

import os
import pathlib
import signal
import threading
import time

from blow import SERVERS, Skip
from cluster import FAR, ClusterError, below, is_alive, keeper_of, redis_flush_all, send

LEADER_SECONDS_MAX = 15.0  # how long a fault for the leader waits until there is one
HUNG_SECONDS = 0.3         # how long a worker hangs already when its leader is restarted


def leader(blow):
    """Takes the leader; its name."""
    deadline = time.monotonic() + LEADER_SECONDS_MAX
    while time.monotonic() < deadline:
        name = blow.world.client.leader()
        if name in blow.world.cluster.masters and blow.world.cluster.pid(name):
            blow.take(name)
            blow.event["role"] = "leader"
            return name
        threading.Event().wait(0.2)
    raise Skip("nobody leads")


def standby(blow):
    first = blow.world.client.leader()
    if first is None:
        raise Skip("nobody leads")
    return blow.choose([name for name in blow.world.cluster.masters if name != first])


def kill_leader(blow):
    blow.kill(leader(blow))


def pause_leader(blow):
    blow.pause([blow.alive(leader(blow))])


def restart_leader(blow):
    name = leader(blow)
    blow.alive(name)
    blow.await_servers()
    blow.begin()
    blow.world.restart(name)


def restart_leader_hung_worker(blow):
    """A rolling upgrade while one worker hangs: the others' tasks must not suffer for it."""
    pid = blow.alive(blow.choose(blow.world.workers()))
    name = leader(blow)
    blow.alive(name)
    blow.await_servers()
    blow.begin()
    send([pid], signal.SIGSTOP)
    try:
        threading.Event().wait(HUNG_SECONDS)
        blow.world.restart(name)
        blow.hold()
    finally:
        send([pid], signal.SIGCONT)


def kill_standby(blow):
    blow.kill(standby(blow))


def pause_standby(blow):
    blow.pause([blow.alive(standby(blow))])


def kill_masters(blow):
    masters = blow.world.cluster.masters
    blow.take(*masters)
    pids = [blow.alive(name) for name in masters]
    blow.begin()
    send(pids, signal.SIGKILL)
    blow.hold()
    blow.await_servers()
    for name in masters:
        blow.world.start(name)


def kill_worker(blow):
    blow.kill(blow.choose(blow.world.workers()))


def pause_worker(blow):
    blow.pause([blow.alive(blow.choose(blow.world.workers()))])


def restart_worker(blow):
    name = blow.choose(blow.world.workers())
    blow.alive(name)
    blow.await_servers()
    blow.begin()
    blow.world.restart(name)


def kill_keeper(blow):
    name = blow.choose(blow.world.workers())
    keeper = keeper_of(blow.world.home_of(name))
    if keeper is None:
        raise Skip(f"{name} has no keeper")
    blow.begin(pid=keeper)
    send([keeper], signal.SIGKILL)
    blow.hold()  # the worker, alive, has to find it dead and collect its orphans


def pause_keeper(blow):
    name = blow.choose(blow.world.workers())
    keeper = keeper_of(blow.world.home_of(name))
    if keeper is None:
        raise Skip(f"{name} has no keeper")
    blow.pause([keeper])


def kill_worker_and_keeper(blow):
    """The tasks stay, and nobody is there to fence them."""
    name, keeper, pids = host_of(blow)
    blow.begin()
    send([keeper, pids[0]], signal.SIGKILL)
    blow.hold()
    blow.await_servers()
    blow.world.start(name)


def host_of(blow):
    """A worker with its keeper and all their tasks: (name, keeper, pids)."""
    name = blow.choose(blow.world.workers())
    pid = blow.alive(name)
    keeper = keeper_of(blow.world.home_of(name))
    if keeper is None:
        raise Skip(f"{name} has no keeper")
    return name, keeper, [pid, keeper, *below(keeper)]


def kill_host(blow):
    name, keeper, pids = host_of(blow)
    blow.begin()
    while pids:  # the keeper first: it would spawn, and report
        send(pids, signal.SIGKILL)
        pids = [pid for pid in below(keeper) if is_alive(pid)]
    blow.hold()
    blow.await_servers()
    blow.world.start(name)


def pause_host(blow):
    _, keeper, pids = host_of(blow)
    blow.pause(pids, wake_first=[keeper])


def choose_task(blow):
    tasks = [line for line in blow.world.live_tasks() if is_alive(line.pid)]
    if not tasks:
        raise Skip("no task runs")
    line = tasks[int(blow.planned.pick * len(tasks))]
    blow.take(f"task {line.pid}")
    blow.event["attempt"] = line.attempt
    return line.pid


def kill_task(blow):
    pid = choose_task(blow)
    blow.begin(pid=pid)
    send([pid], signal.SIGKILL)


def terminate_task(blow):
    pid = choose_task(blow)
    blow.begin(pid=pid)
    send([pid], signal.SIGTERM)


def pause_task(blow):
    blow.pause([choose_task(blow)])


def kill_server(name):
    def kill(blow):
        blow.take(name)
        blow.kill(name)
    return kill


def pause_server(name):
    def pause(blow):
        blow.take(name)
        blow.pause([blow.alive(name)])
    return pause


def restart_mysql(blow):
    blow.take("mysql")
    blow.begin()
    blow.world.restart("mysql")


def flush_redis(blow):
    blow.take("redis")
    blow.alive("redis")
    blow.begin()
    redis_flush_all(blow.world.cluster.entry("redis"))


def edit_dags(blow):
    """A file beside the DAGs changes: from now on workers need another bundle."""
    blow.begin()
    folder = pathlib.Path(blow.world.cluster.describe()["dags_folder"])
    part = folder / ".note.part"
    part.write_text(f"{blow.planned.pick}\n", encoding="utf-8")
    part.rename(folder / "note.txt")


# What no ledger takes: each must be refused by name, or be answered by nobody. (method, path, body)
BAD_REQUESTS = [
    ("POST", "/api/v2/pools", {"name": "\0", "slots": 1}),
    ("POST", "/api/v2/pools", {"name": "p" * 300, "slots": 1}),
    ("POST", "/api/v2/pools", {"name": "p\0", "slots": 1, "description": "\0"}),
    ("POST", "/api/v2/dags/nowhere%00/dagRuns", {"logical_date": None}),
    ("POST", "/api/v2/dags/nowhere/dagRuns", {"dag_run_id": "r\n" * 200, "logical_date": None}),
    ("PATCH", "/api/v2/pools/default_pool", {"slots": "many"}),
]


def bad_requests(blow):
    blow.begin()
    client = blow.world.client
    for method, path, body in BAD_REQUESTS:
        for url in client.urls:
            status, answer = client.ask(url, method, path, body)
            if status and status not in (404, 503) and status // 100 != 4:
                raise ClusterError(f"{method} {path} {str(body)[:80]}: {status} {str(answer)[:200]}")


def bad_files(blow):
    """Names and contents of any bytes in the DAGs folder: an import error each, and no more."""
    blow.take("bad files")
    folder = os.fsencode(blow.world.cluster.describe()["dags_folder"])
    names = [os.path.join(folder, name) for name in (b"donn\xe9es.csv", b"d\xe9faut.py")]
    blow.begin()
    try:
        with open(names[0], "wb") as file:
            file.truncate(5 << 20)  # too large for a bundle
        with open(names[1], "wb") as file:
            file.write(b"from airflow import DAG\nraise ValueError(b'\\xe9\\x00'.decode('latin-1'))\n")
        blow.hold()
    finally:
        for name in names:
            if os.path.exists(name):
                os.unlink(name)


def storm_of_readers(blow):
    """Four who list everything there is, over and over."""
    blow.take("readers")
    client, over = blow.world.client, threading.Event()

    def read(number):
        while not over.is_set():
            client.ask(client.urls[number % len(client.urls)], "GET",
                       "/api/v2/dags/~/dagRuns/~/taskInstances?limit=100")

    readers = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    blow.begin()
    for reader in readers:
        reader.start()
    try:
        blow.hold()
    finally:
        over.set()
        for reader in readers:
            reader.join()


def cut(mode):
    def cut_link(blow):
        if not blow.world.proxies:
            raise Skip("no far worker")
        blow.take(FAR)
        if sum(proxy.connections for proxy in blow.world.proxies) == 0:
            raise Skip("the far worker does not use its proxies")
        blow.begin()
        for proxy in blow.world.proxies:
            proxy.mode = mode
        try:
            blow.hold()
        finally:
            for proxy in blow.world.proxies:
                proxy.mode = "pass"
    return cut_link


def fill_disk(blow):
    far = blow.world.far
    if not far or not far.has_disk:
        raise Skip("no disk to fill: it takes root to mount one")
    blow.take(FAR)
    blow.begin()
    try:
        far.fill_disk()
        blow.hold()
    finally:
        far.empty_disk()


def blackout(blow):
    """Everything dies at once, as in a power cut."""
    world = blow.world
    names = [*SERVERS, *world.cluster.masters, *world.workers()]
    blow.take(*names)
    pids = [pid for pid in map(world.pid, names) if pid]
    keepers = [keeper for keeper in (keeper_of(world.home_of(name)) for name in world.workers()) if keeper]
    blow.begin()
    send(pids + keepers, signal.SIGKILL)
    for keeper in keepers:
        send(below(keeper), signal.SIGKILL)
    send([line.pid for line in world.live_tasks()], signal.SIGKILL)
    blow.hold()
    for name in names:
        world.start(name)


# kind: (weight, seconds from, to, fault). A leader's lease is 2 s, a worker's 8 s: shorter and longer than both.
# Of weight 0: only when it is asked for by name.
KINDS = {
    "kill_leader": (6, 0.2, 6, kill_leader),
    "pause_leader_short": (3, 0.2, 1.5, pause_leader),
    "pause_leader_long": (4, 2.5, 14, pause_leader),
    "restart_leader": (2, 0, 0, restart_leader),
    "restart_leader_hung_worker": (2, 0, 3, restart_leader_hung_worker),
    "kill_standby": (2, 0.2, 6, kill_standby),
    "pause_standby": (2, 0.5, 8, pause_standby),
    "kill_all_masters": (2, 0.2, 4, kill_masters),
    "kill_worker_short": (4, 0.2, 6, kill_worker),
    "kill_worker_long": (3, 12, 20, kill_worker),
    "pause_worker_short": (2, 0.5, 7, pause_worker),
    "pause_worker_long": (3, 12, 20, pause_worker),
    "restart_worker": (3, 0, 0, restart_worker),
    "kill_keeper": (3, 1, 1, kill_keeper),
    "pause_keeper": (1, 0.5, 5, pause_keeper),
    "kill_worker_and_keeper": (0, 0.5, 16, kill_worker_and_keeper),
    "kill_host": (3, 0.5, 16, kill_host),
    "pause_host": (2, 0.5, 16, pause_host),
    "kill_task": (6, 0, 0, kill_task),
    "terminate_task": (2, 0, 0, terminate_task),
    "pause_task": (2, 0.5, 12, pause_task),
    "kill_mysql": (3, 0.2, 5, kill_server("mysql")),
    "pause_mysql_short": (2, 0.2, 1.5, pause_server("mysql")),
    "pause_mysql_long": (2, 2.5, 12, pause_server("mysql")),
    "restart_mysql": (1, 0, 0, restart_mysql),
    "kill_redis": (4, 0.2, 5, kill_server("redis")),
    "pause_redis": (3, 0.5, 12, pause_server("redis")),
    "flush_redis": (5, 0, 0, flush_redis),
    "edit_dags": (6, 0, 0, edit_dags),
    "bad_requests": (3, 0, 0, bad_requests),
    "bad_files": (2, 0.5, 6, bad_files),
    "storm_of_readers": (2, 1, 6, storm_of_readers),
    "freeze_link_short": (2, 0.5, 7, cut("freeze")),
    "freeze_link_long": (3, 12, 18, cut("freeze")),
    "drop_link_short": (2, 0.5, 7, cut("drop")),
    "drop_link_long": (2, 12, 18, cut("drop")),
    "fill_disk": (2, 2, 12, fill_disk),
    "blackout": (1, 0.5, 4, blackout),
}
