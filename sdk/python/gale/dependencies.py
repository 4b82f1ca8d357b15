"""`>>` and its relatives. Tasks, task groups and labels are nodes; every edge ends up between two tasks."""

from gale.exceptions import AirflowException


class Node:
    """Anything that can stand beside `>>`. Subclasses say which tasks begin and end them."""

    def first_tasks(self):
        raise NotImplementedError

    def last_tasks(self):
        raise NotImplementedError

    def set_downstream(self, other, edge_modifier=None):
        link(self, other, label_of(edge_modifier))

    def set_upstream(self, other, edge_modifier=None):
        link(other, self, label_of(edge_modifier))

    def __rshift__(self, other):
        self.set_downstream(other)
        return other

    def __lshift__(self, other):
        self.set_upstream(other)
        return other

    def __rrshift__(self, other):
        self.set_upstream(other)
        return self

    def __rlshift__(self, other):
        self.set_downstream(other)
        return self


class EdgeModifier(Node):
    """`a >> Label("ok") >> b`: an edge from a to b, which people see under that name. Of an edge that is named twice
    the last name counts, as in Airflow; between groups, each of the edges has it."""

    def __init__(self, label=None):
        self.label = label
        self._before = []
        self._after = []

    def set_downstream(self, other, edge_modifier=None):
        self._after.append(other)
        for before in self._before:
            link(before, other, self.label)

    def set_upstream(self, other, edge_modifier=None):
        self._before.append(other)
        for after in self._after:
            link(other, after, self.label)


def Label(label):  # noqa: N802 (the name is Airflow's)
    return EdgeModifier(label)


def label_of(edge_modifier):
    return getattr(edge_modifier, "label", None)


def _nodes(value):
    if isinstance(value, (list, tuple, set)):
        return [node for item in value for node in _nodes(item)]
    if not isinstance(value, Node):
        raise AirflowException(f"only tasks and task groups can be linked with >>, not {value!r} "
                               f"({type(value).__name__})")
    return [value]


def link(upstream, downstream, label=None):
    """Edges from the last tasks of each of `upstream` to the first tasks of each of `downstream`."""
    for before in _nodes(upstream):
        for after in _nodes(downstream):
            if isinstance(after, EdgeModifier):
                after.set_upstream(before)
            elif isinstance(before, EdgeModifier):
                before.set_downstream(after)
            else:
                for first in before.last_tasks():
                    for then in after.first_tasks():
                        _edge(first, then, label)


def _edge(before, after, label):
    dags = {id(task.dag): task.dag for task in (before, after) if task.dag is not None}
    if not dags:
        raise AirflowException(f"tasks {before.task_id!r} and {after.task_id!r} are in no DAG yet, "
                               "so they cannot be linked: give one of them dag=")
    if len(dags) > 1:
        raise AirflowException(
            f"tasks {before.task_id!r} and {after.task_id!r} are in two DAGs "
            f"({before.dag.dag_id!r} and {after.dag.dag_id!r}) and cannot be linked")
    dag = next(iter(dags.values()))
    for task in (before, after):
        if task.dag is None:
            dag.add_task(task)
    before.downstream_task_ids.add(after.task_id)
    after.upstream_task_ids.add(before.task_id)
    if label:
        dag.set_edge_info(before.task_id, after.task_id, {"label": label})


def chain(*tasks):
    """Links each item to the next; two lists side by side (of equal length) are linked pairwise."""
    for before, after in zip(tasks, tasks[1:]):
        if isinstance(before, (list, tuple)) and isinstance(after, (list, tuple)):
            if len(before) != len(after):
                raise AirflowException(f"chain() links lists pairwise, so they must be of one length: "
                                       f"got {len(before)} and {len(after)}")
            for one, other in zip(before, after):
                link(one, other)
        else:
            link(before, after)


def chain_linear(*elements):
    """Links all of each item to all of the next."""
    if not elements:
        raise ValueError("chain_linear() wants at least one task")
    for before, after in zip(elements, elements[1:]):
        link(before, after)


def cross_downstream(from_tasks, to_tasks):
    """Every task of the first list before every task of the second."""
    link(from_tasks, to_tasks)
