"""Renders a templated Bash task and becomes it: `python -m gale.bash_task`, with the task file in $GALE_TASK_FILE.

The file is JSON: {"command", "env": {}, "has_env", "append_env", "cwd", "as_is": [], "base_env": {}, "task_env": {},
"context": {}}; see template.make_context for the context. as_is: what is no template: "bash_command", "cwd", "env" or
"env.NAME". The command's environment is base_env (of which env= without append_env keeps only the task's own
variables), under the rendered env, under task_env. The process execs bash, so its exit status, signals and output are
the command's. An error in a template is one line on stderr and exit status 1; the command does not start.
"""

import json
import os
import shutil
import sys

import jinja2

from gale import bundled, context as sdk_context, template

EXIT_TEMPLATE_ERROR = 1
TEMPLATE_FILES = (".sh", ".bash")
KEPT_PREFIXES = ("AIRFLOW_CTX_", "GALE_")  # what a task gets even where env= replaces its environment
TASK_FILE = "GALE_TASK_FILE"
KEEPERS_MARK = "GALE_KEEPER_KEY"  # by it the keeper finds what leaves the task's session
COMMAND_SHOWN_BYTES_MAX = 4096  # worker/runner/bash_runner.h


class TemplateError(Exception):
    """A template that cannot be rendered; the text is for the task's log."""


class _DagFile:
    """The DAG file, run when it is first asked for."""

    def __init__(self, facts):
        self._facts = facts
        self._found = None

    def load(self):
        """(DAG, task); (None, None) if the file holds them no more, or there is none."""
        if self._found is None:
            self._found = self._run() if self._facts.get("fileloc") else (None, None)
        return self._found

    def _run(self):
        path = self._facts["fileloc"]
        from gale.parse_file import dags_of, extend_path
        try:
            extend_path(path, os.environ.get("GALE_DAGS_FOLDER", ""))
            dag = next((dag for dag in dags_of(path)[0] if dag.dag_id == self._facts.get("dag_id")), None)
        except BaseException as error:
            raise TemplateError(f"the DAG file {path}, which the template needs, cannot be run: "
                                f"{type(error).__name__}: {error}") from error
        return (dag, dag.task_dict.get(self._facts.get("task_id"))) if dag else (None, None)


def render(job):
    """(command, env, cwd) of the job, rendered. TemplateError names the field and the reason."""
    facts = job.get("context") or {}
    path = facts.get("fileloc") or ""
    env = job.get("env") or {}
    file = _DagFile(facts)
    dag = file.load()[0] if facts.get("needs_dag_file") else None
    as_is = set(job.get("as_is") or ())  # what tasks returned is no template
    environment = template.make_environment([os.path.dirname(path)] if path else [], dag)
    values = template.make_context(facts, file.load)
    command = job["command"] if "bash_command" in as_is else \
        _render(environment, values, "bash_command", job["command"], TEMPLATE_FILES)
    rendered = {name: text if as_is & {"env", "env." + name} else
                _render(environment, values, f"env[{name!r}]", text) for name, text in env.items()}
    cwd = job.get("cwd") or ""
    return command, rendered, cwd if "cwd" in as_is else _render(environment, values, "cwd", cwd)


def _render(environment, values, field, text, template_files=()):
    try:
        if template_files and text.endswith(template_files):
            return environment.get_template(text).render(values)
        return environment.from_string(text).render(values)
    except TemplateError:
        raise
    except jinja2.TemplateNotFound as error:
        in_package = str(getattr(values.get("dag"), "fileloc", "")).endswith(".zip")
        hint = "; what is inside a zip package can be no template: put it beside the package" if in_package else ""
        hint += f"; to run it as a command, add a space at its end: {text + ' '!r}" if text == error.name else ""
        raise TemplateError(f"{field}: the template file {error.name!r} is not in "
                            f"{', '.join(environment.loader.searchpath) or 'any folder'}{hint}") from error
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"{field}: line {error.lineno}: {error.message}") from error
    except Exception as error:  # a macro of the user's may raise anything
        raise TemplateError(f"{field}: {type(error).__name__}: {error}") from error


def environment_of(job, env):
    """The environment that the command runs in."""
    base = job.get("base_env") or os.environ
    base = {name: value for name, value in base.items() if name != TASK_FILE}
    if job.get("has_env") and not job.get("append_env"):
        base = {name: value for name, value in base.items() if name.startswith(KEPT_PREFIXES)}
    mark = {KEEPERS_MARK: os.environ[KEEPERS_MARK]} if KEEPERS_MARK in os.environ else {}
    return {**base, **env, **(job.get("task_env") or {}), **mark}


def header(command):
    """The log's first lines, as a plain task has them (worker/runner/bash_runner.cc)."""
    shown = command.encode(errors="replace")
    if len(shown) > COMMAND_SHOWN_BYTES_MAX:
        shown = shown[:COMMAND_SHOWN_BYTES_MAX] + b"..."
    text = json.dumps(shown.decode(errors="replace"), ensure_ascii=False)
    return f"Running command: ['/bin/bash', '-c', {text}]\nOutput:\n"


def main():
    sys.path[:] = [sdk_context.SDK_DIR] + [entry for entry in sys.path
                                           if entry not in ("", os.getcwd(), sdk_context.SDK_DIR)]
    sys.dont_write_bytecode = True
    bundled.provide()
    path = os.environ.get(TASK_FILE)
    try:
        with open(path or "", encoding="utf-8") as file:
            job = json.load(file)
        command, env, cwd = render(job)
        if cwd:
            os.chdir(cwd)
    except TemplateError as error:
        _fail(f"cannot render the task's template: {error}")
    except OSError as error:
        _fail(f"{error.strerror}: {error.filename!r}" if path else f"{TASK_FILE} is not set")
    except (ValueError, KeyError) as error:
        _fail(f"the task file {path} is not what it should be: {type(error).__name__}: {error}")
    print(header(command), end="", flush=True)
    bash = "/bin/bash" if os.path.exists("/bin/bash") else shutil.which("bash") or "/bin/sh"
    try:
        os.execve(bash, [bash, "-c", command], environment_of(job, env))
    except (OSError, ValueError) as error:  # too long, or a NUL in it
        _fail(f"cannot start {bash}: {error}")


def _fail(message):
    sys.stdout.flush()
    print(f"gale: {message}", file=sys.stderr, flush=True)
    sys.exit(EXIT_TEMPLATE_ERROR)


if __name__ == "__main__":
    main()
