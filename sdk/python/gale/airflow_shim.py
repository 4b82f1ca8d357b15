"""Answers `import airflow...` from the table in airflow_names.py, and says what Gale lacks."""

import dis
import importlib
import importlib.abc
import importlib.machinery
import os
import sys
import types

from gale import profile
from gale.airflow_names import MODULES

VERSION = "3.2.0"


def _lacks(what):
    return ModuleNotFoundError(f"Gale does not support {what} yet", name=what.split(":")[0])


class AliasModule(types.ModuleType):
    """A module of the table. Names are looked up anew each time, so that each use tells the profile."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        era, names = MODULES[self.__name__]
        target = names.get(name)
        if target is not None:
            profile.touch(era)
            module, attribute = target.split(":")
            module = importlib.import_module(module)
            if not hasattr(module, attribute):  # a submodule of gale
                importlib.import_module(f"{module.__name__}.{attribute}")
            return getattr(module, attribute)
        child = f"{self.__name__}.{name}"
        if child in MODULES or self.__name__.startswith("airflow.providers"):
            try:  # `import airflow` and then airflow.utils.dates: submodules come when asked for
                return importlib.import_module(child)
            except ModuleNotFoundError as error:
                if error.name != child:
                    raise
        raise _lacks(f"{self.__name__}:{name}")

    def __dir__(self):
        return sorted(MODULES[self.__name__][1])


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """First in sys.meta_path: the table's modules."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname == "airflow" or fullname not in MODULES:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec):
        module = AliasModule(spec.name)
        # For `import *`, which must not fail for want of an optional package.
        module.__all__ = sorted(set(MODULES[spec.name][1]) - {"dateutil"})
        return module

    def exec_module(self, module):
        if module.__name__ == "airflow.providers" or module.__name__.startswith("airflow.providers."):
            # Provider packages that are installed beside us stay importable.
            parts = module.__name__.split(".")
            folders = (os.path.join(entry, *parts) for entry in sys.path)
            module.__path__ = [folder for folder in folders if os.path.isdir(folder)]


class _Refuser(importlib.abc.MetaPathFinder):
    """Last in sys.meta_path: whatever of airflow nobody has."""

    def find_spec(self, fullname, path=None, target=None):
        if not fullname.startswith("airflow."):
            return None
        module, names = _import_statement(fullname)
        error = _lacks(", ".join(f"{module}:{name}" for name in names) or module)
        error.name = fullname
        raise error


def _import_statement(fullname):
    """(module, names) of the import statement that is being executed; (fullname, ()) if it is none."""
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if "importlib" not in code.co_filename and code.co_filename != __file__:
            previous = None
            for instruction in dis.get_instructions(code):
                if instruction.offset == frame.f_lasti and instruction.opname == "IMPORT_NAME":
                    names = previous.argval if isinstance(previous.argval, tuple) else ()
                    wanted = instruction.argval
                    return (wanted, names) if (wanted + ".").startswith(fullname + ".") else (fullname, ())
                if instruction.offset > frame.f_lasti:
                    break
                if instruction.opname != "EXTENDED_ARG":
                    previous = instruction
            return fullname, ()
        frame = frame.f_back
    return fullname, ()


def install(package):
    """Makes `package` (sdk/python/airflow) answer for all of `airflow`."""
    package.__class__ = AliasModule
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
        sys.meta_path.append(_Refuser())
