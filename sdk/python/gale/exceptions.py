"""Errors that DAG files raise, catch or cause. Names and parents are Airflow's."""


class AirflowException(Exception):
    """Root of everything that Gale raises about a DAG file or a task."""

    status_code = 500


class AirflowBadRequest(AirflowException):
    status_code = 400


class AirflowNotFoundException(AirflowException):
    status_code = 404


class AirflowConfigException(AirflowException):
    """A setting that does not exist or cannot be read."""


class AirflowSkipException(AirflowException):
    """Raised by a task to become skipped."""


class AirflowFailException(AirflowException):
    """Raised by a task to fail without further tries."""


class AirflowRescheduleException(AirflowException):
    """Raised by a sensor to be run again at `reschedule_date`."""

    def __init__(self, reschedule_date):
        super().__init__()
        self.reschedule_date = reschedule_date


class AirflowTimetableInvalid(AirflowException):
    """A schedule that Gale cannot read."""


class AirflowSensorTimeout(AirflowException):
    pass


class AirflowTaskTimeout(BaseException):
    """A task ran past its execution_timeout; not an Exception, so that `except Exception` misses it."""


class AirflowTaskTerminated(BaseException):
    pass


class AirflowDagCycleException(AirflowException):
    """The tasks of a DAG form a cycle."""


class AirflowDagDuplicatedIdException(AirflowException):
    """Two DAGs of one id."""


class DuplicateTaskIdFound(AirflowException):
    """Two tasks (or groups) of one id in one DAG."""


class TaskNotFound(AirflowNotFoundException):
    pass


class DagNotFound(AirflowNotFoundException):
    pass


class DagRunNotFound(AirflowNotFoundException):
    pass


class DagRunAlreadyExists(AirflowBadRequest):
    pass


class ParamValidationError(AirflowException):
    pass


class XComNotFound(AirflowException):
    pass


class RemovedInAirflow3Warning(DeprecationWarning):
    pass


class AirflowProviderDeprecationWarning(DeprecationWarning):
    pass


AirflowDeprecationWarning = AirflowProviderDeprecationWarning


class AirflowInternalRuntimeError(BaseException):
    pass


class AirflowOptionalProviderFeatureException(AirflowException):
    """A feature of a provider whose package is not installed."""


class AirflowClusterPolicyViolation(AirflowException):
    pass


class AirflowClusterPolicySkipDag(AirflowException):
    pass


class AirflowDagInconsistent(AirflowException):
    pass


class AirflowFileParseException(AirflowException):
    pass


class AirflowInactiveAssetInInletOrOutletException(AirflowException):
    pass


class BackfillUnfinished(AirflowException):
    pass


class ConnectionNotUnique(AirflowException):
    pass


class FailStopDagInvalidTriggerRule(AirflowException):
    pass


class ParamValidationWarning(Warning):
    pass


class PoolNotFound(AirflowNotFoundException):
    pass


class SerializationError(AirflowException):
    """A value that cannot be written down."""


class TaskAlreadyInTaskGroup(AirflowException):
    pass


class TaskDeferralTimeout(AirflowException):
    """A trigger did not fire in the time that it was given."""


class TaskDeferralError(AirflowException):
    """A trigger failed."""


class TaskInstanceNotFound(AirflowNotFoundException):
    pass


class UnmappableXComLengthPushed(AirflowException):
    pass


class UnmappableXComTypePushed(AirflowException):
    """A task that others are mapped over returned what has no elements."""


class VariableNotUnique(AirflowException):
    pass


class XComForMappingNotPushed(AirflowException):
    """A task that others are mapped over returned nothing."""


class DownstreamTasksSkipped(AirflowException):
    """Raised by branches: the task itself succeeds, `tasks` (ids) are skipped."""

    def __init__(self, *, tasks):
        super().__init__(f"skips {', '.join(map(str, tasks))}")
        self.tasks = tasks


class DagRunTriggerException(AirflowException):
    """Raised by TriggerDagRunOperator: the run to trigger, and what to wait for. Keywords become attributes."""

    def __init__(self, **wanted):
        super().__init__(f"triggers {wanted.get('trigger_dag_id')!r}")
        vars(self).update(wanted)


class TaskDeferred(BaseException):
    """Raised by self.defer(): goes on at `method_name` once `trigger` fires."""

    def __init__(self, *, trigger, method_name, kwargs=None, timeout=None):
        super().__init__()
        self.trigger = trigger
        self.method_name = method_name
        self.kwargs = kwargs
        self.timeout = timeout
