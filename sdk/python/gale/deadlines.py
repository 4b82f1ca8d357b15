"""Deadline alerts: read and kept."""


class _Reference:
    def __init__(self, kind, *args, **kwargs):
        self.kind, self.args, self.kwargs = kind, args, kwargs


class DeadlineReference:
    DAGRUN_LOGICAL_DATE = _Reference("logical_date")
    DAGRUN_QUEUED_AT = _Reference("queued_at")

    @staticmethod
    def FIXED_DATETIME(when):  # noqa: N802 (the name is Airflow's)
        return _Reference("fixed", when)

    @staticmethod
    def AVERAGE_RUNTIME(*args, **kwargs):  # noqa: N802
        return _Reference("average", *args, **kwargs)


class DeadlineAlert:
    def __init__(self, reference, interval, callback, callback_kwargs=None, name=None):
        self.reference, self.interval, self.callback, self.callback_kwargs = reference, interval, callback, \
            callback_kwargs


class AsyncCallback:
    def __init__(self, callback_callable, kwargs=None, **more):
        self.callback_callable, self.kwargs = callback_callable, kwargs


class SyncCallback(AsyncCallback):
    pass
