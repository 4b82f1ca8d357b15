"""Runs a command whose output goes to the task's log, line by line."""

import collections
import contextlib
import os
import signal
import subprocess
import tempfile

from gale.hooks import BaseHook

SubprocessResult = collections.namedtuple("SubprocessResult", ["exit_code", "output"])


class SubprocessHook(BaseHook):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.sub_process = None

    def run_command(self, command, env=None, output_encoding="utf-8", cwd=None):
        """(exit code, last line of the output). By default in a temporary folder of its own."""
        with contextlib.ExitStack() as stack:
            folder = cwd or stack.enter_context(tempfile.TemporaryDirectory(prefix="gale-task-"))
            self.sub_process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder,
                env=dict(os.environ) if env is None else env, start_new_session=True)
            line = ""
            for raw in self.sub_process.stdout:
                line = raw.decode(output_encoding, errors="backslashreplace").rstrip()
                print(line, flush=True)
            self.sub_process.wait()
            self.sub_process.stdout.close()
            return SubprocessResult(self.sub_process.returncode, line)

    def send_sigterm(self):
        if self.sub_process is not None and self.sub_process.poll() is None:
            os.killpg(self.sub_process.pid, signal.SIGTERM)
