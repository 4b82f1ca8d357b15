"""What is open while a DAG file runs: the current DAG and group, and the DAGs made so far."""

import contextlib
import os
import sys

PACKAGE_DIR = os.path.dirname(os.path.abspath(__file__))
SDK_DIR = os.path.dirname(PACKAGE_DIR)
_OWN_PREFIXES = (PACKAGE_DIR + os.sep, os.path.join(SDK_DIR, "airflow") + os.sep)

_dags = []       # the `with DAG` blocks that are open, innermost last
_groups = []     # TaskGroups likewise
_aside = False   # within aside()
partials = []    # made by Operator.partial(...)
registered = []  # DAGs whose `with` block or @dag call has ended, in that order


def is_own_file(filename):
    """Whether a frame's file is the SDK's, not the user's."""
    return filename.startswith(_OWN_PREFIXES)


def current_dag():
    return _dags[-1] if _dags else None


def current_group(dag):
    """The innermost open group of `dag`, or None."""
    return next((group for group in reversed(_groups) if group.dag is dag), None)


def push_dag(dag):
    _dags.append(dag)


def pop_dag():
    dag = _dags.pop()
    if dag.auto_register and not any(dag is known for known in registered):
        registered.append(dag)


@contextlib.contextmanager
def aside():
    """Within it no DAG and no group is open: what is made belongs to none, and results it holds make no edges."""
    global _aside
    dags, groups, before, _aside = _dags[:], _groups[:], _aside, True
    _dags.clear()
    _groups.clear()
    try:
        yield
    finally:
        _dags[:], _groups[:], _aside = dags, groups, before


def is_aside():
    return _aside


def push_group(group):
    _groups.append(group)


def pop_group():
    _groups.pop()


def users_frame():
    """The nearest frame that is not the SDK's: where the user's file called."""
    frame = sys._getframe(1)
    while frame.f_back is not None and is_own_file(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def reset():
    """Forgets everything: for tests, which parse many files in one process."""
    for stack in (_dags, _groups, partials, registered):
        stack.clear()
