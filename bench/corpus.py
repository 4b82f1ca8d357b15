#!/usr/bin/env python3
"""How many of the DAG files of public repositories load, and why each other one doesn't.

    bench/corpus.py --mirrors DIR --repos FILE [--repo OWNER/NAME] [--python VENV/bin/python] [--show] [--json OUT]

DIR holds bare git snapshots, DIR/<owner>+<name>/repo; FILE names one <owner>/<name> a line. A file counts if it makes a
DAG by its syntax tree and is in no folder of tests; --per of them a repository, chosen by hash. Each is read by
gale.parse_file in a process of its own, forked from one that has the SDK imported: what the master does, without one.
--python: the environment that the files find their packages in. Nothing of the repositories is kept.

"Fair" leaves out the files whose failure is their own environment's: a package, a provider that isn't installed, a
module that isn't in their repository, a variable, a connection, a file, a network. "Possible" leaves out what Airflow
refuses too (a cycle, a name that isn't defined, Python 2) and what works on Airflow's own database, which is refused in
one sentence.
"""
import argparse
import ast
import collections
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

SDK = pathlib.Path(__file__).resolve().parent.parent / "sdk" / "python"
FILE_BYTES_MAX = 1 << 20
SECONDS_A_FILE = 30
DAG_FOLDERS = ("dags", "dag", "dags_folder", "airflow_dags")

CHILD = r"""
import json, os, signal, sys, traceback
sys.path[:] = [sys.argv[1], *(path for path in sys.path if path not in ("", os.getcwd()))]
sys.dont_write_bytecode = True
from gale import bundled
from gale.parse_file import parse_file
bundled.provide()
answers = os.fdopen(os.dup(1), "w")
null = os.open(os.devnull, os.O_RDWR)
for number in range(3):
    os.dup2(null, number)
for path in sys.argv[3:]:
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        os.setpgid(0, 0)
        signal.alarm(SECONDS)
        try:
            specs, error, _ = parse_file(path, sys.argv[2])
            found = [path, len(specs), error]
        except BaseException:
            found = [path, 0, "OURS " + traceback.format_exc()]
        with os.fdopen(write, "w") as file:
            json.dump(found, file)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as file:
        text = file.read()
    _, status = os.waitpid(pid, 0)
    try:
        os.killpg(pid, signal.SIGKILL)  # what the file may have started
    except OSError:
        pass
    print(text or json.dumps([path, 0, f"its process ended with {status}"]), file=answers, flush=True)
"""


def number_of(text):
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)


def name_of(node):
    return getattr(node, "id", getattr(node, "attr", ""))


def makes_dag(source):
    if b"airflow" not in source:
        return False
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError):
        return False
    decorators = [getattr(each, "func", each) for node in nodes if isinstance(node, ast.FunctionDef)
                  for each in node.decorator_list]
    return any(isinstance(node, ast.Call) and name_of(node.func) == "DAG" for node in nodes) or \
        any(name_of(each) == "dag" for each in decorators)


def unpack(git_dir, to):
    git = ["git", "--git-dir", str(git_dir)]
    tree = subprocess.run([*git, "ls-tree", "-r", "-z", "HEAD"], capture_output=True, check=True).stdout
    entries = (entry.split(b"\t", 1) for entry in tree.split(b"\0") if entry.startswith(b"100"))
    with subprocess.Popen([*git, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as cat:
        for meta, path in entries:
            cat.stdin.write(meta.split()[2] + b"\n")
            cat.stdin.flush()
            head = cat.stdout.readline().split()
            if len(head) < 3 or head[1] != b"blob":  # a snapshot lacks the largest
                continue
            data = cat.stdout.read(int(head[2]) + 1)[:-1]
            if len(data) <= FILE_BYTES_MAX:
                file = to / os.fsdecode(path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)


def sample(root, per):
    files, seen = [], set()
    for path in sorted(root.rglob("*.py")):
        if path.is_symlink() or not path.is_file() or "/test" in str(path.relative_to(root)).lower():
            continue
        source = path.read_bytes()
        digest = hashlib.sha256(source).digest()
        if digest not in seen and makes_dag(source):
            seen.add(digest)
            files.append(path)
    return sorted(files, key=lambda path: number_of(str(path.relative_to(root))))[:per]


def dags_folder(path, root):
    """The nearest folder above it that is named as DAG folders are, else its own."""
    for parent in path.parents:
        if parent.name.lower() in DAG_FOLDERS:
            return parent
        if parent == root:
            break
    return path.parent


ENVIRONMENT = {"package", "provider", "variable or connection", "file, network or setting",
               "module not in the repository"}
IMPOSSIBLE = {"Airflow's own database", "Airflow refuses it, too"}
RULES = [  # (pattern in the error's last line, class); the first that fits
    (r"works on Airflow's own database", "Airflow's own database"),
    (r"[Vv]ariable \S+ does not exist|[Cc]onnection .*(isn't|not) (defined|found|there)|NotFoundException",
     "variable or connection"),
    (r"^((FileNotFound|Permission|NotADirectory)Error|OSError|json.decoder|\S*NotSetError|KeyError: '[A-Z0-9_]+')",
     "file, network or setting"),
    (r"\b(ConnectionError|ConnectionRefused|gaierror|URLError|HTTPError|OperationalError|\w+Credentials)",
     "file, network or setting"),
    (r"form a cycle|DuplicateTaskIdFound|^(NameError|SyntaxError|IndentationError|TabError)",
     "Airflow refuses it, too"),
]


def classify(error, root):
    """(class, what) of a file's error."""
    last = next((line for line in reversed(error.strip().splitlines()) if line.strip() and line[0] != " "), "")
    if error.startswith("OURS") or f'File "{SDK}' in error:
        return "a traceback of ours", last[:140]
    name = re.search(r"does not support (airflow[\w.]*(?::\w+)?)|No module named '(airflow\.[\w.]*)'", last)
    if name:
        name = name.group(1) or name.group(2)
        is_provider = re.match(r"airflow\.(providers\.(?!standard|common\.(compat|io))|contrib)", name)
        return "provider" if is_provider else "missing name", name
    for pattern, kind in RULES:
        if re.search(pattern, last):
            return kind, last[:100]
    name = re.search(r"No module named '([\w.]+)'|cannot import name '\w+' from '([\w.]+)'", last)
    if not name:
        return "other", last[:140]
    name = name.group(1) or name.group(2)
    wanted = name.replace(".", "/")
    there = [path for path in root.rglob("*") if path.as_posix().endswith((f"/{wanted}.py", f"/{wanted}"))]
    if not there:
        return ("package" if "." not in name else "module not in the repository"), name.split(".")[0]
    return "module not found though in the repository", name


def read_repository(git_dir, args):
    place = pathlib.Path(tempfile.mkdtemp(prefix="corpus-"))
    root, home, rows = place / "tree", place / "home", []
    try:
        root.mkdir()
        home.mkdir()
        unpack(git_dir, root)
        folders = collections.defaultdict(list)
        for path in sample(root, args.per):
            folders[dags_folder(path, root)].append(str(path))
        env = {name: value for name, value in os.environ.items() if not name.startswith(("GALE", "AIRFLOW", "PYTHON"))}
        for folder, wanted in folders.items():
            code = CHILD.replace("SECONDS", str(SECONDS_A_FILE))
            done = subprocess.run([args.python, "-c", code, str(SDK), str(folder), *wanted], capture_output=True,
                                  text=True, env={**env, "HOME": str(home)}, cwd="/", check=True)
            for path, dags, error in map(json.loads, done.stdout.splitlines()):
                kind = ("loads", "") if dags and not error else \
                    classify(error, root) if error else ("no DAG and no error", "")
                rows.append({"path": os.path.relpath(path, root), "class": kind[0], "what": kind[1], "error": error})
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return rows


def report(rows, seconds):
    count = collections.Counter(row["class"] for row in rows)
    print(f"\n{len(rows)} files of {len({row['repo'] for row in rows})} repositories in {seconds:.0f} s")
    for kind, files in count.most_common():
        print(f"  {files:5}  {kind}")
    for name, without in (("raw", set()), ("fair", ENVIRONMENT), ("possible", ENVIRONMENT | IMPOSSIBLE)):
        total = sum(files for kind, files in count.items() if kind not in without)
        print(f"{name}: {count['loads']}/{total} = {100 * count['loads'] / max(1, total):.1f} %")
    for kind, _ in count.most_common():
        top = collections.Counter(row["what"] for row in rows if row["class"] == kind and row["what"]).most_common(20)
        if top:
            print(f"\n{kind}:", *(f"\n  {files:4}  {what}" for what, files in top), sep="")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirrors", required=True, type=pathlib.Path)
    parser.add_argument("--repos", required=True, type=pathlib.Path)
    parser.add_argument("--repo", action="append")
    parser.add_argument("--python", default=shutil.which("python3"))
    parser.add_argument("--per", type=int, default=40)
    parser.add_argument("--show", action="store_true", help="the errors that are not the environment's")
    parser.add_argument("--json")
    args = parser.parse_args()
    args.python = os.path.abspath(args.python)
    rows, begin = [], time.monotonic()
    for repo in args.repo or args.repos.read_text().split():
        git_dir = args.mirrors / repo.replace("/", "+") / "repo"
        git_dir = git_dir / ".git" if (git_dir / ".git").exists() else git_dir
        if not git_dir.exists():
            continue
        mine = [{"repo": repo, **row} for row in read_repository(git_dir, args)]
        rows += mine
        count = collections.Counter(row["class"] for row in mine)
        others = {kind: files for kind, files in count.most_common() if kind != "loads"}
        print(f"{repo:45} {len(mine):3} files {count['loads']:3} load  {others or ''}", flush=True)
        for row in mine if args.show else ():
            if row["class"] not in ENVIRONMENT | {"loads"}:
                print("   ", row["path"], *row["error"].splitlines()[-5:], sep="\n      ")
    report(rows, time.monotonic() - begin)
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(rows, indent=0))


if __name__ == "__main__":
    main()
