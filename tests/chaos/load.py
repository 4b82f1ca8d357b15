"""The load: DAG files whose tasks write the ledger, and threads that trigger runs of them without end."""

import random
import threading
import time

from client import NoAnswer, Refused
from model import TaskSpec

RETRIES = 30            # a lost try counts as one, as in Airflow; no run may fail for that
TRIGGER_SECONDS_MAX = 90.0
LIVE_RUNS_MAX = 80      # then the load waits: a backlog would only show how long a backlog takes
TRIGGER_THREADS = 2

# `dag` in a template needs the DAG file itself: the worker fetches it.
# dag id -> (weight, tries that run in all, tasks); a task: (upstreams, milliseconds, tries that fail, more)
SHAPES = {
    "chaos_chain": (4, 6, [((), 100, 0, "")] + [((i,), 50 + 50 * i, 0, "") for i in range(5)]),
    "chaos_fan": (3, 10, [((), 100, 0, "")] + [((0,), 250, 0, "") for _ in range(8)]
                  + [(tuple(range(1, 9)), 50, 0, "")]),
    "chaos_retry": (2, 6, [((), 100, 1, ""), ((0,), 50, 2, ""), ((1,), 50, 0, "")]),
    "chaos_long": (1, 4, [((), 4000, 0, "child"), ((), 9000, 0, "child"), ((), 16000, 0, ""),
                          ((0, 1, 2), 50, 0, "")]),
    "chaos_templated": (1, 2, [((), 100, 0, "{{ run_id }}"), ((0,), 100, 0, "{{ dag.max_active_tasks }}")]),
    "chaos_python": (3, 5, [((),), ((),), ((0, 1),)]),  # PYTHON_TEXT
}
PYTHON_DAG = "chaos_python"
# The third task reads what the first returned, and what it pushed midway; the second looks until it finds.
PYTHON_TEXT = """
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.python import PythonOperator
from airflow.sensors.python import PythonSensor


def give(ti):
    begin()
    ti.xcom_push("half", whoami())
    beat(0.4)
    say("end", 0)
    return whoami()


def look():
    begin()
    beat(0.1)
    found = random.random() < 0.4
    say("end", 0 if found else "again")
    return found


def take(ti):
    begin()
    beat(0.1)
    read("t00", ti.xcom_pull("t00"))
    read("t00", ti.xcom_pull("t00", key="half"))
    say("end", 0)


with DAG(dag_id="chaos_python", start_date=datetime(2024, 1, 1), schedule=None, max_active_runs=100,
         max_active_tasks=100, default_args={"retries": @RETRIES@, "retry_delay": timedelta(seconds=1)}) as dag:
    t0 = PythonOperator(task_id="t00", python_callable=give)
    t1 = PythonSensor(task_id="t01", python_callable=look, mode="reschedule", poke_interval=1)
    t2 = PythonOperator(task_id="t02", python_callable=take)
    [t0, t1] >> t2
"""
TRIES_A_RUN = sum(weight * tries for weight, tries, _ in SHAPES.values()) / sum(s[0] for s in SHAPES.values())


def task_id(number):
    return f"t{number:02d}"


def specs():
    """What the checker has to know of the DAGs."""
    return {dag_id: tuple(TaskSpec(task_id(i), tuple(map(task_id, ups)), RETRIES)
                          for i, (ups, *_) in enumerate(tasks))
            for dag_id, (_, _, tasks) in SHAPES.items()}


def dag_text(dag_id, script):
    lines = ["from datetime import datetime, timedelta", "from airflow import DAG",
             "from airflow.operators.bash import BashOperator", "",
             f"with DAG(dag_id={dag_id!r}, start_date=datetime(2024, 1, 1), schedule=None, max_active_runs=100,",
             f"         max_active_tasks=100, default_args={{'retries': {RETRIES}, "
             "'retry_delay': timedelta(seconds=1)}) as dag:"]
    for i, (_, milliseconds, fails, more) in enumerate(SHAPES[dag_id][2]):
        word = f"echo {more}; " if more.startswith("{{") else ""
        kind = more if more == "child" else ""
        command = f"source {script}; {word}task {milliseconds} {fails} {kind}".strip()
        lines.append(f"    t{i} = BashOperator(task_id={task_id(i)!r}, bash_command={command!r})")
    for i, (ups, *_) in enumerate(SHAPES[dag_id][2]):
        lines += [f"    t{up} >> t{i}" for up in ups]
    return "\n".join(lines) + "\n"


def python_text(python):
    return python.read_text(encoding="utf-8") + PYTHON_TEXT.replace("@RETRIES@", str(RETRIES))


def write_dags(folder, script, python):
    for dag_id in SHAPES:
        part = folder / f".{dag_id}.part"
        text = python_text(python) if dag_id == PYTHON_DAG else dag_text(dag_id, script)
        part.write_text(text, encoding="utf-8")
        part.rename(folder / f"{dag_id}.py")


class Load:
    """Triggers runs at a rate until stopped. What it asked for and what was accepted is never forgotten."""

    def __init__(self, client, seed, tries_a_second, live_runs):
        self._client = client
        self._seed = seed
        self._seconds_between = TRIES_A_RUN / tries_a_second * TRIGGER_THREADS
        self._live_runs = live_runs  # () -> how many runs have not ended
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.asked, self.accepted, self.refused = set(), set(), []
        self.broken = []  # what ended a thread
        self.latencies = []
        self._threads = [threading.Thread(target=self._run, args=(i,), daemon=True) for i in range(TRIGGER_THREADS)]

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        """Returns when every trigger under way is settled."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number):
        try:
            self._trigger_on(number)
        except Exception as error:
            self.broken.append(repr(error))
            raise

    def _trigger_on(self, number):
        chance = random.Random(f"{self._seed}/load/{number}")
        dag_ids, weights = list(SHAPES), [shape[0] for shape in SHAPES.values()]
        count = 0
        while not self._stop.wait(chance.uniform(0.5, 1.5) * self._seconds_between):
            if self._live_runs() > LIVE_RUNS_MAX:
                continue
            count += 1
            self.trigger(chance.choices(dag_ids, weights)[0], f"c{number}-{count:06d}")

    def trigger(self, dag_id, run_id):
        """Asks until a master says yes. 409: it had said so before, and the answer was lost."""
        with self._lock:
            self.asked.add((dag_id, run_id))
        begin = time.monotonic()
        try:
            self._client.call("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"dag_run_id": run_id, "logical_date": None},
                              seconds=TRIGGER_SECONDS_MAX, accept={409})
        except (NoAnswer, Refused) as error:
            with self._lock:
                self.refused.append(str(error))
            return
        with self._lock:
            self.accepted.add((dag_id, run_id))
            self.latencies.append(time.monotonic() - begin)
