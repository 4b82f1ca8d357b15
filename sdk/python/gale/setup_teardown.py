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
    """Ends the scope: what nothing comes before goes after the setups, what nothing follows before the teardowns; if
    there is no such task, the first and the last one made, as in Airflow."""
    scope = _open.pop()
    dag = scope.task.dag
    if scope.task.is_teardown:
        setups = [other for other in scope.task.upstream_list if other.is_setup]
        teardowns = [scope.task]
    else:
        setups = [scope.task]
        teardowns = [other for other in scope.task.downstream_list if other.is_teardown]
    work = [dag.task_dict[other.task_id] for other in scope.inside]
    first = [other for other in work if not other.upstream_task_ids] or work[:1]
    last = [other for other in work if not other.downstream_task_ids] or work[-1:]
    for setup in setups:
        for other in first:
            setup.set_downstream(other)
    for teardown in teardowns:
        for other in last:
            other.set_downstream(teardown)


def reset():
    _open.clear()
