"""The operators that need no Python on the worker: Empty and Bash."""

import json
import os

from gale.exceptions import AirflowException, AirflowSkipException
from gale.operator import BaseOperator


class EmptyOperator(BaseOperator):
    """Does nothing: succeeds as soon as it may run, on the master, without a worker."""

    ui_color = "#e8f7e4"

    def execute(self, context):
        pass


class DummyOperator(EmptyOperator):
    """EmptyOperator's name up to Airflow 2.3."""


class BashOperator(BaseOperator):
    """Runs `bash_command` (a Jinja template, or the name of a .sh template file) with bash -c.

    env: replaces the worker's environment, or adds to it with append_env. cwd: where it runs; by default a
    fresh temporary directory. skip_on_exit_code: exit codes that mean "skipped" instead of "failed".
    """

    template_fields = ("bash_command", "env", "cwd")
    template_ext = (".sh", ".bash")
    ui_color = "#f0ede4"

    def __init__(self, *, bash_command, env=None, append_env=False, cwd=None, skip_on_exit_code=99,
                 skip_exit_code=None, output_processor=None, output_encoding="utf-8", **kwargs):
        super().__init__(**kwargs)
        self.bash_command = bash_command
        self.env = env
        self.append_env = append_env
        self.cwd = cwd
        self.skip_on_exit_code = skip_on_exit_code if skip_exit_code is None else skip_exit_code
        self.has_output_processor = output_processor is not None
        self.output_processor = output_processor or (lambda result: result)
        self.output_encoding = output_encoding
        self._hook = None

    @property
    def subprocess_hook(self):
        if self._hook is None:
            from gale.subprocess_hook import SubprocessHook
            self._hook = SubprocessHook()
        return self._hook

    def get_env(self, context):
        if self.env is None or self.append_env:
            return {**os.environ, **(self.env or {})}
        return {**{name: value for name, value in os.environ.items() if name.startswith(("AIRFLOW_CTX_", "GALE_"))},
                **self.env}

    def execute(self, context):
        """In a Python process: of subclasses, and in dag.test(). Workers run plain Bash tasks without Python."""
        if self.cwd is not None and not os.path.isdir(self.cwd):
            raise AirflowException(f"the cwd {self.cwd!r} is no folder")
        env = {name: str(value) for name, value in self.get_env(context).items() if value is not None}
        done = self.subprocess_hook.run_command(["bash", "-c", self.bash_command], env=env, cwd=self.cwd,
                                                output_encoding=self.output_encoding)
        skips = self.skip_on_exit_code
        if done.exit_code in ([skips] if isinstance(skips, int) else skips or ()):
            raise AirflowSkipException(f"exit status {done.exit_code} means skipped")
        if done.exit_code:
            raise AirflowException(f"the command ended with exit status {done.exit_code}")
        return self.output_processor(done.output)

    def on_kill(self):
        self.subprocess_hook.send_sigterm()


_JSON_LOADS = (lambda text: json.loads(text)).__code__  # noqa: E731 (its code is what counts)


def reads_json(processor):
    """Whether an output_processor is json.loads, by itself or in a lambda: what Gale knows without running it."""
    code = getattr(processor, "__code__", None)
    return processor is json.loads or code is not None and (
        code.co_code, code.co_names, code.co_argcount, code.co_freevars) == (
        _JSON_LOADS.co_code, _JSON_LOADS.co_names, 1, ()) and processor.__globals__.get("json") is json


def processor_of(task):
    """The output_processor that a Bash task was given, or None."""
    if task.expand_input is not None:
        return task.given("output_processor")
    return task.output_processor if task.has_output_processor else None


def kind_of(task):
    """How Gale runs the task: "empty", "bash" or "python". A plain Bash task needs no Python."""
    cls = task.operator_class
    if task.needs_process:
        return "python"
    if cls.execute is EmptyOperator.execute:
        return "empty"
    if cls.execute is not BashOperator.execute or cls.get_env is not BashOperator.get_env:
        return "python"
    if task.expand_input is not None and cls.__init__ is not BashOperator.__init__:
        return "python"  # its command is made in its own constructor
    processor = processor_of(task)
    return "bash" if processor is None or reads_json(processor) else "python"
