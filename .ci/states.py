"""The state diagrams of docs/architecture.md, made from THE transition table in common/model/state.cc.

  states.py            prints the text
  states.py --write    puts it into docs/architecture.md, between its two markers
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "common/model/state.cc"
DOCUMENT = ROOT / "docs/architecture.md"
BEGIN, END = "<!-- states: made by .ci/states.py -->\n", "<!-- end of states -->\n"


def snake(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def names(text):
    return [snake(name) for name in re.findall(r"TiState::k(\w+)", text)]


def inlined(text):
    """The table's text with its other constants than kByHand put in ("kMarked" -> "kByHand | To(...)")."""
    constants = dict(re.findall(r"constexpr uint16_t (k\w+) =(.*?);", text, re.DOTALL))
    table = text[text.index("kTiEdges"):]
    table = table[:table.index("};")]
    for name, value in constants.items():
        if name != "kByHand":
            table = re.sub(rf"\b{name}\b", lambda _, value=value: value, table)
    return table


def rows(text):
    """[(state, [next states], whether a person may set it from here)] of task instances."""
    return [(state, names(edges), "kByHand" in edges) for state, edges in
            re.findall(r"/\*\s*(\w+)\s*\*/(.*?)(?=/\*|\Z)", inlined(text), re.DOTALL)]


def run_rows(text):
    """[(state, [next states])] of DAG runs."""
    table = text[text.index("kRunEdges"):]
    table = table[:table.index("};")]
    columns = ["queued", "running", "success", "failed"]
    found = re.findall(r"/\*\s*(\w+)\s*\*/\s*\{\{([^}]*)\}\}", table)
    return [(state, [to for to, bit in zip(columns, bits.split(",")) if bit.strip() == "true" and to != state])
            for state, bits in found]


def diagram():
    text = TABLE.read_text()
    by_hand = names(re.search(r"kByHand =(.*?);", text, re.DOTALL).group(1))
    lines = ["```mermaid", "stateDiagram-v2"]
    for state, edges, _ in rows(text):
        lines += [f"    {state} --> {to}" for to in edges]
    hand = ", ".join(state for state, _, may in rows(text) if may)
    lines += ["```", "",
              f"By hand (mark, clear, skip) also: from {hand} to {', '.join(by_hand)}.", "",
              "```mermaid", "stateDiagram-v2"]
    for state, edges in run_rows(text):
        lines += [f"    {state} --> {to}" for to in edges]
    lines += ["```"]
    return "\n".join(lines) + "\n"


def main():
    if "--write" not in sys.argv:
        print(diagram(), end="")
        return
    document = DOCUMENT.read_text()
    before, rest = document.split(BEGIN)
    DOCUMENT.write_text(before + BEGIN + diagram() + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
