"""Modules beside the dags folder: `from plugins.x import y`, `from my_project.common import z`.

In Airflow such imports work because the project's folder is on PYTHONPATH, as most installations have it. Here they
are looked for once nothing else has them: in the folders above the dags folder, a few levels up, and only for files
of that tree, so that no library meets a stranger of its name.
"""

import importlib.abc
import importlib.machinery
import os
import sys
import tempfile

LEVELS_MAX = 4
BESIDE = ("", "src", "plugins", "include")


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, top, folders):
        self._top = top
        self._folders = folders

    def find_spec(self, fullname, path=None, target=None):
        asker = self._asker() if path is None else ""
        if not asker.startswith(self._top + os.sep):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, self._folders)
        if spec is not None and spec.origin == asker:  # a file that is called like the library that it wraps
            return None
        if spec is not None and spec.origin is None and not self._holds_code(spec):
            return None
        return spec

    @staticmethod
    def _asker():
        """The file whose import statement is being executed."""
        frame = sys._getframe(1)
        while frame is not None:
            filename = frame.f_code.co_filename
            if filename != __file__ and "importlib" not in filename:
                return filename
            frame = frame.f_back
        return ""

    @staticmethod
    def _holds_code(spec):
        """Of a folder without __init__.py: whether it has modules, at most two levels down."""
        for folder in spec.submodule_search_locations or ():
            for root, folders, names in os.walk(folder):
                if any(name.endswith(".py") for name in names):
                    return True
                if os.path.relpath(root, folder).count(os.sep) >= 1:
                    folders.clear()
        return False


def provide(dags_folder):
    """Makes them importable; the last of all finders but the one that refuses."""
    forget()
    folder = os.path.abspath(dags_folder)
    stops = {os.path.expanduser("~"), tempfile.gettempdir(), "/"}
    found, top = [], folder
    for _ in range(LEVELS_MAX):
        parent = os.path.dirname(top)
        if parent in stops or top in stops:
            break
        top = parent
        found.append(top)
        if os.path.exists(os.path.join(top, ".git")):
            break
    folders = [os.path.join(level, beside) if beside else level for level in found for beside in BESIDE]
    if found:
        sys.meta_path.append(_Finder(top, [each for each in folders if os.path.isdir(each)]))


def forget():
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)]
