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


class ParseServer:
    """A real `python -m gale.parse_server`; ask() sends requests and waits for all answers, by id."""

    def __init__(self, jobs=2):
        env = {**os.environ, "PYTHONPATH": SDK}
        env.pop("GALE_HOME", None)
        self.process = subprocess.Popen([sys.executable, "-m", "gale.parse_server", "--jobs", str(jobs)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True)

    def send_line(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ask(self, *requests):
        for number, request in enumerate(requests):
            self.send_line(json.dumps({"id": number, "timeout_seconds": 20, **request}))
        answers = [json.loads(self.process.stdout.readline()) for _ in requests]
        return sorted(answers, key=lambda answer: answer["id"])

    def close(self):
        self.process.stdin.close()
        status = self.process.wait(timeout=10)
        self.process.stdout.close()
        return status


@pytest.fixture
def server():
    server = ParseServer()
    yield server
    if server.process.poll() is None:
        server.close()
