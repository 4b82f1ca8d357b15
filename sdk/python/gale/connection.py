"""Connections: AIRFLOW_CONN_NAME (or GALE_CONN_NAME) in the environment, as a URI or JSON; then the store's."""

import json
import os
import urllib.parse

from gale import task_state
from gale.exceptions import AirflowException, AirflowNotFoundException

PREFIXES = ("AIRFLOW_CONN_", "GALE_CONN_")


class Connection:
    """Where something is and how one gets in."""

    def __init__(self, conn_id=None, conn_type=None, description=None, host=None, login=None, password=None,
                 schema=None, port=None, extra=None, uri=None):
        self.conn_id = conn_id
        self.description = description
        if uri:
            if any((conn_type, host, login, password, schema, port)):
                raise AirflowException(f"connection {conn_id!r}: give either uri or its parts")
            self._read_uri(uri)
            self.extra = self.extra or (extra if isinstance(extra, str) or extra is None else json.dumps(extra))
            return
        self.conn_type = conn_type
        self.host = host
        self.login = login
        self.password = password
        self.schema = schema
        self.port = port
        self.extra = json.dumps(extra) if isinstance(extra, dict) else extra

    def _read_uri(self, uri):
        parts = urllib.parse.urlsplit(uri)
        scheme = parts.scheme.replace("-", "_")
        self.conn_type = {"postgresql": "postgres"}.get(scheme, scheme)
        rest = parts.netloc
        at, host = rest.rpartition("@")[::2]
        login, colon, password = at.partition(":")
        host, _, port = host.rpartition(":") if host.rpartition(":")[2].isdigit() else (host, "", "")

        def text(value):
            return urllib.parse.unquote(value) if value else None
        self.host = text(host)
        nested = urllib.parse.unquote(parts.path[1:]) if parts.path else ""
        if "://" in nested and not host:  # http://https%3A%2F%2F..., as get_uri() of some releases writes it
            self.host, nested = nested, ""
        self.schema = nested or ("" if parts.path else None)
        self.login = text(login) if at else None
        self.password = text(password) if colon else None
        self.port = int(port) if port else None
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        self.extra = query["__extra__"] if "__extra__" in query else json.dumps(query) if query else None

    @classmethod
    def from_text(cls, conn_id, text):
        """From what an environment variable holds."""
        if not text.lstrip().startswith("{"):
            return cls(conn_id=conn_id, uri=text)
        try:
            return cls.from_json(text, conn_id)
        except ValueError as error:
            raise AirflowException(f"connection {conn_id!r}: what is in the environment is not JSON: {error}") from None

    @classmethod
    def from_json(cls, value, conn_id=None):
        said = json.loads(value)
        said.pop("conn_id", None)
        if said.get("port"):
            said["port"] = int(said["port"])
        said["conn_type"] = said.get("conn_type") or said.pop("type", None)
        unknown = sorted(set(said) - {"conn_type", "description", "host", "login", "password", "schema", "port",
                                      "extra", "uri"})
        if unknown:
            raise AirflowException(f"connection {conn_id!r} has no field {', '.join(map(repr, unknown))}")
        return cls(conn_id=conn_id, **said)

    @classmethod
    def from_uri(cls, uri, conn_id=None):
        return cls(conn_id=conn_id, uri=uri)

    @classmethod
    def get(cls, conn_id):
        """The connection; AirflowNotFoundException if there is none."""
        for prefix in PREFIXES:
            text = os.environ.get(prefix + conn_id.upper())
            if text is not None:
                found = cls.from_text(conn_id, text)
                break
        else:
            found = cls._of_the_store(conn_id)
        if found.password:
            task_state.mask(found.password)
        return found

    @classmethod
    def _of_the_store(cls, conn_id):
        try:
            said = task_state.ask({"type": "GetConnection", "conn_id": conn_id})
        except task_state.SupervisorError as error:
            if error.error != "CONNECTION_NOT_FOUND":
                raise
            said = None
        if said is None:
            raise AirflowNotFoundException(f"The conn_id `{conn_id}` isn't defined: set it by `gale connections set "
                                           f"{conn_id} URI`, or as AIRFLOW_CONN_{conn_id.upper()} in the environment")
        return cls(**{name: said.get(name) for name in ("conn_id", "conn_type", "description", "host", "login",
                                                        "password", "schema", "port", "extra")})

    get_connection_from_secrets = get

    def get_uri(self):
        def quoted(value):
            return urllib.parse.quote(str(value), safe="")
        uri = f"{(self.conn_type or '').lower().replace('_', '-')}://"
        if self.login is not None:
            uri += quoted(self.login)
        if self.password is not None:
            uri += ":" + quoted(self.password)
        if self.login is not None or self.password is not None:
            uri += "@"
        uri += quoted(self.host) if self.host else ""
        uri += f":{self.port}" if self.port else ""
        if self.schema:
            uri += "/" + quoted(self.schema)
        if self.extra_dejson:
            uri += ("" if self.schema else "/") + "?" + (
                urllib.parse.urlencode(self.extra_dejson)
                if all(isinstance(value, str) for value in self.extra_dejson.values())
                else urllib.parse.urlencode({"__extra__": self.extra}))
        return uri

    @property
    def extra_dejson(self):
        try:
            said = json.loads(self.extra) if self.extra else {}
        except ValueError:
            raise AirflowException(f"connection {self.conn_id!r}: extra is not JSON") from None
        return said if isinstance(said, dict) else {}

    def get_extra_dejson(self, nested=False):
        return self.extra_dejson

    def get_extra(self):
        return self.extra

    def get_password(self):
        return self.password

    def set_extra(self, value):
        self.extra = value

    def get_hook(self, *, hook_params=None):
        from gale.plugins import hook_class
        cls, argument = hook_class(self.conn_type)
        return cls(**{argument: self.conn_id}, **(hook_params or {}))

    def as_json(self):
        return json.dumps(self.to_dict())

    def to_dict(self, **kwargs):
        return {name: getattr(self, name) for name in ("conn_id", "conn_type", "description", "host", "login",
                                                       "password", "schema", "port")} | {"extra": self.extra_dejson}

    def __repr__(self):
        return self.conn_id or ""

    def __eq__(self, other):
        return isinstance(other, Connection) and self.to_dict() == other.to_dict()

    __hash__ = None


class Accessor:
    """`conn.name.host` and `conn.get(name, default)` in templates."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Connection.get(name)

    __getitem__ = __getattr__

    def get(self, name, default_conn=None):
        try:
            return Connection.get(name)
        except AirflowNotFoundException:
            return default_conn
