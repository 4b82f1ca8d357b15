"""Gale's own processes: how a master and a worker are started, and when they are ready."""

import os
import pathlib
import urllib.error
import urllib.request

from layout import HOST, Problem

ROOT = pathlib.Path(__file__).resolve().parents[2]
ANSWER_SECONDS_MAX = 2.0


def find_binary():
    path = pathlib.Path(os.environ.get("GALE_BIN", ROOT / "build/dev/gale")).absolute()
    if not os.access(path, os.X_OK):
        raise Problem(f"{path} is not built: run ./dev build gale, or set GALE_BIN")
    return str(path)


class Node:
    """A master or a worker. The caller's GALE__SECTION__KEY reach it, under what is its own."""

    start_seconds_max = 60
    stop_seconds_max = 30  # a worker gives its tasks 12 s

    def __init__(self, layout, name):
        self.layout = layout
        self.name = name
        self.home = layout / name
        self.binary = find_binary()

    def prepare(self, _):
        self.home.mkdir(mode=0o700, exist_ok=True)

    def environment(self, **own):
        environment = {name: value for name, value in os.environ.items() if name != "GALE_HOME"}
        python = ROOT / "build/venv/bin/python"
        if python.exists():
            environment.setdefault("GALE_PYTHON", str(python))
        environment.setdefault("GALE_SDK", str(ROOT / "sdk/python"))
        return {**environment, **own}

    def gale(self, *args):
        return [self.binary, "--config", str(self.layout.config), "--home", str(self.home), *args]


class Master(Node):
    def __init__(self, layout, name):
        super().__init__(layout, name)
        self.port = layout.port(name)
        self.grpc_port = layout.port(f"{name}-grpc")
        self.url = f"http://{HOST}:{self.port}"
        self.grpc = f"{HOST}:{self.grpc_port}"

    def environment(self):
        return super().environment(GALE__MASTER__NAME=self.name, GALE__MASTER__ADVERTISE=self.grpc,
                                   GALE__CORE__SECRETS_KEY_FILE=str(self.layout / "secrets.key"))

    def command(self):
        return self.gale("master", "--port", str(self.port), "--grpc-port", str(self.grpc_port))

    def is_ready(self, _):
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/monitor/health", timeout=ANSWER_SECONDS_MAX) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def describe(self):
        return {"host": HOST, "port": self.port, "grpc_port": self.grpc_port, "home": str(self.home)}


class Worker(Node):
    def __init__(self, layout, name, slots, join_token_file):
        super().__init__(layout, name)
        self.slots = slots
        self.join_token_file = join_token_file

    def environment(self):
        return super().environment(GALE__WORKER__NAME=self.name, GALE__WORKER__SLOTS=str(self.slots))

    def command(self):
        return self.gale("worker", "--name", self.name, "--slots", str(self.slots),
                         "--join-token-file", str(self.join_token_file))

    def is_ready(self, process):
        return "is ready." in process.output()

    def describe(self):
        return {"host": HOST, "port": None, "home": str(self.home)}
