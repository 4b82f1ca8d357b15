"""What the crash suite knows of a run of itself: who was asked for what, what the database says, what the
tasks wrote down. The checker compares these three."""

import dataclasses

# States as docs/schema.md numbers them.
TASK_STATES = ("none", "scheduled", "queued", "running", "success", "failed", "skipped", "upstream_failed",
               "up_for_retry", "up_for_reschedule", "deferred", "restarting", "removed")
RUN_STATES = ("queued", "running", "success", "failed")
TASK_ENDED = {"success", "failed", "skipped", "upstream_failed", "removed"}
RUN_ENDED = {"success", "failed"}


@dataclasses.dataclass(frozen=True)
class TaskSpec:
    """A task of a DAG file that the suite wrote. Upstreams must all have succeeded (all_success)."""
    task_id: str
    upstream: tuple = ()
    retries: int = 0


@dataclasses.dataclass(frozen=True)
class Run:
    dag_id: str
    run_id: str
    state: str


@dataclasses.dataclass(frozen=True)
class TaskInstance:
    dag_id: str
    run_id: str
    task_id: str
    state: str
    try_number: int
    max_tries: int
    lost_tries: int = 0
    live: bool = False
    reschedules: int = 0    # starts that went on with the try before them


@dataclasses.dataclass(frozen=True)
class Attempt:
    """A row of task_attempt: a try that ended, by the number of its last start. Times are nanoseconds since 1970,
    None if there is none."""
    dag_id: str
    run_id: str
    task_id: str
    try_number: int
    state: str
    start_ns: object = None
    end_ns: object = None
    worker: str = ""
    reason: str = ""
    reschedules: int = 0    # as in TaskInstance, at its end
    looks: int = 0          # its own: it is the starts try_number - looks to try_number

    @property
    def starts(self):
        return range(self.try_number - self.looks, self.try_number + 1)


@dataclasses.dataclass(frozen=True)
class Fault:
    kind: str
    targets: tuple
    at_ns: int
    healed_ns: int


@dataclasses.dataclass
class Facts:
    dags: dict = dataclasses.field(default_factory=dict)      # dag id -> tuple of TaskSpec, in the file's order
    asked: set = dataclasses.field(default_factory=set)       # (dag, run) that a trigger was sent for
    accepted: set = dataclasses.field(default_factory=set)    # ... and answered with "yes"
    runs: list = dataclasses.field(default_factory=list)
    tasks: list = dataclasses.field(default_factory=list)
    attempts: list = dataclasses.field(default_factory=list)
    lines: list = dataclasses.field(default_factory=list)     # ledger.Line, in the order of the file
    faults: list = dataclasses.field(default_factory=list)
    slots_taken: dict = dataclasses.field(default_factory=dict)  # pool -> slots held after the end
    unreadable_logs: list = dataclasses.field(default_factory=list)  # (dag, run, task, try, what came)
