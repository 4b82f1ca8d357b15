"""The house rules that a program can check. Each is a test: --junit FILE writes them as JUnit.

Looks at what git tracks or would track. Breaking a rule is possible where the code is better for it:
name the file and the reason in ALLOWED.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import fields
import states

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINES_MAX = 500
LINE_LENGTH_MAX = 120  # clang-format aims at 100; strings and tables may stick out a little
SOURCE = {".cc", ".h", ".py", ".proto", ".cmake"}
# (rule, path): reason
ALLOWED = {
    ("one_door_to_the_clock", "worker/keeper/protocol.cc"):
        "leases are measured in time since boot, which goes on through suspend; the keeper decides by it",
    ("one_door_to_the_clock", "cli/client.h"): "gRPC takes its deadlines in system_clock",
    ("one_door_to_the_clock", "cli/client.cc"): "gRPC takes its deadlines in system_clock",
    ("one_door_to_the_clock", "master/api/leader_client.cc"): "gRPC takes its deadlines in system_clock",
    ("one_door_to_the_clock", "worker/bundle_cache.cc"): "gRPC takes its deadlines in system_clock",
    ("one_door_to_the_clock", "worker/tasks/task_asker.cc"): "gRPC takes its deadlines in system_clock",
    ("one_door_to_the_clock", "master/api/grpc_server.cc"): "gRPC takes its deadlines in system_clock",
    ("one_door_to_the_files", "master/store/sqlite_store.cc"):
        "a database's own files: SQLite opens them beside us, and a close of ours would drop its locks",
    ("one_door_to_the_files", "worker/keeper/proc.cc"): "/proc of other processes, thousands of files in one look",
    ("one_door_to_the_files", "worker/keeper/child.cc"): "between vfork and exec: no allocation, no locks",
    ("no_sleep_in_tests", "tests/python/test_parse_server.py"):
        "the sleep is in a DAG file that hangs; the test waits for the server to give it up",
    ("no_skipped_tests", "tests/contract/store_contract.cc"): "a ledger in memory lives as long as its one store",
    ("no_skipped_tests", "tests/contract/store_contract_bounds.cc"): "nobody else can look into a ledger in memory",
    ("no_skipped_tests", "tests/unit/common/rpc/tls_test.cc"): "root may read every file",
}


def tracked():
    listing = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
                             cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted(pathlib.Path(name) for name in listing.split("\0") if name and (ROOT / name).is_file())


def source_lines(files, suffixes=frozenset(SOURCE)):
    for path in files:
        if path.suffix in suffixes or path.name == "dev":
            for number, line in enumerate((ROOT / path).read_text(errors="replace").splitlines(), 1):
                yield path, number, line


def small_files(files):
    """A source file has at most 500 lines."""
    sizes = {}
    for path, number, _ in source_lines(files):
        sizes[path] = number
    return [(path, f"{size} lines; the limit is {LINES_MAX}: split it by its nouns")
            for path, size in sizes.items() if size > LINES_MAX]


def short_lines(files):
    """A line of code is at most 120 columns long."""
    return [(path, f"line {number} has {len(line)} columns; the limit is {LINE_LENGTH_MAX}")
            for path, number, line in source_lines(files, {".cc", ".h", ".py"}) if len(line) > LINE_LENGTH_MAX]


def nothing_left_to_do(files):
    """No marker of unfinished work stays in the tree."""
    marker = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
    return [(path, f"line {number}: {line.strip()}")
            for path, number, line in source_lines(files) if marker.search(line)]


def no_sleep_in_tests(files):
    """Tests move a simulated clock or wait on a signal; they don't sleep."""
    sleep = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|time\.sleep)\b|(?<![\w\"'.])sleep\(")
    tests = [path for path in files if path.parts[0] == "tests"]
    return [(path, f"line {number}: {line.strip()}")
            for path, number, line in source_lines(tests) if sleep.search(line)]


def no_skipped_tests(files):
    """A test that lacks a program, a server or a module fails and names its package; it isn't skipped."""
    skip = re.compile(r"\bGTEST_SKIP\b|pytest\.(mark\.)?skip|importorskip")
    tests = [path for path in files if path.parts[0] == "tests"]
    return [(path, f"line {number}: {line.strip()}")
            for path, number, line in source_lines(tests) if skip.search(line)]


def one_door_to_the_clock(files):
    """Only common/base/clock.cc reads the machine's clocks; what decides gets its time as an input."""
    clock = re.compile(r"(system_clock|steady_clock|high_resolution_clock)::now|\bclock_gettime\(|\bgettimeofday\(")
    core = [path for path in files if path.parts[0] in ("common", "master", "worker", "cli")]
    return [(path, f"line {number}: {line.strip()}")
            for path, number, line in source_lines(core, {".cc", ".h"})
            if clock.search(line) and path != pathlib.Path("common/base/clock.cc")]


def one_door_to_the_files(files):
    """Only common/base/files.cc opens, moves, links and syncs files, so that a test can make any of it fail."""
    raw = re.compile(r"(?<![\w.>~:])(::)?(open(at)?|creat|rename(at)?|link|fsync|fdatasync|fopen)\([^)\s]"
                     r"|std::[io]?fstream\b|fs::rename\(|filesystem::rename\(")
    core = [path for path in files if path.parts[0] in ("common", "master", "worker", "cli")]
    return [(path, f"line {number}: {line.strip()}")
            for path, number, line in source_lines(core, {".cc", ".h"})
            if raw.search(line) and not line.lstrip().startswith("//")
            and path != pathlib.Path("common/base/files.cc")]


def no_loop_over_part_of_a_temporary(files):
    """`for (x : F().value())`, `for (x : F()->rows)`: the Result is gone before the first step. Name it first."""
    loop = re.compile(r"\bfor \([^;]* : (.*\)(\.value\(\)|->[^()]*)|\*[\w.:>-]+\(.*\))\) ?\{?$")
    return [(path, f"line {number}: {line.strip()}")
            for path, number, line in source_lines(files, {".cc", ".h"}) if loop.search(line.rstrip())]


def what_is_accepted_has_an_effect(files):
    """Each field of the specs and messages and each setting is read by something (.ci/fields.py)."""
    sources = [str(path) for path in files if path.suffix in {".cc", ".h", ".py"}
               and path.parts[0] in ("common", "master", "worker", "cli", "sdk")]
    unread, read = fields.unread(lambda path: (ROOT / path).read_text(errors="replace"), sources)
    return ([(name, "nobody reads it: make it work, refuse it with a word, or remove it") for name in unread]
            + [(name, "is read, or gone: take it off ALLOWED") for name in read])


def no_dashed_rules(files):
    """A heading is words: no rules of dashes or equals signs in comments."""
    rule = re.compile(r"^\s*(//|#) ?(-{3,}|={3,})")
    return [(path, f"line {number}: {line.strip()[:40]}")
            for path, number, line in source_lines(files) if rule.search(line)]


def a_readme_in_every_folder(files):
    """Each folder that holds code says what lives there."""
    tops = {"common", "master", "worker", "cli", "sdk", "proto", "bench", "docs", "tests", "examples"}
    folders = {path.parent for path in files if path.suffix in {".cc", ".proto"}
               and path.parts[0] in {"common", "master", "worker", "cli"}}
    folders |= {pathlib.Path(path.parts[0]) for path in files if path.parts[0] in tops and len(path.parts) > 1}
    have = set(files)
    return [(folder, "has no README.md") for folder in sorted(folders)
            if folder / "README.md" not in have and folder.parent / "README.md" not in have]


def headers_are_guarded_once(files):
    """Every header begins with what it is and has #pragma once."""
    wrong = []
    for path in files:
        if path.suffix != ".h":
            continue
        text = (ROOT / path).read_text(errors="replace")
        if "#pragma once" not in text:
            wrong.append((path, "has no #pragma once"))
        if not text.startswith("//"):
            wrong.append((path, "does not begin with a comment that says what it is"))
    return wrong


def the_state_diagram_is_the_tables(_):
    """The diagrams in docs/architecture.md are what .ci/states.py makes of common/model/state.cc."""
    document = states.DOCUMENT
    if document.exists() and states.diagram() in document.read_text():
        return []
    return [(document.relative_to(ROOT), "run .ci/states.py --write")]


RULES = [small_files, short_lines, nothing_left_to_do, no_sleep_in_tests, no_skipped_tests, one_door_to_the_clock,
         one_door_to_the_files, no_loop_over_part_of_a_temporary, what_is_accepted_has_an_effect, no_dashed_rules,
         a_readme_in_every_folder, headers_are_guarded_once, the_state_diagram_is_the_tables]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--junit")
    options = parser.parse_args()
    files = tracked()
    suite = ElementTree.Element("testsuite", name="tidy", tests=str(len(RULES)))
    broken = 0
    for rule in RULES:
        case = ElementTree.SubElement(suite, "testcase", classname="tidy", name=rule.__name__)
        breaks = rule(files)
        found = [f"{path}: {what}" for path, what in breaks if (rule.__name__, str(path)) not in ALLOWED]
        # The list only shrinks: who keeps a rule again is taken off it.
        breakers = {str(path) for path, _ in breaks}
        found += [f"{path}: keeps this rule now: take it off ALLOWED" for name, path in ALLOWED
                  if name == rule.__name__ and path not in breakers]
        if not found:
            continue
        broken += 1
        ElementTree.SubElement(case, "failure", message="\n".join(found))
        print(f"{rule.__name__}: {rule.__doc__}", file=sys.stderr)
        for line in found:
            print(f"  {line}", file=sys.stderr)
    if options.junit:
        ElementTree.ElementTree(suite).write(options.junit, encoding="unicode")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
