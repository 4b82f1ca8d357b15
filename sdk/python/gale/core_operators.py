"""Operators of Airflow's standard provider beside Bash and Python."""

import datetime as dt
import email.mime.application
import email.mime.multipart
import email.mime.text
import email.utils
import os
import smtplib

from gale import timezone
from gale.configuration import conf
from gale.exceptions import AirflowException, DagRunTriggerException
from gale.operator import BaseOperator
from gale.operators import EmptyOperator
from gale.python_operators import BaseBranchOperator
from gale.weekday import WeekDay


class LatestOnlyOperator(BaseBranchOperator):
    """Skips what follows directly, unless the run is the newest interval's or was made by hand."""

    ui_color = "#e9ffdb"

    def choose_branch(self, context):
        run = context["dag_run"]
        if str(run.run_type) == "manual" or getattr(run, "external_trigger", False):
            return list(self.downstream_task_ids)
        start, end = context.get("data_interval_start"), context.get("data_interval_end")
        if start is None or end is None:
            return list(self.downstream_task_ids)
        length = end - start
        now = timezone.utcnow()
        # Of a schedule whose intervals have no length: until the next one of the same distance is unknown, newest.
        newest = now <= end + length if length else True
        return list(self.downstream_task_ids) if newest else []


class TriggerDagRunOperator(BaseOperator):
    """Makes a run of another DAG, and may wait for its end."""

    template_fields = ("trigger_dag_id", "trigger_run_id", "logical_date", "conf", "wait_for_completion",
                       "skip_when_already_exists")
    template_fields_renderers = {"conf": "py"}
    ui_color = "#ffefeb"

    def __init__(self, *, trigger_dag_id, trigger_run_id=None, conf=None, logical_date=None, execution_date=None,
                 reset_dag_run=False, wait_for_completion=False, poke_interval=60, allowed_states=None,
                 failed_states=None, skip_when_already_exists=False, fail_when_dag_is_paused=False, deferrable=False,
                 python_callable=None, openlineage_inject_parent_info=True, run_after=None, note=None, **kwargs):
        super().__init__(**kwargs)
        self.trigger_dag_id = trigger_dag_id
        self.trigger_run_id = trigger_run_id
        self.conf = conf
        logical_date = execution_date if logical_date is None else logical_date
        if logical_date is not None and not isinstance(logical_date, (str, dt.datetime)):
            raise TypeError(f"task {self.task_id!r}: logical_date must be a text or a datetime, not {logical_date!r}")
        self.logical_date = logical_date
        self.reset_dag_run = reset_dag_run
        self.wait_for_completion = wait_for_completion
        self.poke_interval = poke_interval
        self.allowed_states = [str(state) for state in allowed_states or ["success"]]
        self.failed_states = [str(state) for state in (["failed"] if failed_states is None else failed_states)]
        self.skip_when_already_exists = skip_when_already_exists
        self.fail_when_dag_is_paused = fail_when_dag_is_paused
        self.python_callable = python_callable  # 1.10's: makes or refuses the run
        self.note = note

    execution_date = property(lambda self: self.logical_date)

    def execute(self, context):
        conf = self._conf(context)
        if conf is False:
            return
        when = self.logical_date
        if isinstance(when, str):
            when = timezone.parse(when)
        raise DagRunTriggerException(
            trigger_dag_id=self.trigger_dag_id, dag_run_id=self.trigger_run_id or _run_id(when), conf=conf,
            logical_date=when, reset_dag_run=self.reset_dag_run, note=self.note,
            skip_when_already_exists=self.skip_when_already_exists, wait_for_completion=self.wait_for_completion,
            allowed_states=self.allowed_states, failed_states=self.failed_states, poke_interval=self.poke_interval)

    def _conf(self, context):
        if self.python_callable is None:
            return self.conf
        order = type("DagRunOrder", (), {"run_id": None, "payload": self.conf})()
        order = self.python_callable(context, order)
        if order is None:
            self.log.info("no run is triggered: the function returned nothing")
            return False
        self.trigger_run_id = order.run_id or self.trigger_run_id
        return order.payload


def _run_id(when):
    return f"manual__{(when or timezone.utcnow()).isoformat()}"


class BranchDateTimeOperator(BaseBranchOperator):
    """Follows one side between two times (or times of day), the other outside of them."""

    def __init__(self, *, follow_task_ids_if_true, follow_task_ids_if_false, target_lower, target_upper,
                 use_task_logical_date=False, use_task_execution_date=False, **kwargs):
        super().__init__(**kwargs)
        if target_lower is None and target_upper is None:
            raise AirflowException(f"task {self.task_id!r}: give target_lower, target_upper or both")
        self.target_lower = target_lower
        self.target_upper = target_upper
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false
        self.use_task_logical_date = use_task_logical_date or use_task_execution_date

    def choose_branch(self, context):
        now = context["logical_date"] if self.use_task_logical_date else timezone.utcnow()
        now = timezone.convert_to_utc(now).replace(tzinfo=None)

        def target(value):
            if isinstance(value, dt.datetime):
                return timezone.convert_to_utc(value).replace(tzinfo=None)
            return dt.datetime.combine(now.date(), value.replace(tzinfo=None)) if value is not None else None
        lower, upper = target(self.target_lower), target(self.target_upper)
        if isinstance(self.target_lower, dt.time) and isinstance(self.target_upper, dt.time) and upper < lower:
            upper += dt.timedelta(days=1)
        inside = (upper is None or now <= upper) and (lower is None or now >= lower)
        return self.follow_task_ids_if_true if inside else self.follow_task_ids_if_false


class BranchDayOfWeekOperator(BaseBranchOperator):
    def __init__(self, *, follow_task_ids_if_true, follow_task_ids_if_false, week_day, use_task_logical_date=False,
                 use_task_execution_day=False, **kwargs):
        super().__init__(**kwargs)
        self.follow_task_ids_if_true = follow_task_ids_if_true
        self.follow_task_ids_if_false = follow_task_ids_if_false
        self.week_day = week_day
        self._days = WeekDay.validate_week_day(week_day)
        self.use_task_logical_date = use_task_logical_date or use_task_execution_day

    def choose_branch(self, context):
        now = context["logical_date"] if self.use_task_logical_date else timezone.utcnow()
        return self.follow_task_ids_if_true if now.isoweekday() in self._days else self.follow_task_ids_if_false


class EmailOperator(BaseOperator):
    """Sends a mail by SMTP, as [smtp] or the connection `conn_id` says."""

    template_fields = ("to", "subject", "html_content", "files")
    template_ext = (".html",)
    ui_color = "#e6faf9"

    def __init__(self, *, to, subject, html_content="", files=None, cc=None, bcc=None, mime_subtype="mixed",
                 mime_charset="utf-8", conn_id=None, custom_headers=None, from_email=None, **kwargs):
        super().__init__(**kwargs)
        self.to, self.subject, self.html_content = to, subject, html_content
        self.files = files or []
        self.cc, self.bcc = cc, bcc
        self.mime_subtype, self.mime_charset = mime_subtype, mime_charset
        self.conn_id = conn_id
        self.custom_headers = custom_headers or {}
        self.from_email = from_email

    def execute(self, context):
        send_email(self.to, self.subject, self.html_content, files=self.files, cc=self.cc, bcc=self.bcc,
                   mime_subtype=self.mime_subtype, mime_charset=self.mime_charset, conn_id=self.conn_id,
                   custom_headers=self.custom_headers, from_email=self.from_email)


def get_email_address_list(addresses):
    if addresses is None:
        return []
    parts = addresses.replace(";", ",").split(",") if isinstance(addresses, str) else addresses
    return [part.strip() for part in parts if part.strip()]


def send_email(to, subject, html_content, files=None, dryrun=False, cc=None, bcc=None, mime_subtype="mixed",
               mime_charset="utf-8", conn_id=None, custom_headers=None, from_email=None, **kwargs):
    """Sends a mail, by the server that [smtp] or a connection names."""
    message = email.mime.multipart.MIMEMultipart(mime_subtype)
    sender = from_email or conf.get("smtp", "smtp_mail_from", fallback="gale@localhost")
    receivers = {"To": get_email_address_list(to), "CC": get_email_address_list(cc)}
    message["Subject"], message["From"] = subject, sender
    for name, addresses in receivers.items():
        if addresses:
            message[name] = ", ".join(addresses)
    message["Date"] = email.utils.formatdate(localtime=True)
    for name, value in (custom_headers or {}).items():
        message[name] = value
    message.attach(email.mime.text.MIMEText(html_content, "html", mime_charset))
    for path in files or ():
        with open(path, "rb") as file:
            part = email.mime.application.MIMEApplication(file.read(), Name=os.path.basename(path))
        part["Content-Disposition"] = f'attachment; filename="{os.path.basename(path)}"'
        message.attach(part)
    everybody = [*receivers["To"], *receivers["CC"], *get_email_address_list(bcc)]
    if not everybody:
        raise AirflowException("a mail wants at least one receiver")
    if not dryrun:
        _deliver(sender, everybody, message, conn_id)


def _deliver(sender, receivers, message, conn_id):
    host, port = conf.get("smtp", "smtp_host", fallback="localhost"), conf.getint("smtp", "smtp_port", fallback=25)
    login = conf.get("smtp", "smtp_user", fallback=None)
    password = conf.get("smtp", "smtp_password", fallback=None)
    if conn_id:
        from gale.connection import Connection
        connection = Connection.get(conn_id)
        host, port = connection.host or host, connection.port or port
        login, password = connection.login or login, connection.password or password
    secure = conf.getboolean("smtp", "smtp_ssl", fallback=False)
    timeout = conf.getint("smtp", "smtp_timeout", fallback=30)
    try:
        with (smtplib.SMTP_SSL if secure else smtplib.SMTP)(host, port, timeout=timeout) as server:
            if not secure and conf.getboolean("smtp", "smtp_starttls", fallback=False):
                server.starttls()
            if login and password:
                server.login(login, password)
            server.sendmail(sender, receivers, message.as_string())
    except (OSError, smtplib.SMTPException) as error:
        raise AirflowException(f"the mail can't be sent by {host}:{port} ([smtp] smtp_host, smtp_port): {error}") \
            from error


class SubDagOperator:
    """A subdag becomes a task group of the DAG: its tasks are the group's, in its order."""

    def __new__(cls, *, subdag, task_id=None, dag=None, session=None, conf=None, propagate_skipped_state=None,
                **kwargs):
        from gale.subdag import into_group
        return into_group(subdag, task_id, dag, kwargs)


class ExternalTaskMarker(EmptyOperator):
    """Says that tasks of another DAG hang on this one; clearing goes no further in Gale."""

    template_fields = ("external_dag_id", "external_task_id", "logical_date")

    def __init__(self, *, external_dag_id, external_task_id, logical_date="{{ logical_date.isoformat() }}",
                 execution_date=None, recursion_depth=10, **kwargs):
        super().__init__(**kwargs)
        self.external_dag_id, self.external_task_id = external_dag_id, external_task_id
        self.logical_date = execution_date or logical_date


class HITLOperator(BaseOperator):
    """Asks a person; Gale can't yet, so a task of this kind fails when it runs."""

    template_fields = ("subject", "body")

    def __init__(self, *, subject, options=("OK",), body=None, defaults=None, multiple=False, params=None,
                 notifiers=None, assigned_users=None, response_timeout=None, fail_on_reject=False,
                 ignore_downstream_trigger_rules=False, options_mapping=None, respondents=None, **kwargs):
        super().__init__(**kwargs)
        self.subject, self.body, self.options, self.defaults = subject, body, list(options), defaults
        self.multiple, self.notifiers = multiple, notifiers
        self.assigned_users, self.options_mapping = assigned_users, options_mapping

    def execute(self, context):
        raise AirflowException(f"Gale has no way yet to ask a person, as {type(self).__name__} does")


class ApprovalOperator(HITLOperator):
    def __init__(self, *, options=("Approve", "Reject"), **kwargs):
        super().__init__(options=options, **kwargs)


class HITLBranchOperator(HITLOperator):
    pass


class HITLEntryOperator(HITLOperator):
    pass


class GenericTransfer(BaseOperator):
    """Rows of one database into another, through their hooks."""

    template_fields = ("sql", "destination_table", "preoperator", "insert_args")
    template_ext = (".sql", ".hql")

    def __init__(self, *, sql, destination_table, source_conn_id, destination_conn_id, source_hook_params=None,
                 destination_hook_params=None, preoperator=None, insert_args=None, **kwargs):
        super().__init__(**kwargs)
        self.sql, self.destination_table = sql, destination_table
        self.source_conn_id, self.destination_conn_id = source_conn_id, destination_conn_id
        self.source_hook_params, self.destination_hook_params = source_hook_params, destination_hook_params
        self.preoperator, self.insert_args = preoperator, insert_args or {}

    def execute(self, context):
        from gale.hooks import BaseHook
        source = BaseHook.get_hook(self.source_conn_id, self.source_hook_params)
        target = BaseHook.get_hook(self.destination_conn_id, self.destination_hook_params)
        rows = source.get_records(self.sql)
        if self.preoperator:
            target.run(self.preoperator)
        target.insert_rows(table=self.destination_table, rows=rows, **self.insert_args)
