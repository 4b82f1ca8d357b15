import { expect, test } from "vitest";
import { diff, folded } from "./diff";
import { cut, find } from "./find";
import { python } from "./python";

const tones = (text: string) => python(text).map((line) => line.map(({ tone, text: piece }) => `${tone}:${piece}`));

const cpuMs = () => process.cpuUsage().user / 1000; // not the clock: the machine may do much else

test("Python in pieces", () => {
  expect(tones('@dag.task(a=1)\ndef f(x=0x1F):  # no "string"\n    return rb"a\\"b" if not None else f\'{x}\'')).toEqual([
    ["decorator:@dag.task", ":(a=", "number:1", ":)"],
    ["keyword:def", ": ", "name:f", ":(x=", "number:0x1F", ":):  ", 'comment:# no "string"'],
    [":    ", "keyword:return", ": ", 'string:rb"a\\"b"', ": ", "keyword:if", ": ", "keyword:not", ": ", "keyword:None", ": ", "keyword:else", ": ", "string:f'{x}'"],
  ]);
});

test("a string of many lines is one on each; an open one ends with its line, or with the text", () => {
  expect(tones('x = """a\n# b\n"""\n')).toEqual([[":x = ", 'string:"""a'], ["string:# b"], ['string:"""'], []]);
  expect(tones("a = 'open\nb")).toEqual([[":a = ", "string:'open"], [":b"]]);
  expect(tones("'''open\nb")).toEqual([["string:'''open"], ["string:b"]]);
  expect(tones("m @ n")).toEqual([[":m @ n"]]);
});

test("nothing is lost, and a hostile text ends soon", () => {
  const hostile = `${'"'.repeat(9999)}${"'\\".repeat(9999)}${"@a.".repeat(9999)}${"1e".repeat(9999)}\n${"한국어 = '값'\n".repeat(999)}`;
  const began = cpuMs();
  expect(python(hostile).map((line) => line.map((piece) => piece.text).join("")).join("\n")).toBe(hostile);
  expect(cpuMs() - began).toBeLessThan(4000);
}, 120_000);

const said = (a: string, b: string) => diff(a.split(""), b.split("")).map((one) => (one.kind === "same" ? " " : one.kind === "del" ? "-" : "+") + (one.kind === "add" ? b[one.b!] : a[one.a!])).join("");

test("a diff is the shortest way, and leads from one to the other", () => {
  expect(said("abcabba", "cbabac")).toBe("-a-b c+b a b-b a+c");
  expect(said("", "ab")).toBe("+a+b");
  expect(said("ab", "")).toBe("-a-b");
  expect(said("abc", "abc")).toBe(" a b c");
  let seed = 7;
  const random = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  for (let round = 0; round < 200; round += 1) {
    const a = Array.from({ length: random(30) }, () => "abc"[random(3)]!), b = Array.from({ length: random(30) }, () => "abc"[random(3)]!);
    const made = diff(a, b);
    expect(made.filter((one) => one.kind !== "add").map((one) => a[one.a!])).toEqual(a);
    expect(made.filter((one) => one.kind !== "del").map((one) => b[one.b!])).toEqual(b);
    for (const one of made) if (one.kind === "same") expect(a[one.a!]).toBe(b[one.b!]);
  }
});

test("texts that have nothing in common are told soon", () => {
  const a = Array.from({ length: 20_000 }, (_, n) => `a${n}`), b = Array.from({ length: 20_000 }, (_, n) => `b${n}`);
  const began = cpuMs();
  expect(diff(a, b).length).toBe(40_000);
  expect(cpuMs() - began).toBeLessThan(4000);
}, 120_000);

test("what is the same is folded, but for three lines around a change", () => {
  const lines = Array.from({ length: 20 }, (_, n) => `${n}`);
  const rows = folded(diff(lines, lines.map((one) => (one === "10" ? "x" : one))), new Set());
  expect(rows.map((row) => (row.kind === "fold" ? `fold ${row.from} ${row.count}` : row.change.kind))).toEqual(
    ["fold 0 7", "same", "same", "same", "del", "add", "same", "same", "same", "fold 15 6"]);
  expect(folded(diff(lines, lines.map((one) => (one === "10" ? "x" : one))), new Set([0])).length).toBe(10 + 7 - 1);
});

test("search: a small letter finds both, a capital itself; marks cut the pieces", () => {
  expect(find(["Abc abc", "ABC"], "abc").length).toBe(3);
  expect(find(["Abc abc", "ABC"], "Abc")).toEqual([{ line: 0, from: 0, to: 3 }]);
  const hit = { line: 0, from: 2, to: 5 };
  expect(cut([{ tone: "keyword", text: "def" }, { tone: "", text: " name" }], [hit])).toEqual([
    { tone: "keyword", text: "de", hit: null }, { tone: "keyword", text: "f", hit }, { tone: "", text: " n", hit }, { tone: "", text: "ame", hit: null },
  ]);
  expect(cut([{ tone: "", text: "x".repeat(1e6) }], []).map((one) => one.text.length)).toEqual([4000, 2]);
});
