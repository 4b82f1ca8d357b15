"""Notifiers: callbacks with templates, given as on_failure_callback= and its kin."""

import logging

from gale.exceptions import AirflowException


class BaseNotifier:
    template_fields = ()
    template_ext = ()

    def __init__(self, **kwargs):
        self.task = None

    @property
    def log(self):
        return logging.getLogger(f"airflow.task.{type(self).__module__}.{type(self).__name__}")

    def notify(self, context):
        raise NotImplementedError(f"{type(self).__name__} has no notify()")

    def render_template_fields(self, context, jinja_env=None):
        from gale.rendering import environment_of, render_value
        environment = jinja_env or environment_of(context.get("dag"))
        for name in self.template_fields:
            setattr(self, name, render_value(self, getattr(self, name, None), context, environment))

    def __call__(self, *args):
        # on_*_callback gives the context; sla_miss_callback gives five things.
        if not args:
            raise AirflowException(f"{type(self).__name__} is called with the context")
        context = args[0] if len(args) == 1 else dict(zip(("dag", "task_list", "blocking_task_list", "slas",
                                                           "blocking_tis"), args))
        self.render_template_fields(context)
        try:
            self.notify(context)
        except Exception:
            self.log.exception("the notifier failed")
