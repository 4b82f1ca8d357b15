"""What a DAG file says for people only: names, docs, links, and the order in which they see a DAG's params."""

import json
import os
import re
from urllib.parse import urlsplit

from gale.exceptions import AirflowException
from gale.work_spec import text

DOC_CHARS_MAX = 1 << 20  # of a file's
_LINK_SCHEMES = ("http", "https", "mailto")
_CODE = {"doc": "", "doc_json": "json", "doc_yaml": "yaml", "doc_rst": "rst"}


def of_dag(dag, where):
    """Those fields of the DagSpec."""
    return {
        "doc_md": _of_file(text(dag.doc_md, f"{where}: doc_md").strip(), dag.folder, where),
        "display_name": _name(dag.dag_display_name, dag.dag_id, f"{where}: dag_display_name"),
        "owner_links": _links(dag.owner_links, where),
        "param_order": _order([name for name, _ in dag.params.params()]),
    }


def of_task(task, where):
    """Those fields of the TaskSpec."""
    labels = task.dag.edge_info.get(task.task_id, {})
    return {
        "doc_md": _doc(task, where),
        "display_name": _name(task.task_display_name, task.task_id, f"{where}: task_display_name"),
        "edge_labels": {after: label for after, label in sorted(
            (after, text(info.get("label"), f"{where}: the label of the edge to {after!r}"))
            for after, info in labels.items() if after in task.downstream_task_ids) if label},
    }


def of_group(group, where):
    """Those fields of the TaskGroup."""
    return {
        "tooltip": text(group.tooltip, f"{where}: tooltip").strip(),
        "display_name": _name(group.group_display_name, group.group_id, f"{where}: group_display_name"),
    }


def _of_file(doc, folder, where):
    """doc_md may name a file, beside the DAG's; one that isn't there is the doc itself, as in Airflow."""
    if not doc.endswith(".md") or "\n" in doc:
        return doc
    try:
        with open(os.path.join(folder, doc), encoding="utf-8", errors="replace") as file:
            return text(file.read(DOC_CHARS_MAX), f"{where}: {doc}").strip()
    except OSError:
        return doc


def _doc(task, where):
    """Markdown: doc_md, and what the other four say, as code."""
    parts = [text(task.doc_md, f"{where}: doc_md").strip()]
    for name, language in _CODE.items():
        said = getattr(task, name)
        if name == "doc_json" and said is not None and not isinstance(said, str):
            said = json.dumps(said, indent=2, ensure_ascii=False, default=str)
        said = text(said, f"{where}: {name}").strip("\n")
        if said.strip():
            longest = max((len(run) for run in re.findall("`{3,}", said)), default=2)
            fence = "`" * (longest + 1)
            parts.append(f"{fence}{language}\n{said}\n{fence}")
    return "\n\n".join(part for part in parts if part)


def _name(said, id_, where):
    name = text(said, where).strip()
    return "" if name == id_ else name


def _links(links, where):
    for owner, link in links.items():
        what = f"{where}: owner_links[{owner!r}]"
        if urlsplit(text(link, what)).scheme not in _LINK_SCHEMES:
            raise AirflowException(f"{what} is {link!r}: a link begins with http:, https: or mailto:")
    return {text(owner, f"{where}: owner_links"): str(links[owner]) for owner in sorted(links)}


def _order(names):
    """Nothing where it is that of the alphabet, in which the params themselves stand."""
    names = [str(name) for name in names]
    return [] if names == sorted(names) else names
