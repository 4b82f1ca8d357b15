"""BaseHook: what hooks of providers and of users stand on."""

import logging

from gale.connection import Connection


class BaseHook:
    conn_name_attr = "conn_id"
    default_conn_name = "default_conn_id"
    conn_type = ""
    hook_name = ""

    def __init__(self, source=None, logger_name=None, **kwargs):
        super().__init__()
        self._logger_name = logger_name

    @property
    def log(self):
        return logging.getLogger(self.__dict__.get("_logger_name")
                                 or f"airflow.task.hooks.{type(self).__module__}.{type(self).__name__}")

    @classmethod
    def get_connection(cls, conn_id):
        return Connection.get(conn_id)

    @classmethod
    async def aget_connection(cls, conn_id):
        return Connection.get(conn_id)

    @classmethod
    def get_connections(cls, conn_id):
        return [Connection.get(conn_id)]

    @classmethod
    def get_hook(cls, conn_id, hook_params=None):
        return Connection.get(conn_id).get_hook(hook_params=hook_params)

    def get_conn(self):
        raise NotImplementedError(f"{type(self).__name__} has no get_conn()")

    @classmethod
    def get_connection_form_widgets(cls):
        return {}

    @classmethod
    def get_ui_field_behaviour(cls):
        return {}


class FSHook(BaseHook):
    """A path that a connection names."""

    conn_name_attr = "fs_conn_id"
    default_conn_name = "fs_default"
    conn_type = "fs"

    def __init__(self, fs_conn_id=default_conn_name, **kwargs):
        super().__init__(**kwargs)
        self.conn = Connection.get(fs_conn_id)

    def get_conn(self):
        return None

    def get_path(self):
        return self.conn.extra_dejson.get("path", "")


class DiscoverableHook:
    """What a provider's hook class must have."""
