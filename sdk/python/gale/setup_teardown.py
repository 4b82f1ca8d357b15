"""`with setup_task:` and `with teardown_task:`: the tasks made inside stand between a setup and its teardowns."""

_open = []  # the scopes, innermost last


class _Scope:
    def __init__(self, task):
        self.task = task
        self.inside = []


def enter(task):
    """Begins the scope of a setup or a teardown; of a teardown, that of its setups."""
    _open.append(_Scope(task))


def made(task):
    """A task was made: it belongs to the innermost scope."""
    if _open and task.dag is _open[-1].task.dag:
        _open[-1].inside.append(task)


def forget(task):
    """It turned out to be a setup or teardown itself: it isn't the scope's work."""
    for scope in _open:
        scope.inside = [other for other in scope.inside if other is not task]


def leave(task):
    """Ends the scope: its first tasks go after the setups, its last before the teardowns."""
    scope = _open.pop()
    dag = scope.task.dag
    if scope.task.is_teardown:
        setups = [other for other in scope.task.upstream_list if other.is_setup]
        teardowns = [scope.task]
    else:
        setups = [scope.task]
        teardowns = [other for other in scope.task.downstream_list if other.is_teardown]
    inside = {other.task_id for other in scope.inside}
    for task_id in inside:
        work = dag.task_dict[task_id]
        if not work.upstream_task_ids & inside:
            for setup in setups:
                setup.set_downstream(work)
        if not work.downstream_task_ids & inside:
            for teardown in teardowns:
                work.set_downstream(teardown)


def reset():
    _open.clear()
