// @vitest-environment node
import ts from "typescript";
import { expect, test } from "vitest";

// No page says what isn't in the languages' files: looks for words that stand in the code where a reader would see or hear them.

// The same in every language: names, keys of the keyboard, what one types (`gale …`, Python), and Python's own words in a traceback.
const names = new Set(["gale", "Gale", "OpenAPI", "Prometheus", "DAG", "conf", "Ctrl K", "Ctrl ↵", "Esc", "Aa", "manual__…", "(Shift N)"]);
const typed = /^(gale (worker|tasks) |:8081 --|from airflow|File "$|", line$)/;
const read = new Set(["aria-label", "aria-description", "aria-roledescription", "aria-valuetext", "title", "placeholder", "alt", "label", "description", "text"]);

function literalsOf(path: string, source: string): string[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.ES2022, true, path.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
  const found: string[] = [];
  const judge = (text: string, at: ts.Node) => {
    const words = text.trim();
    if (/\p{L}{2}/u.test(words) && !names.has(words) && !typed.test(words)) found.push(`${path}:${file.getLineAndCharacterOfPosition(at.getStart()).line + 1}: ${words}`);
  };
  // What an expression may come to: "a", c ? "a" : "b", x ?? "a", `${n} a`, "a" + b. Not what it passes on: t("a").
  const value = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) judge(node.text, node);
    else if (ts.isTemplateExpression(node)) for (const part of [node.head, ...node.templateSpans.map((span) => span.literal)]) judge(part.text, part);
    else if (ts.isConditionalExpression(node)) { value(node.whenTrue); value(node.whenFalse); }
    else if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isNonNullExpression(node)) value(node.expression);
    else if (ts.isBinaryExpression(node)) {
      const of = node.operatorToken.kind;
      if (of === ts.SyntaxKind.AmpersandAmpersandToken) value(node.right);
      else if (of === ts.SyntaxKind.PlusToken || of === ts.SyntaxKind.BarBarToken || of === ts.SyntaxKind.QuestionQuestionToken) { value(node.left); value(node.right); }
    }
  };
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node)) judge(node.text, node);
    if (ts.isJsxExpression(node) && node.expression && !ts.isJsxAttribute(node.parent)) value(node.expression);
    if (ts.isJsxAttribute(node) && read.has(node.name.getText()) && node.initializer)
      value(ts.isJsxExpression(node.initializer) ? node.initializer.expression ?? node.initializer : node.initializer);
    if (ts.isCallExpression(node) && /^say$|\.setAttribute$/.test(node.expression.getText())) {
      const [first, second] = node.arguments;
      if (!second) { if (first) value(first); } else if (ts.isStringLiteral(first!) && read.has(first.text)) value(second);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

test("words in the code are found, keys and ids are not", () => {
  const page = `<p className="big" title={x ? "A title" : t("page.title")}>Hello {n ? "one" : <b>{\`\${n} more\`}</b>} · {t("page.more")} <i>DAG</i></p>`;
  expect(literalsOf("page.tsx", page)).toEqual(["page.tsx:1: A title", "page.tsx:1: Hello", "page.tsx:1: one", "page.tsx:1: more"]);
});

const sources = import.meta.glob<string>(["../**/*.ts", "../**/*.tsx", "!../**/*.test.*", "!../api/types.ts"], { eager: true, query: "?raw", import: "default" });

test("no page says what isn't in the languages' files", () => {
  expect(Object.entries(sources).flatMap(([path, source]) => literalsOf(path, source))).toEqual([]);
}, 60_000);
