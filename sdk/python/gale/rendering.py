"""Templates of operators' fields, rendered as Airflow does: texts, files, and what is in lists, dicts and objects."""

import os

import jinja2
import jinja2.nativetypes
import jinja2.sandbox

from gale import template, xcom_arg
from gale.exceptions import AirflowException

DEPTH_MAX = 20


class LiteralValue:
    """A value that is never a template: literal("{{ kept }}")."""

    def __init__(self, value):
        self.value = value


def literal(value):
    return LiteralValue(value)


class ResolveMixin:
    """Things that become something else when fields are rendered."""


class _NativeEnvironment(jinja2.nativetypes.NativeEnvironment, jinja2.sandbox.SandboxedEnvironment):
    def is_safe_attribute(self, obj, attr, value):
        return not attr.startswith("__")


def environment_of(dag, force_sandboxed=False):
    """The Jinja environment of a DAG; without one, the standard one."""
    if dag is None or not hasattr(dag, "template_searchpath"):
        return template.make_environment([])
    folders = [os.path.dirname(dag.fileloc)] if dag.fileloc else []
    cls = _NativeEnvironment if dag.render_template_as_native_obj and not force_sandboxed else None
    return template.make_environment(folders, dag, cls)


def render_fields(owner, context, environment=None):
    """Renders the template_fields of an operator in place. AirflowException names the field."""
    environment = environment or environment_of(getattr(owner, "dag", None))
    for name in owner.template_fields:
        render_one(owner, name, context, environment)


def render_one(owner, name, context, environment=None):
    environment = environment or environment_of(getattr(owner, "dag", None))
    if not hasattr(owner, name):
        raise AirflowException(f"{name!r} is among the template_fields of {type(owner).__name__}, which has no such "
                               "attribute")
    object.__setattr__(owner, name, _said(name, lambda: render_value(owner, getattr(owner, name), context,
                                                                     environment)))


def _said(name, render):
    try:
        return render()
    except jinja2.TemplateNotFound as error:
        raise AirflowException(f"cannot render {name}: there is no template file {error.name!r}; a text that only ends "
                               "like one wants a space behind it") from error
    except jinja2.TemplateSyntaxError as error:
        raise AirflowException(f"cannot render {name}: line {error.lineno}: {error.message}") from error
    except jinja2.UndefinedError as error:
        raise AirflowException(f"cannot render {name}: {error.message}") from error


def render_value(owner, value, context, environment=None, depth=DEPTH_MAX):
    environment = environment or environment_of(getattr(owner, "dag", None))
    if isinstance(value, str):
        return _text(owner, value, context, environment)
    if isinstance(value, LiteralValue):
        return value.value
    if isinstance(value, xcom_arg.XComArg):
        return xcom_arg.replace(value, context["ti"].look_up)
    if type(value).__name__ == "DagParam" and hasattr(value, "name"):
        return value.resolve(context)
    if depth == 0:
        return value

    def deeper(item):
        return render_value(owner, item, context, environment, depth - 1)
    if isinstance(value, tuple):
        return tuple(map(deeper, value)) if type(value) is tuple else type(value)(*map(deeper, value))
    if type(value) is list:
        return list(map(deeper, value))
    if type(value) is dict:
        return {key: deeper(item) for key, item in value.items()}
    if type(value) is set:
        return set(map(deeper, value))
    fields = getattr(value, "template_fields", None)
    if isinstance(fields, (list, tuple)) and not isinstance(value, type):
        for name in fields:
            setattr(value, name, deeper(getattr(value, name, None)))
    return value


def _text(owner, text, context, environment):
    endings = getattr(owner, "template_ext", ())
    if endings and text.endswith(tuple(endings)):
        found = environment.get_template(text)
    elif "{" not in text:
        return text
    else:
        found = environment.from_string(text)
    return found.render(context)
