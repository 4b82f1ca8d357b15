import { expect, test } from "vitest";
import { linesAround } from "./around";
import { isOwn, parseTrace } from "./trace";

const file = "/srv/dags/seg.py";

test("a module that isn't there: what, where, and what to install", () => {
  const told = `Traceback (most recent call last):\n  File "${file}", line 14, in <module>\n    import sklearn.svm\nModuleNotFoundError: No module named 'sklearn'`;
  const trace = parseTrace(`${told}\ngale: no package in /venv and no file on the DAGs' path has 'sklearn'; if it is a package's: /venv/bin/python -m pip install scikit-learn`, file);
  expect(trace).toMatchObject({ type: "ModuleNotFoundError", message: "No module named 'sklearn'", line: 14, cause: { kind: "module", module: "sklearn", install: "/venv/bin/python -m pip install scikit-learn" } });
  expect(parseTrace(told, file)).toMatchObject({ message: "No module named 'sklearn'", cause: { kind: "other" } });
  expect(parseTrace(told.replace("named 'sklearn'", "named 'airflow.x'"), file).cause).toEqual({ kind: "module", module: "airflow.x", install: null });
  expect(trace.frames).toEqual([{ file, line: 14, scope: "<module>", code: ["import sklearn.svm"], own: true }]);
});

test("a deep error: the reader's frames are told from Python's, the line is the file's own", () => {
  const trace = parseTrace(
    `Traceback (most recent call last):\n  File "${file}", line 5, in <module>\n    load("{bad")\n  File "/srv/dags/lib/read.py", line 4, in load\n    return json.loads(text)\n           ^^^^^^^^^^^^^^^^\n` +
    `  File "/usr/lib/python3.11/json/decoder.py", line 353, in raw_decode\n    obj, end = self.scan_once(s, idx)\njson.decoder.JSONDecodeError: Expecting property name: line 1 column 2 (char 1)`, file);
  expect(trace.type).toBe("JSONDecodeError");
  expect(trace.message).toBe("Expecting property name: line 1 column 2 (char 1)");
  expect(trace.line).toBe(5);
  expect(trace.frames.map((frame) => frame.own)).toEqual([true, true, false]);
  expect(trace.frames[1]!.code).toEqual(["return json.loads(text)", "       ^^^^^^^^^^^^^^^^"]);
});

test("syntax, without a traceback", () => {
  const trace = parseTrace(`  File "${file}", line 2\n    def f(:\n          ^\nSyntaxError: invalid syntax`, file);
  expect(trace).toMatchObject({ type: "SyntaxError", line: 2, cause: { kind: "syntax", why: "invalid syntax" } });
  expect(trace.frames[0]!.code).toEqual(["def f(:", "      ^"]);
});

test("of errors that follow each other, the last is told", () => {
  const trace = parseTrace(
    `Traceback (most recent call last):\n  File "${file}", line 1, in <module>\n    {}["a"]\nKeyError: 'a'\n\nDuring handling of the above exception, another exception occurred:\n\n` +
    `Traceback (most recent call last):\n  File "${file}", line 3, in <module>\n    raise RuntimeError("two\\nlines")\nRuntimeError: two\nlines`, file);
  expect(trace).toMatchObject({ type: "RuntimeError", message: "two\nlines", line: 3 });
});

test("the master's own words", () => {
  expect(parseTrace(`${file}: DAG 'cyc': the tasks form a cycle: a -> b -> a`, file)).toMatchObject({ type: "", message: "DAG 'cyc': the tasks form a cycle: a -> b -> a", cause: { kind: "cycle", dag: "cyc", tasks: ["a", "b", "a"] } });
  expect(parseTrace("DAG 'x' is also defined in /srv/dags/y.py: a dag_id may stand in one file only\n", file).cause).toEqual({ kind: "duplicate", dag: "x", other: "/srv/dags/y.py" });
  expect(parseTrace(`${file}: the parse server said nothing for 60 s (Python: 'python3')`, file).cause.kind).toBe("time");
});

test("anything else is itself", () => {
  expect(parseTrace("", file)).toMatchObject({ type: "", message: "", frames: [], cause: { kind: "other" } });
  expect(parseTrace("<script>alert(1)</script>", file).message).toBe("<script>alert(1)</script>");
  expect(parseTrace("x".repeat(100_000), file).message).toHaveLength(100_000);
  expect(parseTrace(`  File "a", line 1, in b\n`.repeat(1000), file).frames).toHaveLength(200);
});

test("whose a file is", () => {
  for (const [path, own] of [["/srv/dags/lib/x.py", true], ["/home/me/tools.py", true], ["/usr/lib/python3.11/json/__init__.py", false], ["/venv/lib/python3.12/site-packages/torch/x.py", false], ["<frozen importlib._bootstrap>", false]] as const) expect(isOwn(path, file), path).toBe(own);
});

test("lines around are shown where the version in use has the line that fails", () => {
  const content = "import a\nimport b\n\nimport timm\n\nx = 1\ny = 2\nz = 3";
  expect(linesAround(content, 4, "import timm").map((line) => line.n)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(linesAround(content, 1, "import a").map((line) => line.text)).toEqual(["import a", "import b", "", "import timm"]);
  expect(linesAround(content, 4, "import other")).toEqual([]);
  expect(linesAround(content, 99, "import timm")).toEqual([]);
  expect(linesAround("", 1, "")).toEqual([]);
});
