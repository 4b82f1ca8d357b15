import { expect, test } from "vitest";
import { bytesReader } from "./bytes";
import { CHUNK, KEPT_BYTES_MAX, KEPT_LINES_MAX, LogWindow } from "./window";

const numbered = (n: number) => Array.from({ length: n }, (_, i) => `line ${i + 1} ${"·".repeat(i % 40)}\n`).join("");
const numberOf = (text: string) => Number(/^line (\d+)/.exec(text)?.[1]);
// Each line's number, as the window counts them, is the one that it says.
function check(window: LogWindow) {
  expect(window.lines.findIndex((line, n) => numberOf(line.text) !== window.first! + n)).toBe(-1);
}

test("a small log is read at once, whole", async () => {
  const log = bytesReader("one\ntwo\nthree");
  const window = new LogWindow(log.reader);
  await window.openEnd();
  expect(window.lines.map((line) => [line.offset, line.text, line.ended])).toEqual([[0, "one", true], [4, "two", true], [8, "three", false]]);
  expect([window.first, window.atEnd, log.counts().reads]).toEqual([1, true, 1]);
  expect([await window.before(), await window.after()]).toEqual([false, false]);
});

test("an empty log has no lines, and grows", async () => {
  const log = bytesReader("", false);
  const window = new LogWindow(log.reader);
  await window.openEnd();
  expect(window.lines).toEqual([]);
  log.grow("first\nsec");
  expect(await window.after()).toBe(true);
  log.grow("ond\n\n");
  expect(await window.after()).toBe(true);
  expect(window.lines.map((line) => line.text)).toEqual(["first", "second", ""]);
  expect(window.first).toBe(1);
});

test("a big log opens at its end by one read, and is walked to its beginning in bounded memory", async () => {
  const log = bytesReader(numbered(120_000));
  const window = new LogWindow(log.reader);
  await window.openEnd();
  expect(log.counts()).toEqual({ reads: 1, readBytes: CHUNK });
  expect(window.first).toBeNull();
  window.learn(log.size() - 1, 120_000);
  check(window);
  while (window.begin > 0) {
    expect(await window.before()).toBe(true);
    expect(window.end - window.begin).toBeLessThanOrEqual(KEPT_BYTES_MAX);
    expect(window.lines.length).toBeLessThanOrEqual(KEPT_LINES_MAX);
  }
  check(window);
  expect(window.first).toBe(1);
  while (!window.atEnd) expect(await window.after()).toBe(true);
  check(window);
  expect(window.first! + window.lines.length - 1).toBe(120_000);
});

test("it opens around a byte, at a line's beginning, characters whole", async () => {
  const log = bytesReader("한국어 로그\n".repeat(50_000));
  const window = new LogWindow(log.reader);
  await window.openAt(300_001);
  expect(window.holds(300_001)).toBe(true);
  expect(new Set(window.lines.map((line) => line.text))).toEqual(new Set(["한국어 로그"]));
  expect(window.begin % 17).toBe(0);
});

test("a line of megabytes is read in pieces, and doesn't hide its neighbours", async () => {
  const log = bytesReader(`before\n${"한".repeat(3_000_000)}\nafter\n`);
  const window = new LogWindow(log.reader);
  await window.openAt(0);
  while (!window.atEnd) expect(await window.after()).toBe(true);
  expect(window.lines.at(-1)!.text).toBe("after");
  expect(window.lines.some((line) => line.text.includes("\ufffd"))).toBe(false);
  while (window.begin > 0) expect(await window.before()).toBe(true);
  expect(window.lines[0]!.text).toBe("before");
});

test("an answer that comes after something else was opened is void", async () => {
  const log = bytesReader(numbered(50_000));
  const window = new LogWindow(log.reader);
  await window.openEnd();
  const late = window.before();
  await window.openAt(0);
  expect(await late).toBe(false);
  check(window);
});

test("empty lines by the hundred thousand stay within the limit", async () => {
  const log = bytesReader("\n".repeat(300_000));
  const window = new LogWindow(log.reader);
  await window.openAt(0);
  while (!window.atEnd) await window.after();
  expect(window.lines.length).toBeLessThanOrEqual(KEPT_LINES_MAX);
  expect(window.first! + window.lines.length - 1).toBe(300_000);
});
