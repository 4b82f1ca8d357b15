"""Small things that plugins and helpers beside DAG files import from airflow."""

import logging

Context = dict  # the template context; used in annotations


def apply_defaults(function):
    """1.10's decorator of operators' __init__; BaseOperator does its work by itself."""
    return function


class LoggingMixin:
    """Gives a class a logger named after it: self.log."""

    @property
    def log(self):
        return logging.getLogger(f"{type(self).__module__}.{type(self).__name__}")
