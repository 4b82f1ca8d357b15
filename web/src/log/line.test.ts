import { expect, test } from "vitest";
import { classesOf } from "./ansi";
import { hitsIn, lastState, outside, piecesOf, spansOf, toneOf, visible } from "./line";

test("a progress bar is what it last was", () => {
  expect(lastState("10%\r50%\r100%")).toBe("100%");
  expect(lastState("done\r")).toBe("done");
  expect(lastState("\r\r")).toBe("");
  expect(lastState("as it is")).toBe("as it is");
  const coloured = spansOf("\x1b[32m10%\r20%");
  expect(coloured.spans.map((span) => [span.text, classesOf(span.style)])).toEqual([["20%", "a-green"]]);
});

test("control characters and those that turn text round are seen, tabs stay", () => {
  expect(visible("a\0b\x07c\td\x7f")).toBe("a␀b␇c\td␡");
  expect(visible("evil\u202egnp.exe\u0085")).toBe("evil<U+202E>gnp.exe<U+0085>");
  expect(visible("한국어 😀")).toBe("한국어 😀");
});

test("links and hits cut the spans, over colours too", () => {
  const { spans } = spansOf("see \x1b[31mhttps://a.b/c?d=1\x1b[0m).");
  expect(piecesOf(spans, "").map((piece) => [piece.text, piece.href])).toEqual([
    ["see ", undefined], ["https://a.b/c?d=1", "https://a.b/c?d=1"], [").", undefined],
  ]);
  const hits = piecesOf(spansOf("Out of \x1b[1mMEMORY\x1b[0m, out of memory").spans, "out of memory");
  expect(hits.map((piece) => [piece.text, piece.hit])).toEqual([["Out of ", 0], ["MEMORY", 0], [", ", undefined], ["out of memory", 1]]);
  expect(piecesOf(spansOf("http://x/abc").spans, "x/a").map((piece) => [piece.text, piece.hit, piece.href])).toEqual([
    ["http://", undefined, "http://x/abc"], ["x/a", 0, "http://x/abc"], ["bc", undefined, "http://x/abc"],
  ]);
});

test("only http and https are links", () => {
  for (const text of ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x"]) {
    expect(piecesOf(spansOf(text).spans, "").every((piece) => piece.href === undefined), text).toBe(true);
  }
});

test("hits don't overlap, case counts if asked", () => {
  expect(hitsIn("aaaa", "aa", false)).toEqual([0, 2]);
  expect(hitsIn("aA", "A", true)).toEqual([1]);
  expect(hitsIn("abc", "", false)).toEqual([]);
});

function tones(lines: string[]) {
  let at = outside;
  return lines.map((line) => { const { tone, after } = toneOf(line, at); at = after; return tone; });
}

test("a traceback is an error from its first line to its message's last", () => {
  expect(tones([
    "step 1", "Traceback (most recent call last):", '  File "t.py", line 2, in <module>', "    f()", "OutOfMemoryError: CUDA out of memory.",
    "GPU 0: 79.1 GiB in total", "gale: exit code 1 after 7:22", "next",
  ])).toEqual(["", "error", "error", "error", "error", "error", "own", ""]);
  expect(tones(["Traceback (most recent call last):", "  a", "E: 1", "", "During handling of the above exception, another exception occurred:", "",
    "Traceback (most recent call last):", "  b", "F: 2", "[2026-11-28] INFO on we go"]))
    .toEqual(["error", "error", "error", "", "error", "", "error", "error", "error", ""]);
});

test("levels of logs are seen, words that only look like them aren't", () => {
  expect(tones(["2026 ERROR x", "level=error x", '{"level": "error"}', "errors: 0", "no Error here", "WARNING y", "x.py:1: UserWarning: z", "gale: try 1"]))
    .toEqual(["error", "error", "error", "", "", "warn", "warn", "own"]);
});
