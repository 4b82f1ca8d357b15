"""What lands in a DAGs folder: slow files, links, ignore files, packages."""

import time
import zipfile

from harness import dag_text, wait_until, write_whole


def test_four_slow_files_do_not_delay_a_fifth(gale):
    """Found from outside: two parsers, one queue, and the fifth was listed after 38 s."""
    for number in range(4):
        slow = "from time import sleep as doze\ndoze(20)\n" + dag_text(f"slow{number}", "pass")
        write_whole(gale.dags / f"slow{number}.py", slow)
    write_whole(gale.dags / "fifth.py", dag_text("fifth", "pass"))
    begun = time.monotonic()
    wait_until(lambda: gale.dag("fifth"), "the fifth file's DAG")
    assert time.monotonic() - begun < 15  # 0.6 s on an idle machine
    assert not gale.dag("slow0")


SETS = """
from airflow.sdk import DAG, Label
from airflow.providers.standard.operators.empty import EmptyOperator
names = {"north", "south", "east", "west", "here", "there"}
with DAG("sets", params={name: 1 for name in names}, tags=list(names)):
    first = EmptyOperator(task_id="first")
    for name in names:
        first >> Label(name) >> EmptyOperator(task_id=name)
"""


def test_a_file_that_goes_through_a_set_makes_no_version_at_each_start(gale):
    """Each parse server had hashes of its own, so the next one read the tasks in another order: version 2."""
    write_whole(gale.dags / "sets.py", SETS)
    wait_until(lambda: gale.dag("sets"), "the DAG")
    token = gale.token()
    before = gale.rest("GET", "/api/v2/dags/sets/details", token=token)[1]
    gale.stop(gale.server)
    gale.server = gale.start()

    def next_reading():
        now = gale.rest("GET", "/api/v2/dags/sets/details", token=token)[1]
        return now if now["last_parsed"] > before["last_parsed"] else None

    after = wait_until(next_reading, "the file's next reading")
    assert after["latest_dag_version"]["version_number"] == 1
    assert list(after["params"]) == list(before["params"])


def test_a_link_to_the_folder_and_an_ignore_file(gale):
    (gale.dags / "loop").symlink_to(".")
    (gale.dags / "ign").mkdir()
    write_whole(gale.dags / ".airflowignore", "ign/\n")
    write_whole(gale.dags / "ign" / "left_out.py", dag_text("left_out", "pass"))
    gale.add_dag("seen", dag_text("seen", "pass"))
    assert [row["dag_id"] for row in gale.rows("dags", "list")] == ["seen"]
    assert gale.server.log.read_text().count("loop' leads to a folder that is read already") == 1
    write_whole(gale.dags / ".airflowignore", "")
    wait_until(lambda: gale.dag("left_out"), "the DAG that is ignored no more")


def test_a_package_is_loaded_and_its_tasks_have_its_code(gale):
    text = dag_text("zipped", """
from inner.names import shout
dag.user_defined_filters = {"shout": shout}
BashOperator(task_id="t", bash_command="echo {{ 'x' | shout }} > " + OUT)
""".replace("OUT", repr(str(gale.home / "out"))))
    with zipfile.ZipFile(gale.dags / ".package", "w") as package:
        package.writestr("etl.py", text)
        package.writestr("inner/__init__.py", "")
        package.writestr("inner/names.py", "def shout(text): return text.upper()\n")
    (gale.dags / ".package").rename(gale.dags / "package.zip")
    wait_until(lambda: gale.dag("zipped"), "the DAG of the package")
    gale.cli("dags", "unpause", "zipped")
    gale.trigger("zipped", "r")
    assert gale.wait_for_end("zipped", "r") == ("success", {"t": "success"})
    assert (gale.home / "out").read_text() == "X\n"
    (gale.dags / "package.zip").unlink()
    wait_until(lambda: not gale.dag("zipped"), "the DAG is gone with its package")


def test_a_mapped_tasks_mistake_is_an_import_error_with_its_line(gale):
    write_whole(gale.dags / "mapped.py", dag_text("mapped", """
BashOperator.partial(task_id="t", cwd="/").expand(cwd=["/tmp"])
"""))
    write_whole(gale.dags / "grouped.py", dag_text("grouped", """
from airflow.utils.task_group import TaskGroup
with TaskGroup("g", tooltip="two of them") as g:
    BashOperator(task_id="a", bash_command="true") >> BashOperator(task_id="b", bash_command="true")
"""))
    wait_until(lambda: gale.dag("grouped"), "the DAG with a group")
    wait_until(lambda: gale.rows("dags", "list-import-errors"), "the import error")
    error, = gale.rows("dags", "list-import-errors")
    assert 'mapped.py", line 6, in <module>' in error["error"]
    assert "unmappable or already specified argument: cwd (partial() gives it, too)" in error["error"]
    gale.cli("dags", "unpause", "grouped")
    gale.trigger("grouped", "r")
    assert gale.wait_for_end("grouped", "r") == ("success", {"g.a": "success", "g.b": "success"})
