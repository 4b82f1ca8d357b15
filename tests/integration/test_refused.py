"""A row that the database refuses fails its request; a disk that can't be flushed ends the process."""

import os
import shutil
import sqlite3
import subprocess

from harness import PATIENCE, Gate, dag_text, wait_until

# Of the database's log alone, and only while the file is there. As Linux does, once: then all is well.
SHIM = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int fdatasync(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  path[size < 0 ? 0 : size] = 0;
  const char* flag = getenv("FLUSH_FAILS");
  if (flag != NULL && size > 4 && strcmp(path + size - 4, "-wal") == 0 && unlink(flag) == 0) {
    errno = EIO;
    return -1;
  }
  return (int)syscall(SYS_fdatasync, fd);
}
"""


def epoch(gale):
    with sqlite3.connect(f"file:{gale.home}/gale.db?mode=ro", uri=True) as db:
        return db.execute("SELECT epoch FROM leader").fetchone()[0]


def test_a_pool_that_the_database_refuses_costs_no_worker_its_link(home):
    server = home.start()
    gate = Gate(home.work / "gate")
    home.add_dag("runs_on", dag_text("runs_on", f"BashOperator(task_id='t', bash_command='cat {gate.path}')"))
    home.trigger("runs_on", "r")
    end = gate.wait_for_task()
    before = epoch(home)
    status, answer = home.rest("POST", "/api/v2/pools", {"name": "\x00", "slots": 1}, token=home.token())
    assert status in (400, 422), answer
    assert "name" in str(answer)
    assert epoch(home) == before
    os.close(end)
    assert home.wait_for_end("runs_on", "r") == ("success", {"t": "success"})
    said = server.log.read_text()
    assert "starting anew" not in said
    assert "disconnected" not in said


# Its import error was no UTF-8: the leader stepped down for it, led, read the folder again, ten times a second.
def test_a_file_with_a_latin1_name_costs_a_cluster_no_lead(two_masters):
    cluster = two_masters
    leader, _ = wait_until(cluster.leader, "a leader")

    def led_in():
        return cluster.rest(leader, "GET", "/api/gale/v1/cluster")[1]["leader"]["epoch"]

    before = led_in()
    file = os.path.join(os.fsencode(cluster.home / "dags"), b"donn\xe9es.csv")
    with open(file, "wb") as out:
        out.truncate(5 << 20)

    def told():
        status, answer = cluster.rest(leader, "GET", "/api/v2/importErrors")
        return status == 200 and "donn" in str(answer)

    wait_until(told, "the import error")
    cluster.add_dag(leader, "beside", dag_text("beside", "BashOperator(task_id='t', bash_command='true')"))
    cluster.trigger(leader, "beside", "r")
    assert led_in() == before
    os.unlink(file)  # its folder can go to the workers again
    assert cluster.wait_for_end(leader, "beside", "r") == "success"
    assert led_in() == before


def test_a_flush_that_fails_ends_the_process_and_the_next_one_goes_on(home):
    assert shutil.which("cc"), "cc is missing: apt-get install gcc"
    (home.home / "shim.c").write_text(SHIM)
    shim, flag = home.home / "shim.so", home.home / "flush_fails"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, home.home / "shim.c"], check=True)
    env = {"LD_PRELOAD": str(shim), "FLUSH_FAILS": str(flag)}
    server = home.start(env=env)
    home.add_dag("one", dag_text("one", "BashOperator(task_id='t', bash_command='true')"))
    home.trigger("one", "before")
    assert home.wait_for_end("one", "before")[0] == "success"

    flag.touch()
    refused = home.cli("dags", "trigger", "one", "--run-id", "lost", check=False)
    assert refused.returncode != 0, "it was accepted, and may not be on the disk"
    assert server.wait(PATIENCE) != 0
    said = server.log.read_text()
    assert "gale.db-wal" in said and "Input/output error" in said, said
    assert not flag.exists(), "it was asked once"

    home.start(env=env)
    home.trigger("one", "after")
    assert home.wait_for_end("one", "after")[0] == "success"
    wait_until(lambda: home.run_state("one", "lost") in ("success", None), "what was there, whole or not at all")
