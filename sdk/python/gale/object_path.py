"""ObjectStoragePath: paths of any store that fsspec knows; local ones without it."""

import os
import pathlib

from gale.exceptions import AirflowException


class ObjectStoragePath:
    """`ObjectStoragePath("s3://conn@bucket/key")`; a path without a scheme is a local file."""

    def __init__(self, *args, conn_id=None, protocol=None, storage_options=None, **kwargs):
        text = "/".join(str(arg).rstrip("/") if number + 1 < len(args) else str(arg)
                        for number, arg in enumerate(args))
        scheme, found, rest = text.partition("://")
        self.protocol = protocol or (scheme if found else "file")
        self.path = rest if found else text
        user, at, tail = self.path.partition("@")
        if at and "/" not in user:
            conn_id, self.path = conn_id or user, tail
        self.conn_id = conn_id
        self._options = {**(storage_options or {}), **kwargs}

    @property
    def fs(self):
        try:
            import fsspec
        except ImportError:
            raise AirflowException("paths of object stores need the Python package fsspec: pip install fsspec") \
                from None
        return fsspec.filesystem(self.protocol, **self._options)

    @property
    def _local(self):
        return pathlib.Path(self.path) if self.protocol in ("file", "local") else None

    def _at(self, path):
        return ObjectStoragePath(path, protocol=self.protocol, conn_id=self.conn_id, storage_options=self._options)

    def __truediv__(self, other):
        return self._at(f"{self.path.rstrip('/')}/{other}")

    joinpath = __truediv__

    @property
    def parent(self):
        return self._at(self.path.rstrip("/").rpartition("/")[0])

    @property
    def name(self):
        return self.path.rstrip("/").rpartition("/")[2]

    @property
    def stem(self):
        return os.path.splitext(self.name)[0]

    @property
    def suffix(self):
        return os.path.splitext(self.name)[1]

    @property
    def bucket(self):
        return self.path.partition("/")[0]

    @property
    def key(self):
        return self.path.partition("/")[2]

    def open(self, mode="r", **kwargs):
        return self._local.open(mode, **kwargs) if self._local else self.fs.open(self.path, mode, **kwargs)

    def exists(self):
        return self._local.exists() if self._local else self.fs.exists(self.path)

    def is_file(self):
        return self._local.is_file() if self._local else self.fs.isfile(self.path)

    def is_dir(self):
        return self._local.is_dir() if self._local else self.fs.isdir(self.path)

    def iterdir(self):
        names = self._local.iterdir() if self._local else self.fs.ls(self.path, detail=False)
        return (self._at(str(name)) for name in names)

    def glob(self, pattern):
        names = self._local.glob(pattern) if self._local else self.fs.glob(f"{self.path}/{pattern}")
        return (self._at(str(name)) for name in names)

    def mkdir(self, mode=0o777, parents=False, exist_ok=False, **kwargs):
        if self._local:
            self._local.mkdir(parents=parents, exist_ok=exist_ok)
        else:
            self.fs.makedirs(self.path, exist_ok=exist_ok)

    def unlink(self, missing_ok=False, **kwargs):
        if self._local:
            self._local.unlink(missing_ok=missing_ok)
        else:
            self.fs.rm(self.path)

    def read_text(self, **kwargs):
        with self.open("r", **kwargs) as file:
            return file.read()

    def write_text(self, text, **kwargs):
        with self.open("w", **kwargs) as file:
            return file.write(text)

    def read_bytes(self):
        with self.open("rb") as file:
            return file.read()

    def write_bytes(self, data):
        with self.open("wb") as file:
            return file.write(data)

    def __str__(self):
        user = f"{self.conn_id}@" if self.conn_id else ""
        return f"{self.protocol}://{user}{self.path}"

    __fspath__ = __str__

    def __repr__(self):
        return f"ObjectStoragePath({str(self)!r})"

    def __eq__(self, other):
        return isinstance(other, ObjectStoragePath) and str(self) == str(other)

    def __hash__(self):
        return hash(str(self))


def attach(*args, **kwargs):
    raise AirflowException("attaching stores under names is not done in Gale; give ObjectStoragePath the whole path")
