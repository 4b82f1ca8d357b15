"""TaskGroup: tasks that are shown, named and linked together."""

from gale import context
from gale.dependencies import Node
from gale.exceptions import AirflowException, DuplicateTaskIdFound
from gale.operator import check_id


class TaskGroup(Node):
    """`with TaskGroup("g"):` prefixes its tasks' ids with "g."; `>>` links its first or last tasks."""

    def __init__(self, group_id=None, prefix_group_id=True, parent_group=None, dag=None, default_args=None,
                 tooltip="", ui_color="CornflowerBlue", ui_fgcolor="#000", add_suffix_on_collision=False,
                 group_display_name="", on_failure_callback=None, prefix=None, **kwargs):
        self.dag = dag or (parent_group.dag if parent_group else None) or context.current_dag()
        if self.dag is None:
            raise AirflowException(f"task group {group_id!r} is in no DAG: make it inside `with DAG(...)`")
        check_id("group_id", group_id)
        self.parent_group = parent_group or context.current_group(self.dag)
        self.prefix_group_id = prefix_group_id
        self.default_args = dict(default_args or {})
        self.tooltip = tooltip
        self.group_display_name = group_display_name
        self.expand_input = None  # of a mapped group: group_decorator.py
        self.children = []
        wanted = self.parent_group.child_id(group_id) if self.parent_group else group_id
        self.group_id = wanted
        number = 0
        while self.dag.is_id_used(self.group_id):
            if not add_suffix_on_collision:
                raise DuplicateTaskIdFound(f"group_id {wanted!r} is already used in DAG {self.dag.dag_id!r}")
            number += 1
            self.group_id = f"{wanted}__{number}"
        self.dag.task_group_dict[self.group_id] = self
        if self.parent_group:
            self.parent_group.children.append(self)

    def child_id(self, label):
        """The full id of a task or group named `label` in this group."""
        return f"{self.group_id}.{label}" if self.prefix_group_id else label

    def default_args_chain(self):
        """default_args from the outermost group to this one."""
        return (self.parent_group.default_args_chain() if self.parent_group else []) + [self.default_args]

    def tasks(self):
        """All tasks in it and in its groups."""
        return [task for child in self.children
                for task in (child.tasks() if isinstance(child, TaskGroup) else [child])]

    def first_tasks(self):
        tasks = self.tasks()
        inside = {task.task_id for task in tasks}
        return [task for task in tasks if not task.upstream_task_ids & inside]

    def last_tasks(self):
        # A teardown is not waited for by what follows the group, as in Airflow.
        tasks = [task for task in self.tasks() if not task.is_teardown]
        inside = {task.task_id for task in tasks}
        return [task for task in tasks if not task.downstream_task_ids & inside]

    get_roots = first_tasks
    get_leaves = last_tasks

    @property
    def roots(self):
        return self.first_tasks()

    @property
    def leaves(self):
        return self.last_tasks()

    @property
    def label(self):
        return self.group_id.rpartition(".")[2]

    node_id = property(lambda self: self.group_id)

    def add(self, task):
        """Puts a task that was made elsewhere into the group."""
        if task.task_group is not self:
            task.task_group = self
            self.children.append(task)

    def get_child_by_label(self, label):
        return next(child for child in self.children if child.label == label)

    def iter_tasks(self):
        return iter(self.tasks())

    def mapped_parents(self):
        """The mapped groups that it is in or is, outermost first."""
        return (self.parent_group.mapped_parents() if self.parent_group else []) \
            + ([self] if self.expand_input is not None else [])

    def __enter__(self):
        context.push_group(self)
        return self

    def __exit__(self, *exc_info):
        context.pop_group()

    def __repr__(self):
        return f"<TaskGroup: {self.group_id}>"
