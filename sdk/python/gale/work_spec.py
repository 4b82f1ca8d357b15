"""What a task does, as the DagSpec has it: its work, what it is mapped over, its group."""

import functools
import json
import math
import re

from gale import operators, previous_success
from gale.dag import DagParam
from gale.exceptions import AirflowException
from gale.operator import CALLBACKS
from gale.xcom_arg import (XCOM_RETURN_KEY, ConcatXComArg, GroupArgument, MapXComArg, PlainXComArg, XComArg,
                           ZipXComArg, iterate)

COMMAND_BYTES_MAX = 1 << 20  # common/base/limits.h: kCommandBytesMax
NEVER_AN_EXIT_CODE = -1      # for skip_on_exit_code=None: an empty list would mean [99]
_TEMPLATE_MARKS = ("{{", "{%", "{#")
_ASKS = re.compile(r"{[{%](?:(?!}}|%}).)*?(?:\bxcom_pull\b|\b(?:var|conn)\s*[.\[])", re.S)
_BASH_ARGUMENTS = ("bash_command", "env", "append_env", "cwd", "skip_on_exit_code")


def of_task(task, where):
    """The fields of the TaskSpec that say what it does: `work` and what belongs to it."""
    mapped = task.expand_input
    kind = operators.kind_of(task)
    if kind == "bash" and _wants_channel(task):
        kind = "python"
    spec = {
        "task_group_id": task.task_group.group_id if task.task_group is not None else "",
        "map_index_template": text(task.map_index_template, f"{where}: map_index_template"),
        "expand": _expand(mapped, where, strict=kind == "bash") if mapped is not None else None,
    }
    if kind == "bash":
        spec.update(_bash(task, where))
    elif kind == "python":
        spec["python"] = _python(task)
    spec = {name: value for name, value in spec.items() if value}
    return {**spec, kind: spec.get(kind, {})}


def of_group(group):
    """The TaskGroup."""
    spec = {"group_id": group.group_id, "parent_group_id": group.parent_group.group_id if group.parent_group else ""}
    if group.expand_input is not None:
        spec["expand"] = _expand(group.expand_input, f"task group {group.group_id!r}")
    return {name: value for name, value in spec.items() if value}


def _expand(expand_input, where, strict=False):
    if expand_input.arguments is None:
        return {"kwargs": _source(expand_input.kwargs, f"{where}: expand_kwargs()", strict)}
    return {"arguments": [{"name": name, "source": _source(source, f"{where}: expand({name}=)", strict)}
                          for name, source in expand_input.arguments.items()]}


def _source(source, where, strict):
    """ExpandSource."""
    if isinstance(source, PlainXComArg):
        found = {"task_id": source.operator.task_id}
        return {"xcom": found if source.key == XCOM_RETURN_KEY else {**found, "key": source.key}}
    if isinstance(source, MapXComArg):
        names = [getattr(function, "__qualname__", type(function).__name__) for function in source.callables]
        return {"map": {"source": _source(source.arg, where, strict), "function": ", ".join(names)}}
    if isinstance(source, ZipXComArg):
        made = {"sources": [_source(arg, where, strict) for arg in source.args]}
        if source.has_fill:
            made.update(has_fill=True, fill_json=_literal(source.fillvalue, where, strict))
        return {"zip": made}
    if isinstance(source, ConcatXComArg):
        return {"concat": {"sources": [_source(arg, where, strict) for arg in source.args]}}
    if isinstance(source, XComArg):
        raise AirflowException(f"{where}: a mapped task group's argument cannot be mapped over again")
    return {"literal_json": _literal(source, where, strict)}


def _literal(value, where, strict):
    """As JSON. Of a Python task only how many elements there are counts, since its process has the file's own values:
    what JSON can't say is named by its class there."""
    try:  # a dict's order is that of its elements: nothing is sorted
        return json.dumps(value if strict else _plain(value), ensure_ascii=False, separators=(",", ":"),
                          default=_reference, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise AirflowException(f"{where} must be JSON: {error}") from None


def _plain(value):
    if value is None or isinstance(value, (bool, int, str)) or isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, dict):
        return {name if isinstance(name, str) else str(_plain(name)): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (PlainXComArg, GroupArgument, DagParam)):
        return _reference(value)
    if hasattr(value, "__len__") and hasattr(value, "__getitem__") and not isinstance(value, (bytes, bytearray)):
        return [None] * len(value)
    return {"__type": "object", "__var": _name_of(type(value))}


def _reference(value):
    if isinstance(value, PlainXComArg):
        return {"__type": "xcomref", "__var": {"task_id": value.operator.task_id, "key": value.key}}
    if isinstance(value, GroupArgument):
        return {"__type": "group_argument", "__var": {"group_id": value.group.group_id, "name": value.name}}
    if isinstance(value, DagParam):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    if hasattr(value, "items"):
        return dict(value.items())
    if hasattr(value, "__len__") and hasattr(value, "__getitem__"):
        return list(value)
    raise TypeError(f"{type(value).__name__} ({value!r:.100}) is neither text nor number, list nor dict")


def _python(task):
    """PythonWork: what the task's own process, which runs the file again, finds the task by; and what must be known
    without running it. See docs/decisions/0019."""
    cls = task.operator_class
    function = getattr(task, "python_callable", None)
    work = {
        "operator_class": _name_of(cls),
        "callable": _name_of(function) if function is not None else "",
        "template_fields": [str(name) for name in cls.template_fields],
        "callbacks": [name[3:-9] for name in CALLBACKS if getattr(task, name, None)],
        "multiple_outputs": bool(task.multiple_outputs),
        "is_sensor": hasattr(cls, "poke"),
        "reschedules": getattr(task, "mode", "poke") == "reschedule",
    }
    return {name: value for name, value in work.items() if value}


def _name_of(thing):
    """module:name, the file's own module without its path; a name that is the same at each parse."""
    if not isinstance(thing, type) and not hasattr(thing, "__qualname__"):
        inner = getattr(thing, "func", None) or type(thing)
        return _name_of(inner)
    module = getattr(thing, "__module__", None) or ""
    if module.startswith("unusual_prefix_"):
        module = ""
    return f"{module}:{thing.__qualname__}"


def _bash(task, where):
    """BashWork, and arguments_json for what is known only when an instance starts."""
    names = set() if task.expand_input is None else task.expand_input.names()
    said = _said(task)
    later = _later(said)
    given = {name: None if name in names or name in later else value for name, value in said.items()}
    command = _template(given["bash_command"], f"{where}: bash_command")
    comes = task.expand_input is not None and task.expand_input.arguments is None
    if not command and not comes and "bash_command" not in names | set(later):
        raise AirflowException(f"{where}: bash_command is empty")
    if len(command.encode()) > COMMAND_BYTES_MAX:
        raise AirflowException(f"{where}: bash_command is longer than {COMMAND_BYTES_MAX} bytes (kCommandBytesMax)")
    env = given["env"] or {}
    if not hasattr(env, "items"):
        raise AirflowException(f"{where}: env must be a dict of strings, not {env!r}")
    env = {_template(name, f"{where}: a name in env"): _template(value, f"{where}: env[{name!r}]")
           for name, value in env.items() if value is not None}
    cwd = "" if given["cwd"] is None else _template(given["cwd"], f"{where}: cwd")
    takes_env = given["env"] is not None or "env" in names | set(later)
    work = {
        "command": command,
        "env": env,
        "has_env": given["env"] is not None,
        "append_env": bool(given["append_env"] and takes_env),
        "cwd": cwd,
        "as_is": sorted({*_results(task.expand_input), *_held(later)}),
        "output_json": operators.reads_json(operators.processor_of(task)),
        "skip_on_exit_code": [] if "skip_on_exit_code" in names | set(later)
        else _exit_codes(given["skip_on_exit_code"], where),
    }
    commands = [command, *_texts(later.get("bash_command")), *_mapped_texts(task.expand_input, ("bash_command",))]
    texts = [*commands, cwd, *env.values(), *_texts([later.get("env"), later.get("cwd")]),
             *_mapped_texts(task.expand_input, ("env", "cwd"))]
    is_file = any(command.endswith(tuple(task.template_ext)) for command in commands)
    work["templated"] = is_file or any(mark in text for text in texts for mark in _TEMPLATE_MARKS)
    work["needs_dag_file"] = work["templated"] and task.dag.changes_templates
    # A file is read when the task starts, and may say anything by then.
    work["needs_previous_success"] = work["templated"] and (
        is_file or any(previous_success.may_be_named(text) for text in texts))
    return {"bash": {name: value for name, value in work.items() if value},
            "arguments_json": _literal(later, where, strict=True) if later else ""}


def _said(task):
    """The arguments of a BashOperator that all instances share."""
    read = task.given if task.expand_input is not None else functools.partial(getattr, task)
    return {name: read(name) for name in _BASH_ARGUMENTS}


def _later(said):
    return {name: value for name, value in said.items() if any(iterate(value))}


def _wants_channel(task):
    """Whether a Bash task asks for what only a Python task's process is told: results, variables, connections. In a
    mapped group, what the group or its tasks return is data for the master."""
    said = _said(task)
    held = [arg for value in _later(said).values() for arg in iterate(value)]
    group = task.task_group
    while group is not None and group.expand_input is None:
        group = group.parent_group
    if held and (group is None or not all(isinstance(arg, (PlainXComArg, GroupArgument)) for arg in held)):
        return True
    texts = [*_texts([said["bash_command"], said["env"], said["cwd"]]),
             *_mapped_texts(task.expand_input, ("bash_command", "env", "cwd"))]
    return any(_ASKS.search(text) for text in texts)


def _results(expand_input):
    """The mapped arguments that are no templates: what a task returned is none, as in Airflow."""
    if expand_input is None:
        return []
    if expand_input.arguments is None:
        return [] if isinstance(expand_input.kwargs, list) else ["bash_command", "cwd", "env"]
    return [name for name, source in expand_input.arguments.items()
            if isinstance(source, XComArg) and name in ("bash_command", "cwd", "env")]


def _held(later):
    """The same of what a task in a mapped group holds: it may be one name of env only."""
    for name, value in later.items():
        if isinstance(value, XComArg):
            yield name
        elif name == "env" and hasattr(value, "items"):
            yield from (f"env.{key}" for key, item in value.items() if any(iterate(item)))


def _texts(value):
    """Every text in lists and dicts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, DagParam):
        yield str(value)
    elif hasattr(value, "items"):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from _texts(item)


def _mapped_texts(expand_input, names):
    """Of the literals only: see _results."""
    if expand_input is None:
        return
    if expand_input.arguments is not None:
        sources = [expand_input.arguments[name] for name in names if name in expand_input.arguments]
    else:
        elements = expand_input.kwargs if isinstance(expand_input.kwargs, list) else []
        sources = [element[name] for element in elements if not isinstance(element, XComArg)
                   for name in names if name in element]
    for source in sources:
        yield from _texts(source)


def _exit_codes(value, where):
    if value is None:
        return [NEVER_AN_EXIT_CODE]
    codes = [value] if isinstance(value, int) else list(value)
    if not all(isinstance(code, int) and 0 <= code <= 255 for code in codes):
        raise AirflowException(f"{where}: skip_on_exit_code must hold exit codes (0 to 255), not {value!r}")
    codes = sorted(set(codes))
    return [] if codes == [99] else codes or [NEVER_AN_EXIT_CODE]


def _template(value, what):
    if isinstance(value, DagParam):
        return str(value)
    return text(value, what)


def text(value, what):
    if value is None:
        return ""
    if isinstance(value, (int, float)) and what.rsplit(" ", 1)[-1].startswith("env["):
        return str(value)
    if not isinstance(value, str) and not hasattr(value, "__fspath__"):
        raise AirflowException(f"{what} must be a string, not {value!r}")
    said = str(getattr(value, "value", value))
    try:
        said.encode()
    except UnicodeEncodeError as error:
        raise AirflowException(f"{what} is not valid Unicode: {error}") from None
    if "\0" in said:
        raise AirflowException(f"{what} holds a NUL character")
    return said
