"""A subdag's tasks as a task group of the DAG that it is in."""

from gale import context
from gale.exceptions import AirflowException
from gale.task_group import TaskGroup


def into_group(subdag, task_id, dag, kwargs):
    """The group, named as the operator would be; `subdag` is left empty."""
    dag = dag or (kwargs.get("task_group").dag if kwargs.get("task_group") else None) or context.current_dag()
    if dag is None:
        raise AirflowException(f"SubDagOperator {task_id!r} is in no DAG: give it dag=")
    task_id = task_id or subdag.dag_id.rpartition(".")[2]
    if subdag.dag_id != f"{dag.dag_id}.{task_id}":
        raise AirflowException(f"the subdag's dag_id must be {dag.dag_id + '.' + task_id!r}, not {subdag.dag_id!r}")
    group = TaskGroup(task_id, dag=dag, parent_group=kwargs.get("task_group"))
    new_ids = {}
    for task in subdag.tasks:
        new_ids[task.task_id] = group.child_id(task.task_id)
    groups = {}
    for inner in subdag.task_group_dict.values():
        parent = groups.get(id(inner.parent_group), group)
        groups[id(inner)] = TaskGroup(inner.group_id.rpartition(".")[2], dag=dag, parent_group=parent,
                                      prefix_group_id=inner.prefix_group_id, tooltip=inner.tooltip)
    for task in subdag.tasks:
        task.dag = None
        task.task_group = groups.get(id(task.task_group), group)
        task.task_id = new_ids[task.task_id]
        task.upstream_task_ids = {new_ids[other] for other in task.upstream_task_ids}
        task.downstream_task_ids = {new_ids[other] for other in task.downstream_task_ids}
    tasks, subdag.task_dict = subdag.tasks, {}
    subdag.auto_register = False
    context.registered[:] = [other for other in context.registered if other is not subdag]
    subdag.is_subdag = True
    for task in tasks:
        dag.add_task(task)
    return group
