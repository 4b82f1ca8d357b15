"""Small things that plugins and helpers beside DAG files import from airflow."""

import logging

Context = dict  # the template context; used in annotations

ACTION_CAN_READ, ACTION_CAN_EDIT, ACTION_CAN_DELETE = "can_read", "can_edit", "can_delete"  # DAG(access_control=...)
ACTION_CAN_CREATE, ACTION_CAN_ACCESS_MENU = "can_create", "menu_access"


def apply_defaults(function):
    """1.10's decorator of operators' __init__; BaseOperator does its work by itself."""
    return function


class LoggingMixin:
    """Gives a class a logger named after it: self.log."""

    @property
    def log(self):
        return logging.getLogger(f"{type(self).__module__}.{type(self).__name__}")


class StreamLogWriter:
    """A file object whose lines go to a logger."""

    def __init__(self, logger, level):
        self.logger, self.level = logger, level

    def write(self, message):
        if message.rstrip():
            self.logger.log(self.level, message.rstrip())

    def flush(self):
        pass


class Entity:
    """Lineage: read and kept."""

    template_fields = ()

    def __init__(self, *args, **fields):
        vars(self).update(fields)
        if args:
            self.url = args[0]


class File(Entity):
    pass


Table = Column = Tag = User = File


class Resources:
    def __init__(self, cpus=None, ram=None, disk=None, gpus=None):
        self.cpus, self.ram, self.disk, self.gpus = cpus, ram, disk, gpus


def to_boolean(text):
    return text is not None and str(text).lower() in ("on", "t", "true", "y", "yes", "1")


def get_random_string(length=8, choices="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"):
    import random
    return "".join(random.choice(choices) for _ in range(length))


class UIAlert:
    """A note of Airflow's web pages: read and kept."""

    def __init__(self, message, category="info", roles=None, html=False):
        self.message, self.category, self.roles, self.html = message, category, roles, html


def get_attr_renderer():
    """What shows operators' fields in Airflow's web pages, by their kind: nothing is shown by functions here."""
    return {}
