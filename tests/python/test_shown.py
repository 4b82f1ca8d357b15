"""What a DAG file says for people only: labels, names, docs, links, the order of params."""

import json
from textwrap import dedent

import pytest

HEAD = """
    from airflow.sdk import DAG, Label, Param, TaskGroup, chain, dag, task, task_group
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.empty import EmptyOperator
    """


@pytest.fixture
def spec_of(one_dag):
    return lambda body: one_dag(dedent(HEAD) + dedent(body))


def labels_of(spec):
    return {(task["task_id"], after): label for task in spec["tasks"]
            for after, label in task.get("edge_labels", {}).items()}


def test_labels_of_edges_between_tasks_lists_and_groups(spec_of):
    spec = spec_of("""
        with DAG("d"):
            t = {n: EmptyOperator(task_id=n) for n in "abcdefghijklmno"}
            t["a"] >> Label("yes") >> t["b"]
            t["d"] << Label("back") << t["c"]
            [t["e"], t["f"]] >> Label("all") >> [t["g"], t["h"]]
            chain(t["i"], [Label("j?"), Label("k?")], [t["j"], t["k"]])
            t["l"].set_downstream(t["m"], edge_modifier=Label("said"))
            t["a"] >> t["c"]
            with TaskGroup("two") as two:
                EmptyOperator(task_id="x")
                EmptyOperator(task_id="y")
            t["n"] >> Label("in") >> two >> Label("out") >> t["o"]
        """)
    assert labels_of(spec) == {
        ("a", "b"): "yes", ("c", "d"): "back",
        ("e", "g"): "all", ("e", "h"): "all", ("f", "g"): "all", ("f", "h"): "all",
        ("i", "j"): "j?", ("i", "k"): "k?", ("l", "m"): "said",
        ("n", "two.x"): "in", ("n", "two.y"): "in", ("two.x", "o"): "out", ("two.y", "o"): "out"}
    assert "edge_labels" not in next(task for task in spec["tasks"] if task["task_id"] == "b")


def test_labels_of_results_and_what_the_dag_tells_of_edges(spec_of):
    spec = spec_of("""
        with DAG("d") as made:
            @task
            def first(): return 1
            @task
            def then(): pass
            @task.branch
            def choose(): return "big"
            first() >> Label("한국어 <b>&</b>") >> then()
            big = EmptyOperator(task_id="big")
            choose() >> Label("once") >> big
            made.get_task("choose") >> Label("at last") >> big
            made.get_task("choose") >> big
            made.set_edge_info("then", "nobody", {"label": "of no edge"})
            assert made.get_edge_info("choose", "big") == {"label": "at last"}
            assert made.get_edge_info("big", "choose") == {}
        """)
    assert labels_of(spec) == {("first", "then"): "한국어 <b>&</b>", ("choose", "big"): "at last"}


def test_a_label_that_is_no_text_is_named(error_of):
    assert error_of("""
        from airflow.sdk import DAG, Label
        from airflow.providers.standard.operators.empty import EmptyOperator
        with DAG("d"):
            EmptyOperator(task_id="a") >> Label(5) >> EmptyOperator(task_id="b")
        """).endswith("DAG 'd', task 'a': the label of the edge to 'b' must be a string, not 5")


def test_tooltips_and_names_of_groups_and_tasks(spec_of):
    spec = spec_of("""
        @dag(dag_display_name="판매 DAG", owner_links={"ann": "https://example.com/ann", "bob": "mailto:bob@example.com"})
        def d():
            @task_group
            def load():
                '''Loads it.

                    All.'''
                EmptyOperator(task_id="a", task_display_name="Read α")
            @task_group(tooltip="said", group_display_name="Said so")
            def clean():
                "its docstring"
                EmptyOperator(task_id="b", task_display_name="clean.b")
            with TaskGroup("plain"):
                BashOperator.partial(task_id="c", task_display_name="Many").expand(bash_command=["1", "2"])
            load()
            clean()
        d()
        """)
    assert spec["display_name"] == "판매 DAG"
    assert spec["owner_links"] == {"ann": "https://example.com/ann", "bob": "mailto:bob@example.com"}
    groups = {group["group_id"]: group for group in spec["task_groups"]}
    assert groups["load"]["tooltip"] == "Loads it.\n\nAll."
    assert groups["clean"] == {"group_id": "clean", "tooltip": "said", "display_name": "Said so"}
    assert groups["plain"] == {"group_id": "plain"}
    assert {task["task_id"]: task.get("display_name") for task in spec["tasks"]} == {
        "plain.c": "Many", "load.a": "Read α", "clean.b": None}


@pytest.mark.parametrize("link", ["javascript:alert(1)", "example.com", "//x"])
def test_an_owner_link_that_is_no_address_is_named(error_of, link):
    assert f"owner_links['ann'] is {link!r}" in error_of(f"""
        from airflow.sdk import DAG
        d = DAG("d", owner_links={{"ann": {link!r}}})
        """)


def test_docs_of_all_kinds_are_shown(spec_of):
    spec = spec_of("""
        with DAG("d"):
            EmptyOperator(task_id="a", doc_md="# A", doc_yaml="x: 1", doc_json={"y": [1]})
            EmptyOperator(task_id="b", doc="plain ```` text", doc_rst="``rst``")
            BashOperator.partial(task_id="c", doc="mapped").expand(bash_command=["1"])
            EmptyOperator(task_id="e")
        """)
    docs = {task["task_id"]: task.get("doc_md") for task in spec["tasks"]}
    assert docs["a"] == '# A\n\n```json\n{\n  "y": [\n    1\n  ]\n}\n```\n\n```yaml\nx: 1\n```'
    assert docs["b"] == "`````\nplain ```` text\n`````\n\n```rst\n``rst``\n```"
    assert (docs["c"], docs["e"]) == ("```\nmapped\n```", None)


def test_a_dags_doc_may_be_a_file_beside_it(write, spec_of):
    write("# Title\n\nAll of it.\n", "docs/about.md")
    assert spec_of("""d = DAG("d", doc_md="docs/about.md")""")["doc_md"] == "# Title\n\nAll of it."
    assert spec_of("""d = DAG("d", doc_md="docs/nothing.md")""")["doc_md"] == "docs/nothing.md"
    assert spec_of("""d = DAG("d", doc_md="text that ends\\nwith x.md")""")["doc_md"] == "text that ends\nwith x.md"


def test_params_stand_in_the_authors_order(spec_of):
    spec = spec_of("""
        @dag(params={"zone": Param("eu", enum=["eu", "us"]), "day": Param(type="string"), "all": 3})
        def d(more=1, again=2):
            EmptyOperator(task_id="a")
        d()
        """)
    assert spec["param_order"] == ["zone", "day", "all", "more", "again"]
    assert list(json.loads(spec["params_json"])) == ["again", "all", "more", "zone"]
    assert "param_order" not in spec_of("""d = DAG("d", params={"a": 1, "b": 2})""")
