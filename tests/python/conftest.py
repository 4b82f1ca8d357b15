"""Puts the SDK on sys.path; helpers that read DAG files in this process, and in a parse server."""

import json
import os
import subprocess
import sys
import textwrap

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SDK = os.path.join(ROOT, "sdk", "python")
sys.path.insert(0, SDK)
sys.dont_write_bytecode = True

from gale import bundled, context, profile  # noqa: E402
from gale.parse_file import parse_file  # noqa: E402

bundled.provide()


@pytest.fixture(autouse=True)
def fresh_sdk(monkeypatch):
    """Each test begins with no DAG open, no profile known and no stray sys.path entries."""
    monkeypatch.delenv("GALE_DAG_PROFILE", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    context.reset()
    profile.reset()


@pytest.fixture
def write(tmp_path):
    """Writes a DAG file; returns its path."""
    def write_file(source, name="some_dag.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source))
        return str(path)
    return write_file


@pytest.fixture
def parse(write):
    """Reads a DAG file's source: (specs, error, warnings)."""
    return lambda source: parse_file(write(source))


@pytest.fixture
def one_dag(parse):
    """The only DAG of a file that must be good."""
    def spec_of(source):
        specs, error, _ = parse(source)
        assert error == ""
        assert len(specs) == 1
        return specs[0]
    return spec_of


@pytest.fixture
def error_of(parse):
    """The import error of a file that must be bad."""
    def text_of(source):
        specs, error, _ = parse(source)
        assert error and not specs
        return error
    return text_of


def frame(*pieces):
    """A frame of the parse server's protocol."""
    body = b"".join(len(piece).to_bytes(4, "big") + piece for piece in pieces)
    return len(body).to_bytes(4, "big") + body


class ParseServer:
    """A real `python -m gale.parse_server`; ask() sends requests and waits for all answers, by id."""

    def __init__(self, jobs=2, dags_folder=""):
        env = {**os.environ, "PYTHONPATH": SDK}
        env.pop("GALE_HOME", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gale.parse_server", "--jobs", str(jobs), "--dags-folder", dags_folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
        assert self.answer() == {"ready": True}

    def send(self, head, *pieces):
        self.process.stdin.write(frame(json.dumps(head).encode(), *pieces))
        self.process.stdin.flush()

    def ask(self, *requests):
        for number, request in enumerate(requests):
            path = os.fsencode(request.pop("path"))
            self.send({"id": number, "timeout_seconds": 20, **request}, path)
        return sorted((self.answer() for _ in requests), key=lambda answer: answer["id"])

    def answer(self):
        """The next answer as one dict; an error is either the server's or the file's."""
        read = self.process.stdout.read
        body = read(int.from_bytes(read(4), "big"))
        pieces = []
        while body:
            end = 4 + int.from_bytes(body[:4], "big")
            pieces.append(json.loads(body[4:end]))
            body = body[end:]
        head, *rest = pieces
        if "ask" in head:
            head["question"] = rest[0]
        elif rest:
            assert head["error"] == ""
            head.update(rest[0])
            head["dags"] = rest[1:]
        return head

    def close(self):
        self.process.stdin.close()
        status = self.process.wait(timeout=10)
        self.process.stdout.close()
        return status


@pytest.fixture
def server(tmp_path):
    server = ParseServer(dags_folder=str(tmp_path / "dags"))
    yield server
    if server.process.poll() is None:
        server.close()
