"""A task's function in another interpreter: its source, its arguments and its result as files."""

import hashlib
import inspect
import json
import logging
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import textwrap

from gale.exceptions import AirflowException, AirflowSkipException

log = logging.getLogger("airflow.task")
_SCRIPT = """\
import sys
{serializer_import}
with open(sys.argv[1], "rb") as file:
    arguments = {serializer}.load(file)
{source}
result = {name}(*arguments["args"], **arguments["kwargs"])
with open(sys.argv[2], "wb") as file:
    {serializer}.dump(result, file, protocol=4)
"""


def function_source(function):
    """The function's own lines, without its decorators."""
    try:
        lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    except OSError:
        raise AirflowException(f"the source of {function.__name__!r} is not at hand, so it can't be run by another "
                               "interpreter") from None
    first = next(number for number, line in enumerate(lines) if line.startswith(("def ", "async def ")))
    return "\n".join(lines[first:])


class FunctionElsewhere:
    """One call of an operator's function by another interpreter."""

    def __init__(self, operator):
        self._operator = operator

    def run(self, python):
        operator = self._operator
        serializer = {"pickle": "pickle", "cloudpickle": "cloudpickle", "dill": "dill"}.get(operator.serializer)
        if serializer is None:
            raise AirflowException(f"unknown serializer {operator.serializer!r}: use pickle, cloudpickle or dill")
        with tempfile.TemporaryDirectory(prefix="gale-python-") as folder:
            given, made, script = (os.path.join(folder, name) for name in ("in", "out", "script.py"))
            with open(given, "wb") as file:
                pickle.dump({"args": list(operator.op_args), "kwargs": operator.op_kwargs}, file, protocol=4)
            with open(script, "w", encoding="utf-8") as file:
                file.write(_SCRIPT.format(serializer=serializer, serializer_import=f"import {serializer}",
                                          source=function_source(operator.python_callable),
                                          name=operator.python_callable.__name__))
            self._call([python, script, given, made])
            if not os.path.exists(made) or os.path.getsize(made) == 0:
                return None
            with open(made, "rb") as file:
                return pickle.load(file)

    def _call(self, command):
        operator = self._operator
        env = dict(os.environ) if operator.inherit_env else {}
        env.update(operator.env_vars or {})
        env.pop("PYTHONPATH", None)  # ours is not theirs
        try:
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, text=True)
        except OSError as error:
            raise AirflowException(f"the interpreter {command[0]!r} cannot be started: {error.strerror}") from None
        with child:
            for line in child.stdout:
                log.info("%s", line.rstrip("\n"))
        skips = operator.skip_on_exit_code
        if child.returncode in ([skips] if isinstance(skips, int) else skips or ()):
            raise AirflowSkipException(f"exit status {child.returncode} means skipped")
        if child.returncode:
            raise AirflowException(f"the function ended with exit status {child.returncode} in {command[0]}; "
                                   "its output stands above")


def environment_for(operator):
    """The interpreter of an environment with the operator's requirements; made once, kept by what it holds."""
    requirements = [line.strip() for text in operator.requirements for line in text.splitlines() if line.strip()]
    python = f"python{operator.python_version}" if operator.python_version else sys.executable
    described = json.dumps([requirements, python, bool(operator.system_site_packages), operator.pip_install_options,
                            operator.index_urls])
    home = operator.venv_cache_path or os.path.join(os.environ.get("GALE_HOME") or tempfile.gettempdir(), "venvs")
    folder = os.path.join(home, hashlib.sha256(described.encode()).hexdigest()[:16])
    interpreter = os.path.join(folder, "bin", "python")
    if not os.path.exists(os.path.join(folder, "complete")):
        os.makedirs(home, exist_ok=True)
        fresh = tempfile.mkdtemp(prefix="new-", dir=home)
        try:
            _make(operator, fresh, python, requirements)
            os.rename(fresh, folder)
        except OSError:
            if not os.path.exists(os.path.join(folder, "complete")):  # nobody else was first
                raise
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return interpreter


def _make(operator, folder, python, requirements):
    options = ["--system-site-packages"] if operator.system_site_packages else []
    _step([python, "-m", "venv", *options, folder], "the environment cannot be made")
    if requirements:
        urls = operator.index_urls or []
        urls = [urls] if isinstance(urls, str) else list(urls)
        index = [part for number, url in enumerate(urls)
                 for part in ("--index-url" if number == 0 else "--extra-index-url", url)]
        _step([os.path.join(folder, "bin", "python"), "-m", "pip", "install", "-q", *operator.pip_install_options,
               *index, *requirements], f"the requirements {', '.join(requirements)} cannot be installed")
    with open(os.path.join(folder, "complete"), "w", encoding="utf-8"):
        pass


def _step(command, complaint):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise AirflowException(f"{complaint}: {done.stdout.strip()[-2000:]}")
