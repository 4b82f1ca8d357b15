"""docs/guarantees.md and docs/operations.md can't rot: each test, setting and log line that they name is there."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
# `tests/some/file` (`name`, `name`): the file, and what of it.
NAMED = re.compile(r"`((?:tests|bench|deploy)/[\w./-]+)`(?:\s*\(((?:`\w+`(?:,\s*)?)+)\))?")
LINK = re.compile(r"\]\(([\w./-]+)(?:#[\w-]+)?\)")
SETTING = re.compile(r"`\[(\w+)\] ([\w, ]+)`")
PLACEHOLDER = "…"


def page(name):
    return (ROOT / "docs" / name).read_text()


def has(path, name):
    """Whether a test, rule or fault of this name is defined in that file."""
    text = path.read_text()
    if path.suffix == ".py":
        return re.search(rf"^\s*def {name}\(", text, re.M) is not None
    return re.search(rf"^\s*TEST(_F|_P)?\(\w+,\s*{name}\)", text, re.M) is not None


def broken_names(text):
    broken = []
    for path, names in NAMED.findall(text):
        file = ROOT / path
        if not file.exists():
            broken.append(path)
            continue
        broken += [f"{path}: {name}" for name in re.findall(r"\w+", names) if not has(file, name)]
    return broken


def said():
    """What the sources can say, literals that continue on the next line joined."""
    files = [file for folder in ("common", "master", "worker", "cli") for file in (ROOT / folder).rglob("*.cc")]
    return "\n".join(re.sub(r'"\s*\n\s*"', "", file.read_text()) for file in files)


def lines_that_are_gone(text):
    """Of a page's blocks: the lines that aren't in the file that was named last before the block."""
    gone, file = [], None
    for before, block in re.findall(r"(.*?)```\w+\n(.*?)```", text, re.S):
        for name in re.findall(r"`((?:\w+/)+[\w.]+)`", before):
            file = ROOT / name if (ROOT / name).is_file() else file
        have = {line.strip() for line in file.read_text().splitlines()}
        gone += [f"{file.name}: {line}" for line in block.splitlines() if line.strip() not in have]
    return gone


def test_the_lines_that_the_page_on_operations_quotes_are_the_sources():
    text = page("adding-an-operation.md")
    assert len(re.findall("```", text)) == 14
    assert lines_that_are_gone(text) == []
    assert lines_that_are_gone(text.replace("GetPool(request.name())", "GetPool()")) != []


def test_the_check_finds_a_test_that_is_gone():
    here = "tests/integration/test_docs.py"
    assert broken_names(f"`{here}` (`said`)") == []
    assert broken_names(f"`{here}` (`said`,\n`never_was`) `tests/none.cc`") == [f"{here}: never_was", "tests/none.cc"]


def test_every_test_that_the_guarantees_name_exists():
    text = page("guarantees.md")
    assert len(NAMED.findall(text)) > 30
    assert broken_names(text) == []
    promises = text.split("\n## ")[1:]
    assert len(promises) == 7
    for promise in promises:
        title, _, body = promise.partition("\n")
        assert NAMED.search(body), f"'{title}' names no test"
        for part in ("**Promise.**", "**How.**", "**Shown by.**", "**Not promised.**"):
            assert part in body, f"'{title}' lacks {part}"


def test_every_file_and_page_that_the_docs_name_exists():
    for file in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = file.read_text()
        assert broken_names(text) == [], file
        links = [link for link in LINK.findall(text) if "://" not in link]
        assert [link for link in links if not (file.parent / link).exists()] == [], file


def test_every_setting_that_the_docs_name_exists():
    keys = set(re.findall(r'"(\w+)", "(\w+)", k[A-Z]', (ROOT / "common/config/keys.cc").read_text()))
    assert len(keys) > 30
    for name in ("guarantees.md", "operations.md"):
        named = SETTING.findall(page(name))
        assert named
        wrong = [f"[{section}] {key}" for section, list_ in named for key in list_.split(", ")
                 if (section, key) not in keys]
        assert wrong == [], name


def test_every_metric_that_the_docs_name_is_told():
    named = set(re.findall(r"`((?:gale|airflow)_[a-z_]+)`", page("operations.md")))
    assert len(named) > 15
    assert sorted(name for name in named if f'"{name}"' not in said()) == []


def test_every_log_line_that_operations_explains_can_be_said():
    """The first column of the tables under 'What the logs say': literal but for the … in it."""
    section = page("operations.md").split("\n## What the logs say\n")[1].split("\n## ")[0]
    lines = re.findall(r"^\| `([^`]+)` \|", section, re.M)
    assert len(lines) > 20
    source = said()
    for line in lines:
        for part in line.split(PLACEHOLDER):
            if part.strip():
                assert part.strip() in source, f"nothing says {part.strip()!r} of {line!r}"
