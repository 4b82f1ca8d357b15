"""A zip in the DAGs folder: the modules at its top may hold DAGs, whatever else is in it they may import."""

import zipfile

import pytest

from gale.bash_task import TemplateError, render
from gale.parse_file import parse_file

DAG_FILE = """
from airflow.sdk import DAG
from airflow.operators.bash import BashOperator
from inner.names import NAME, shout
with DAG(NAME, user_defined_filters={"shout": shout}):
    BashOperator(task_id="b", bash_command="echo {{ 'x' | shout }}")
"""
NAMES = "def shout(text): return text.upper() + '!'\nNAME = 'zipped'\n"


@pytest.fixture
def package(tmp_path):
    """Writes a zip; returns its path."""
    def write_package(files, name="package.zip"):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for inside, text in files.items():
                archive.writestr(inside, text)
        return str(path)
    return write_package


def test_dags_of_the_modules_at_its_top_are_loaded_with_what_they_import(package):
    path = package({"json.py": DAG_FILE, "inner/__init__.py": "", "inner/names.py": NAMES,
                    "inner/other_dag.py": "from airflow.sdk import DAG\nwith DAG('not_at_the_top'): pass",
                    "notes.txt": "airflow dag"})
    specs, error, _ = parse_file(path)
    assert error == ""
    assert [(spec["dag_id"], spec["fileloc"]) for spec in specs] == [("zipped", path)]


def test_a_module_that_fails_hides_no_other(package):
    path = package({"bad.py": "from airflow.sdk import DAG\n1 / 0\n",
                    "exits.py": "import sys  # airflow dag\nsys.exit(3)",
                    "good.py": "from airflow.sdk import DAG\nwith DAG('good'): pass",
                    "same.py": "from airflow.sdk import DAG\nwith DAG('twice'): pass",
                    "same_again.py": "from airflow.sdk import DAG\nwith DAG('twice'): pass"})
    specs, error, _ = parse_file(path)
    assert [spec["dag_id"] for spec in specs] == ["good"]
    for complaint in (f'{path}/bad.py", line 2', "ZeroDivisionError", "called sys.exit(3)", "the dag_id 'twice'"):
        assert complaint in error


def test_a_zip_of_something_else_is_nobodys_error(package, tmp_path):
    assert parse_file(package({"data.csv": "airflow,dag"})) == ([], "", [])
    assert parse_file(package({"module.py": "x = 1"}, "m.zip")) == ([], "", [])
    other = tmp_path / "other.zip"
    other.write_text("from airflow import DAG")
    assert parse_file(str(other)) == ([], "", [])
    (tmp_path / "damaged.zip").write_bytes(open(package({"a.py": "x" * 5000}), "rb").read()[-100:])
    assert "damaged.zip" in parse_file(str(tmp_path / "damaged.zip"))[1]


def test_a_task_of_a_package_renders_with_its_code(package):
    path = package({"etl.py": DAG_FILE, "inner/__init__.py": "", "inner/names.py": NAMES})
    job = {"command": "echo {{ 'x' | shout }}", "context": {"dag_id": "zipped", "task_id": "b", "fileloc": path,
                                                         "needs_dag_file": True}}
    assert render(job)[0] == "echo X!"


def test_a_template_inside_a_package_is_refused_with_a_word(package):
    path = package({"etl.py": DAG_FILE, "inner/__init__.py": "", "inner/names.py": NAMES, "run.sh": "echo hi"})
    job = {"command": "run.sh", "context": {"dag_id": "zipped", "task_id": "b", "fileloc": path}}
    with pytest.raises(TemplateError, match="'run.sh' is not in .*inside a zip package can be no template"):
        render(job)
