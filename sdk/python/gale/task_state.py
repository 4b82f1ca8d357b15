"""What the process of a running task knows: its context, and its line to who supervises it."""

current_context = None  # of the task that runs
supervisor = None       # has ask(message) -> the answer's body, or raises SupervisorError; None: nobody is there


class SupervisorError(Exception):
    """The supervisor's refusal: `error` is its kind ("VARIABLE_NOT_FOUND", ...), the text is for the log."""

    def __init__(self, error, detail=None):
        super().__init__(f"{error}: {detail}" if detail else error)
        self.error = error
        self.detail = detail


def ask(message):
    """The supervisor's answer to a message ({"type": ..., ...}); None if there is no supervisor."""
    return None if supervisor is None else supervisor.ask(message)


def mask(secret, name=None):
    """Has `secret` (a text, or texts in a dict or list) shown as *** from here on."""
    from gale import masking
    masking.mask(secret)
    if supervisor is not None:
        supervisor.ask({"type": "MaskSecret", "value": secret, "name": name})
