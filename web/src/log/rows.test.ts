import { expect, test } from "vitest";
import { bytesReader } from "./bytes";
import { Folds, hides, rowAt, rowsOf, type Row } from "./rows";
import { LogWindow } from "./window";

async function linesOf(text: string) {
  const window = new LogWindow(bytesReader(text).reader);
  await window.openAt(0);
  return window.lines;
}
const said = (row: Row) => (row.kind === "line" ? `${row.number} ${row.line.text}` : `${row.open ? "v" : ">"} ${row.of} ${row.title} ${row.count}`);
const show = async (text: string, folds = new Folds()) => rowsOf(await linesOf(text), 1, folds).map(said);

test("groups are folded, with their names and counts, and lines keep their numbers", async () => {
  expect(await show("a\n::group::Set up <b>\nb\nc\n::endgroup::\nd\n")).toEqual(["1 a", "> group Set up <b> 2", "6 d"]);
  expect(await show("[2026-11-28] INFO - ::group::in a line\nb\n::endgroup::\nc")).toEqual(["> group in a line 1", "4 c"]);
});

test("a group in a group, and one without an end, which is no fold", async () => {
  const folds = new Folds();
  folds.set(0, true);
  expect(await show("::group::out\n::group::in\nx\n::endgroup::\ny\n::endgroup::\nz", folds)).toEqual(["v group out 4", "> group in 1", "5 y", "7 z"]);
  expect(await show("::group::open\nx\n")).toEqual(["1 ::group::open", "2 x"]);
  expect(await show("x\n::endgroup::\ny")).toEqual(["1 x", "2 ::endgroup::", "3 y"]);
});

test("a group with an error in it is open", async () => {
  expect(await show("::group::g\nERROR x\n::endgroup::\n")).toEqual(["v group g 1", "2 ERROR x"]);
});

test("repeated lines are folded behind the first", async () => {
  expect(await show("a\n" + "same\n".repeat(8) + "b\n")).toEqual(["1 a", "2 same", "> repeat  7", "10 b"]);
  expect(await show("same\n".repeat(4) + "b\n")).toEqual(["1 same", "2 same", "3 same", "4 same", "5 b"]);
  const folds = new Folds();
  folds.set(5, true);
  expect(await show("same\n".repeat(6) + "b\n", folds)).toEqual(["1 same", "v repeat  5", "2 same", "3 same", "4 same", "5 same", "6 same", "7 b"]);
});

test("what was decided of a fold stays as the log grows", async () => {
  const folds = new Folds();
  expect(await show("::group::g\nx\n", folds)).toEqual(["1 ::group::g", "2 x"]);
  expect(await show("::group::g\nx\n::endgroup::\n", folds)).toEqual(["> group g 1"]);
  expect(await show("::group::g\nx\nERROR\n::endgroup::\n", folds)).toEqual(["> group g 2"]);
});

test("what hides a byte is found", async () => {
  const rows = rowsOf(await linesOf("a\n::group::g\nbb\ncc\n::endgroup::\nd\n"), 1, new Folds());
  expect(hides(rows, 15)).toMatchObject({ kind: "fold", title: "g" });
  expect(hides(rows, 0)).toBeUndefined();
  expect(rowAt(rows, 32)).toBe(2);
  expect(hides(rows, 34)).toBeUndefined();
});

test("tones and colours go over lines, and follow when earlier lines come in", async () => {
  const lines = await linesOf("\x1b[31mTraceback (most recent call last):\n  File x\nE: y\n\x1b[0mnext\n");
  const tail = rowsOf(lines.slice(1), 2, new Folds());
  expect(tail.map((row) => row.kind === "line" && [row.tone, row.style.fg])).toEqual([["", undefined], ["", undefined], ["", undefined]]);
  const whole = rowsOf(lines, 1, new Folds());
  expect(whole.map((row) => row.kind === "line" && [row.tone, row.style.fg])).toEqual([["error", undefined], ["error", "red"], ["error", "red"], ["error", "red"]]);
});
