"""Answers `import airflow...` from the table in airflow_names.py, and says what Gale lacks."""

import dis
import importlib
import importlib.abc
import importlib.machinery
import os
import re
import sys
import types

from gale import profile
from gale.airflow_names import MODULES
from gale.moved_names import DROPPED, MOVED, successor

VERSION = "3.2.0"
_ADDED = {}  # by plugins: module -> {name: thing}
_examples = []  # the dags folder
_DROPPED_FROM = {path.partition(":")[0] for path in DROPPED}


def _lacks(what):
    module = what.split(":")[0]
    groups = "apache|microsoft|common|cncf|dbt|atlassian"  # of providers, whose names have two parts
    provider = re.match(rf"airflow\.providers\.(?!standard)(?:(?:{groups})\.)?\w+", module)
    if provider:
        package = provider[0].replace("airflow.providers.", "apache-airflow-providers-").replace(".", "-")
        hint = f": the provider package is not installed; pip install --no-deps {package}"
    else:
        hint = ""
    return ModuleNotFoundError(f"Gale does not support {what} yet{hint}", name=module)


def set_examples(folder):
    """Where Airflow's own examples find what they import from airflow.example_dags: the folder they were copied to."""
    _examples[:] = [folder]


def add_module(name, names):
    """Adds a module of plugins to what is answered: names -> things."""
    MODULES.setdefault(name, ("", {}))
    _ADDED.setdefault(name, {}).update(names)
    parent = name.rpartition(".")[0]
    if parent not in MODULES:
        MODULES[parent] = ("", {})


class AliasModule(types.ModuleType):
    """A module of the table. Names are looked up anew each time, so that each use tells the profile."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name in _ADDED.get(self.__name__, ()):
            return _ADDED[self.__name__][name]
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
        if child in MODULES or child in MOVED or self.__name__.startswith("airflow.providers"):
            try:  # `import airflow` and then airflow.utils.dates: submodules come when asked for
                return importlib.import_module(child)
            except ModuleNotFoundError as error:
                if error.name != child:
                    raise
        raise _lacks(f"{self.__name__}:{name}")

    def __setattr__(self, name, value):
        # `import airflow.decorators.task_group` must not hide the function of that name in airflow.decorators.
        if isinstance(value, types.ModuleType) and name in MODULES.get(self.__name__, ("", ()))[1]:
            return
        super().__setattr__(name, value)

    def __dir__(self):
        return sorted({*MODULES[self.__name__][1], *_ADDED.get(self.__name__, ())})


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """First in sys.meta_path: the table's modules."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname in _DROPPED_FROM:
            return _with_successors(importlib.machinery.PathFinder.find_spec(fullname, path))
        if fullname == "airflow" or fullname not in MODULES:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec):
        module = AliasModule(spec.name)
        # For `import *`, which must not fail for want of an optional package.
        module.__all__ = sorted(name for name, target in MODULES[spec.name][1].items()
                                if name != "dateutil" and not target.startswith(("gale.unavailable:", "airflow."))
                                or name == "version")
        return module

    def exec_module(self, module):
        if module.__name__ == "airflow.providers" or module.__name__.startswith("airflow.providers."):
            # Provider packages that are installed beside us stay importable.
            parts = module.__name__.split(".")
            folders = (os.path.join(entry, *parts) for entry in sys.path)
            module.__path__ = [folder for folder in folders if os.path.isdir(folder)]


def _with_successors(spec):
    """The spec of an installed provider's module, which then has the classes that the provider dropped as well."""
    if spec is None or not hasattr(spec.loader, "exec_module"):
        return spec
    execute = spec.loader.exec_module

    def exec_module(module):
        execute(module)

        def missing(name):
            found = None if name.startswith("__") else successor(f"{module.__name__}:{name}")
            if found is None:
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            return found
        vars(module).setdefault("__getattr__", missing)
    spec.loader.exec_module = exec_module
    return spec


class _MovedModule(types.ModuleType):
    """A module whose classes are a provider's today."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        target = MOVED.get(self.__name__, self.__name__)
        profile.touch("1.10" if ".contrib" in self.__name__ or self.__name__ in MOVED else "")
        try:
            found = successor(f"{target}:{name}")
        except ModuleNotFoundError as error:
            if error.name and not error.name.startswith("airflow."):
                raise  # of another package that the provider wants
            raise _lacks(DROPPED[f"{target}:{name}"][0]) from None
        if found is not None:
            return found
        if target == self.__name__:  # all that it had was dropped
            raise _lacks(f"{target}:{name}")
        try:
            module = importlib.import_module(target)
        except ModuleNotFoundError as error:
            if error.name and not target.startswith(error.name):
                raise
            raise _lacks(f"{target}:{name}") from None
        except AttributeError as error:  # which would say that this module lacks the name
            raise ImportError(f"{target} can't be imported: {error}") from error
        return getattr(module, name)


class _Moved(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Behind what is installed, before the refusal: old modules of providers."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname in ("airflow.example_dags", "airflow.contrib.example_dags") and _examples:
            spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)  # Airflow's examples, copied here
            spec.submodule_search_locations = list(_examples)
            return spec
        if fullname in MOVED or fullname in _DROPPED_FROM:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        parents = {name.rpartition(".")[0] for name in (*MOVED, *_DROPPED_FROM)}
        if any((parent + ".").startswith(fullname + ".") for parent in parents) and fullname not in MODULES \
                and fullname != "airflow":
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec):
        module = _MovedModule(spec.name)
        module.__all__ = []
        return module

    def exec_module(self, module):
        pass


class _Refuser(importlib.abc.MetaPathFinder):
    """Last in sys.meta_path: whatever of airflow nobody has."""

    def find_spec(self, fullname, path=None, target=None):
        if not fullname.startswith("airflow.") or fullname.startswith(("airflow.example_dags.",
                                                                       "airflow.contrib.example_dags.")):
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
        sys.meta_path.extend((_Moved(), _Refuser()))
