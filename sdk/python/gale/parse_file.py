"""One DAG file, or a zip package of them -> its DagSpecs. Runs the file, so it belongs in a process that may die (see
parse_server)."""

import hashlib
import importlib
import importlib.machinery
import importlib.util
import os
import re
import sys
import traceback
import zipfile
import zlib

from gale import airflow_shim, context, missing, neighbours, plugins, profile
from gale.dag import DAG
from gale.serialize import serialize_dag, warnings_of

FRAMES_MAX = 20                 # of a traceback, innermost kept
ERROR_CHARS_MAX = 16 << 10
MODULE_PREFIX = "unusual_prefix_"  # so that a file named like a library does not shadow it

imported = {}  # path -> what run_file said of it, in a process that was forked after that (see template_process)


def might_hold_dags(text):
    """Safe mode: whether a file's bytes speak of DAGs at all."""
    lowered = text.lower()
    return b"dag" in lowered and (b"airflow" in lowered or b"gale" in lowered)


def extend_path(path, dags_folder):
    """Puts the folders that DAG files import from on sys.path, behind everything else."""
    folders = [os.path.dirname(path)]
    if dags_folder:
        parent = os.path.dirname(os.path.abspath(dags_folder))
        folders += [dags_folder, os.path.join(dags_folder, "plugins"), os.path.join(dags_folder, "config"),
                    os.path.join(parent, "plugins"), os.path.join(parent, "config")]
    sys.path.extend(folder for folder in dict.fromkeys(folders) if folder not in sys.path and os.path.isdir(folder))
    airflow_shim.set_examples(dags_folder or os.path.dirname(path))
    neighbours.provide(dags_folder or os.path.dirname(path))
    for folder in dict.fromkeys(folders):
        if os.path.basename(folder) == "plugins":
            plugins.load_folder(folder)


def is_package(path):
    """Whether it is a zip with modules: those at its top may hold DAGs, and import whatever else is in it."""
    return path.endswith(".zip") and zipfile.is_zipfile(path)


def sources(path):
    """(module name, bytes) of a package's modules at its top, or of the one file: ("", bytes). OSError, BadZipFile."""
    if not is_package(path):
        if path.endswith(".zip"):
            return []
        with open(path, "rb") as file:
            return [("", file.read())]
    with zipfile.ZipFile(path) as package:
        names = [os.path.splitext(info.filename) for info in package.infolist()]
        return [(name, package.read(name + extension)) for name, extension in names
                if extension in (".py", ".pyc") and "/" not in name and name != "__init__"]


def dags_of(path):
    """As run_file, which isn't run a second time in a process that was forked from one that did."""
    return imported.get(path) or run_file(path)


def run_file(path):
    """Executes the file, or the modules of a package that speak of DAGs: (DAGs, errors).

    The DAGs by dag_id; of two with one id neither is there, but an error is. Raises whatever the file raises; of a
    package's modules one that raises is an error beside the others' DAGs.
    """
    profile.reset()
    context.reset()
    found, errors = [], []
    if is_package(path):
        sys.path.insert(0, path)
        for name in (name for name, text in sources(path) if might_hold_dags(text)):
            sys.modules.pop(name, None)  # it may be called like one that is here already
            try:
                module = importlib.import_module(name)
            except BaseException as error:
                errors.append(_failure(f"{path}/{name}.py", error))
                continue
            found += _dags_of(module, module.__file__)
    else:
        found += _dags_of(_run_module(path), path)
    by_id, twice = {}, set()
    for dag in found:
        if by_id.setdefault(dag.dag_id, dag) is not dag:
            twice.add(dag.dag_id)
        dag.fileloc = path
    return [by_id[dag_id] for dag_id in sorted(by_id) if dag_id not in twice], \
        errors + [f"{path}: two DAGs have the dag_id {dag_id!r}" for dag_id in sorted(twice)]


def _run_module(path):
    stem = re.sub(r"\W", "_", os.path.splitext(os.path.basename(path))[0])
    name = f"{MODULE_PREFIX}{hashlib.sha1(os.fsencode(path)).hexdigest()}_{stem}"
    loader = importlib.machinery.SourceFileLoader(name, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_file_location(name, path, loader=loader))
    sys.modules[name] = module
    # Never from bytecode: its cache tells versions apart by size and whole seconds only.
    exec(loader.source_to_code(loader.get_data(path), path), vars(module))
    return module


def _dags_of(module, filename):
    # Whatever was made by a module that the file imports, at that module's own top level, is that file's.
    found = [dag for dag in context.registered if not dag.made_at_module_level or dag.fileloc == filename]
    return found + [value for value in vars(module).values() if isinstance(value, DAG)]


def parse_file(path, dags_folder=""):
    """(specs, error, warnings). With an error the specs are those of the file's DAGs that are good."""
    try:
        texts = sources(path)
    except OSError as error:
        return [], f"cannot read {path}: {error.strerror}", []
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error) as error:  # damaged, encrypted
        return [], f"cannot read {path}: {error}", []
    if not any(might_hold_dags(text) for _, text in texts):
        return [], "", []
    extend_path(path, dags_folder)
    if dags_folder:
        os.environ["GALE_DAGS_FOLDER"] = dags_folder  # what conf.get("core", "dags_folder") says
    try:
        dags, errors = run_file(path)
    except BaseException as error:  # whatever a file may do, it is reported, not suffered
        return [], _failure(path, error), []
    specs, warnings = [], [f"{partial.what} was never mapped: it makes no task"
                           for partial in context.partials if partial.never_mapped]
    for dag in dags:
        try:
            specs.append(serialize_dag(dag))
            warnings += [f"DAG {dag.dag_id!r}: {line}" for line in warnings_of(dag)]
        except Exception as error:
            errors.append(f"{path}: {error}" if str(error) else users_traceback(error))
    return specs, "\n".join(errors), warnings


def _failure(path, error):
    if isinstance(error, SystemExit):
        return f"{path}: the file called sys.exit({'' if error.code is None else repr(error.code)}) while it " \
            "was imported\n" + users_traceback(error)
    return users_traceback(error)


def users_traceback(error):
    """The traceback as text, without the SDK's and the import system's frames; and what installs a missing package."""
    report = traceback.TracebackException.from_exception(error, lookup_lines=True)
    seen, queue = set(), [report]
    while queue:
        part = queue.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        frames = [frame for frame in part.stack
                  if not context.is_own_file(frame.filename) and "<frozen importlib" not in frame.filename]
        part.stack = traceback.StackSummary.from_list(frames[-FRAMES_MAX:])
        queue += [part.__cause__, part.__context__]
    text = "".join(report.format()).rstrip()
    text = text if len(text) <= ERROR_CHARS_MAX else "... " + text[-ERROR_CHARS_MAX:]
    installs = missing.advice(error)
    return f"{text}\n{installs}" if installs else text
