"""A task's weight by a class of the file's own."""

import types

from gale.exceptions import AirflowException


class PriorityWeightStrategy:
    """get_weight(ti) says it. Gale asks once, as the file is read, for the first try."""

    def get_weight(self, ti):
        raise NotImplementedError(f"{type(self).__name__} has no get_weight()")


def strategy_of(rule):
    """The strategy that a weight_rule names or is; None if it is one of the words."""
    if isinstance(rule, type) and issubclass(rule, PriorityWeightStrategy):
        return rule()
    if isinstance(rule, str) and "." in rule and not rule.startswith("."):
        from gale.helpers import import_string
        try:
            return import_string(rule)()
        except (ImportError, AttributeError, TypeError) as error:
            raise AirflowException(f"the weight_rule {rule!r} cannot be had: {error}") from None
    return rule if hasattr(rule, "get_weight") else None


def weight_of(strategy, task):
    return int(strategy.get_weight(types.SimpleNamespace(
        task=task, task_id=task.task_id, dag_id=task.dag_id, try_number=1, max_tries=task.retries, map_index=-1,
        priority_weight=task.priority_weight, queue=task.queue, pool=task.pool, run_id="", state=None)))
