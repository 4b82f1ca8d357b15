import { expect, test } from "vitest";
import { inline, isSafeLink, parseMarkdown } from "./markdown";

const cpuMs = () => process.cpuUsage().user / 1000; // not the clock: the machine may do much else

test("what docs are written in", () => {
  expect(parseMarkdown("# A\ntext *a* **b** `c`\nmore\n\n- x\n- y\n  1. z\n\n> q\n\n```py\n<b>\n```\n---\n| a | b |\n|---|---|\n| 1 | `2` |")).toEqual([
    { kind: "heading", level: 1, children: ["A"] },
    { kind: "paragraph", children: ["text ", { kind: "em", children: ["a"] }, " ", { kind: "strong", children: ["b"] }, " ", { kind: "code", text: "c" }, "\nmore"] },
    { kind: "list", ordered: false, start: 1, items: [[{ kind: "paragraph", children: ["x"] }],
      [{ kind: "paragraph", children: ["y"] }, { kind: "list", ordered: true, start: 1, items: [[{ kind: "paragraph", children: ["z"] }]] }]] },
    { kind: "quote", children: [{ kind: "paragraph", children: ["q"] }] },
    { kind: "code", language: "py", text: "<b>" },
    { kind: "rule" },
    { kind: "table", head: [["a"], ["b"]], rows: [[["1"], [{ kind: "code", text: "2" }]]] },
  ]);
});

test("docs indented like the code around them", () => {
  expect(parseMarkdown("\n    ### Title\n    words\n\n        code\n    ")).toEqual([
    { kind: "heading", level: 3, children: ["Title"] }, { kind: "paragraph", children: ["words"] }, { kind: "code", language: "", text: "code" },
  ]);
});

test("links lead to http and https only; the rest is text", () => {
  for (const bad of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "//evil", "vbscript:x", "/dags", "https://a b", " javascript:x", "https://\"onclick=x"]) {
    expect(isSafeLink(bad), bad).toBe(false);
    expect(JSON.stringify(inline(`[x](${bad})`)), bad).not.toContain('"href":"java');
  }
  expect(inline("[x](javascript:alert)")).toEqual(["x"]);
  expect(inline("see https://a.b/c_d_e?x=1, or <https://f>")).toEqual(["see ", { kind: "link", href: "https://a.b/c_d_e?x=1", children: ["https://a.b/c_d_e?x=1"] }, ", or ", { kind: "link", href: "https://f", children: ["https://f"] }]);
  expect(inline("[a](https://x/(y))")).toEqual([{ kind: "link", href: "https://x/(y)", children: ["a"] }]);
});

test("HTML is text", () => {
  expect(parseMarkdown("<script>alert(1)</script><img src=x onerror=alert(1)>")).toEqual([{ kind: "paragraph", children: ["<script>alert(1)</script><img src=x onerror=alert(1)>"] }]);
});

test("names with underscores stay names, stars that mean nothing stay stars", () => {
  expect(inline("train_the_model 2 * 3 * 4 \\*x\\*")).toEqual(["train_the_model 2 * 3 * 4 *x*"]);
});

test("hostile text ends soon", () => {
  const began = cpuMs();
  for (const piece of ["[", "*", "**", "_", "`", "> ", "- ", "![](", "  - ", "|", "~~a", "<https://", "# "]) {
    parseMarkdown(piece.repeat(20_000));
    parseMarkdown(`${piece}\n`.repeat(5_000));
  }
  expect(cpuMs() - began).toBeLessThan(8000);
}, 120_000);
