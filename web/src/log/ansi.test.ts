import { expect, test } from "vitest";
import { classesOf, parseAnsi, plain } from "./ansi";

const parts = (line: string) => parseAnsi(line).spans.map((span) => [span.text, classesOf(span.style)]);

test("a line without colours is one span, an empty one none", () => {
  expect(parts("plain <b>&amp;</b>")).toEqual([["plain <b>&amp;</b>", ""]]);
  expect(parts("")).toEqual([]);
});

test("colours begin and end where they are said to", () => {
  expect(parts("\x1b[31mred\x1b[0m none \x1b[1;32mbold green\x1b[22m green\x1b[39m none")).toEqual([
    ["red", "a-red"], [" none ", ""], ["bold green", "a-green a-bold"], [" green", "a-green"], [" none", ""],
  ]);
  expect(parts("\x1b[mx\x1b[93;44my")).toEqual([["x", ""], ["y", "a-yellow b-blue"]]);
});

test("a colour goes on in the next line", () => {
  const first = parseAnsi("\x1b[35mone");
  expect(classesOf(first.after)).toBe("a-magenta");
  const second = parseAnsi("two\x1b[0m three", first.after);
  expect(second.spans.map((span) => classesOf(span.style))).toEqual(["a-magenta", ""]);
  expect(second.after).toBe(plain);
});

test("of 256 and of all colours the nearest of the eight is taken", () => {
  expect(parts("\x1b[38;5;196mr\x1b[38;5;46mg\x1b[38;2;20;40;250mb\x1b[48;5;11mon yellow")).toEqual([
    ["r", "a-red"], ["g", "a-green"], ["b", "a-blue"], ["on yellow", "a-blue b-yellow"],
  ]);
  expect(parts("\x1b[38:2::250:250:250mw\x1b[38;5;240mgrey")).toEqual([["w", "a-white"], ["grey", "a-black"]]);
  expect(parts("\x1b[38;5;1;4mred, under")).toEqual([["red, under", "a-red a-ul"]]);
});

test("what moves the cursor, names windows or makes links is left out, its text stays", () => {
  expect(parts("\x1b[2K\x1b[1Ahello\x1b[?25l")).toEqual([["hello", ""]]);
  expect(parts("\x1b]0;title\x07a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b")).toEqual([["alinkb", ""]]);
  expect(parts("\x1b(Bx\x1b=y")).toEqual([["xy", ""]]);
});

test("what is no escape stays as it is", () => {
  expect(parts("\x1b[31")).toEqual([["\x1b[31", ""]]);
  expect(parts("a\x1b")).toEqual([["a\x1b", ""]]);
  expect(parts("\x1b[>4mx")).toEqual([["x", ""]]);
  expect(parts("\x1b[999;888mx")).toEqual([["x", ""]]);
});

test("inverse changes the colours' places", () => {
  expect(parts("\x1b[31;7mx\x1b[27my")).toEqual([["x", "b-red"], ["y", "a-red"]]);
  expect(parts("\x1b[7mx")).toEqual([["x", "a-inv"]]);
});

test("a long line of escapes is parsed in time that grows with it, no more", () => {
  const began = performance.now();
  parseAnsi("\x1b[31mx\x1b[0my".repeat(50_000));
  parseAnsi("\x1b[".repeat(200_000));
  parseAnsi("\x1b]".repeat(20_000));
  expect(performance.now() - began).toBeLessThan(3000);
});
