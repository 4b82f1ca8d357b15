"""The cluster's folder: what lies where, which ports and passwords it has, and the files that say so.

H/state.json     ports and passwords, chosen once and kept (0600)
H/gale.cfg       the settings of all masters and workers, written at every start (0600)
H/cluster.json   what runs, for tests and tools; there only while the cluster is up (0600)
H/dags, H/logs, H/master-N, H/worker-N, H/mysql, H/redis
"""

import json
import os
import pathlib
import random
import secrets
import socket

HOST = "127.0.0.1"
SOCKET_PATH_BYTES_MAX = 107  # of a Unix socket on Linux
PORT_MIN = 20000
PORT_TRIES_MAX = 1000


class Problem(Exception):
    """What a person can cause and mend; its text is the whole message."""


class Layout:
    def __init__(self, home):
        self.home = pathlib.Path(os.path.abspath(os.path.expanduser(home)))
        self.state = {"ports": {}, "passwords": {}}

    # Paths.

    def __truediv__(self, name):
        return self.home / name

    @property
    def dags(self):
        return self.home / "dags"

    @property
    def config(self):
        return self.home / "gale.cfg"

    @property
    def cluster_file(self):
        return self.home / "cluster.json"

    @property
    def control_socket(self):
        return self.home / "control.sock"

    def check_length(self, workers):
        """The longest path of a Unix socket below the home must fit; Linux would refuse it much later."""
        deepest = self.home / f"worker-{max(workers, 1)}/worker/keeper.sock"
        extra = len(os.fsencode(deepest)) - SOCKET_PATH_BYTES_MAX
        if extra > 0:
            raise Problem(f"--home {self.home} is too long by {extra} bytes: {deepest} would be a Unix socket, "
                          f"whose path may have {SOCKET_PATH_BYTES_MAX}. Choose a shorter one, such as /tmp/gale.")

    def make(self):
        for folder in (self.home, self.dags, self.home / "logs"):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise Problem(f"{folder} can't be made: {error.strerror}") from None

    # Ports and passwords.

    def load(self):
        path = self.home / "state.json"
        try:
            self.state = json.loads(path.read_text())
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            raise Problem(f"{path} can't be read ({error}): remove {self.home} to begin anew") from None

    def save(self):
        write_private(self.home / "state.json", json.dumps(self.state, indent=2) + "\n")

    def port(self, name):
        """The port that `name` has for good."""
        ports = self.state["ports"]
        if name not in ports:
            ports[name] = free_port(set(ports.values()))
        return ports[name]

    def replace_taken_ports(self):
        """Before anything runs: gives up ports that another program has taken since. Returns what changed."""
        changed = []
        for name, port in list(self.state["ports"].items()):
            if not can_bind(port):
                del self.state["ports"][name]
                changed.append(f"{name}: port {port} is taken by another program, now {self.port(name)}")
        return changed

    def password(self, name):
        return self.state["passwords"].setdefault(name, secrets.token_hex(16))

    def database(self, wanted):
        """mariadb or mysql: what the home holds already, else `wanted`; their files differ."""
        have = self.state.get("database")
        if have and wanted and have != wanted:
            raise Problem(f"{self.home} holds a {have} database: leave out --database, or use another --home")
        self.state["database"] = have or wanted or "mariadb"
        return self.state["database"]

    # Files.

    def write_config(self, masters):
        grpc = ",".join(f"{HOST}:{self.port(f'{name}-grpc')}" for name in masters)
        write_private(self.config, f"""\
# Written by ./dev cluster at every start. To change a setting, start it with the environment's
# GALE__SECTION__KEY, which reaches every process: GALE__CORE__PARALLELISM=64 ./dev cluster ...
[core]
dags_folder = {self.dags}
[database]
sql_alchemy_conn = mysql://gale:{self.password("mysql")}@{HOST}:{self.port("mysql")}/gale
[celery]
broker_url = redis://:{self.password("redis")}@{HOST}:{self.port("redis")}/0
[logging]
base_log_folder = {self.home}/logs
[worker]
masters = {grpc}
""")


def write_private(path, text):
    """Writes a file that only its owner may read, whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.rename(path)


def can_bind(port):
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            return True
        except OSError:
            return False


def free_port(taken):
    """A free port below the range that the kernel gives to clients: one of those could take the port of a
    process that is down, and a client that retries could even connect to itself."""
    low = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    port_max = low - 1 if low > PORT_MIN + PORT_TRIES_MAX else 65535
    for _ in range(PORT_TRIES_MAX):
        port = random.randint(PORT_MIN, port_max)
        if port not in taken and can_bind(port):
            return port
    raise Problem(f"no free port found on {HOST} from {PORT_MIN} to {port_max}")
