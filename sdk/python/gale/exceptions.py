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
