"""The operators that Gale runs."""

import functools
import json

from gale.operator import BaseOperator, as_timedelta  # noqa: F401 (re-exported)


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
        self.output_processor = output_processor
        if output_processor is not None and not reads_json(output_processor):
            self.ignored_arguments.append("output_processor")

    def execute(self, context):
        raise NotImplementedError("Gale's workers run BashOperator; it cannot be called from Python")


_JSON_LOADS = (lambda text: json.loads(text)).__code__  # noqa: E731 (its code is what counts)


def reads_json(processor):
    """Whether an output_processor is json.loads, by itself or in a lambda: what Gale knows without running it."""
    code = getattr(processor, "__code__", None)
    return processor is json.loads or code is not None and (
        code.co_code, code.co_names, code.co_argcount, code.co_freevars) == (
        _JSON_LOADS.co_code, _JSON_LOADS.co_names, 1, ()) and processor.__globals__.get("json") is json


_EXECUTES = {BaseOperator.execute: None, EmptyOperator.execute: "empty", BashOperator.execute: "bash"}


@functools.lru_cache(maxsize=None)
def kind_of(operator_class):
    """"empty" or "bash"; None for a class whose execute() Gale cannot run."""
    return _EXECUTES.get(operator_class.execute)
