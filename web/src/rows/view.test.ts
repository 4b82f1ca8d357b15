import { expect, test } from "vitest";
import { onOf, short } from "./actions";
import { boxOf, moved } from "./focus";
import { cellAt, partOf, scrollFor } from "./window";

test("the part that is drawn covers what is seen, in whole steps, and no more than there is", () => {
  expect(partOf(0, 480, 24, 1000, 16, 8)).toEqual({ from: 0, to: 32 });
  const part = partOf(12_345, 480, 24, 1000, 16, 8);
  expect(part.from * 24).toBeLessThanOrEqual(12_345);
  expect(part.to * 24).toBeGreaterThanOrEqual(12_345 + 480);
  expect(part.from % 16).toBe(0);
  expect(partOf(23_900, 480, 24, 1000, 16, 8).to).toBe(1000);
  expect(partOf(0, 480, 24, 0, 16, 8)).toEqual({ from: 0, to: 0 });
  expect(partOf(5000, 480, 24, 3, 16, 8)).toEqual({ from: 3, to: 3 });
});

test("what lies under the pointer", () => {
  expect(cellAt(41, 25, 3, 2)).toEqual({ column: 2, row: 1 });
  expect(cellAt(60, 0, 3, 2)).toBeNull();
  expect(cellAt(-1, 0, 3, 2)).toBeNull();
});

test("scrolls only as far as it must", () => {
  expect(scrollFor(100, 24, 0, 480)).toBe(0);
  expect(scrollFor(470, 24, 0, 480)).toBe(14);
  expect(scrollFor(10, 24, 100, 480)).toBe(10);
});

test("the focus moves within the grid, up to the runs' row, and Shift keeps an anchor", () => {
  const at = (row: number, column: number) => ({ row, column, anchor: null });
  expect(moved(at(0, 0), "ArrowUp", false, 3, 3)).toEqual(at(-1, 0));
  expect(moved(at(-1, 0), "ArrowLeft", false, 3, 3)).toEqual(at(-1, 0));
  expect(moved(at(2, 2), "ArrowDown", false, 3, 3)).toEqual(at(2, 2));
  expect(moved(at(1, 1), "End", false, 3, 3)).toEqual(at(1, 2));
  expect(moved(at(0, 0), "x", false, 3, 3)).toBeNull();
  const several = moved(moved(at(0, 0), "ArrowDown", true, 3, 3)!, "ArrowRight", true, 3, 3)!;
  expect(boxOf(several)).toEqual({ top: 0, bottom: 1, left: 0, right: 1 });
  expect(moved(several, "ArrowDown", false, 3, 3)!.anchor).toBeNull();
});

test("what a dialog is opened for: each part encoded, tasks of one run named once", () => {
  const one = onOf("a/b", "r,1", "한글%");
  expect(one).toBe("a%2Fb/r%2C1/%ED%95%9C%EA%B8%80%25");
  expect(short([one])).toEqual({ on: one });
  expect(short([onOf("d", "r", "a"), onOf("d", "r", "b")])).toEqual({ on: "d/r", tasks: "a,b" });
  expect(short([onOf("d", "r", "a"), onOf("d", "r2", "a")])).toEqual({ on: "d/r/a,d/r2/a" });
});
