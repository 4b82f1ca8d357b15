import { IntlMessageFormat } from "intl-messageformat";
import { expect, test } from "vitest";
import en from "./en.json";

const files = import.meta.glob<Record<string, Record<string, string>>>("./*.json", { eager: true, import: "default" });
const flat = (pages: Record<string, Record<string, string>>) =>
  Object.fromEntries(Object.entries(pages).flatMap(([page, texts]) => Object.entries(texts).map(([key, text]) => [`${page}.${key}`, text])));
const english = flat(en);
const others = Object.entries(files).filter(([path]) => path !== "./en.json").map(([path, pages]) => [path, flat(pages)] as const);

test.each(others)("%s has the texts that English has", (_, texts) => {
  expect(Object.keys(texts).sort()).toEqual(Object.keys(english).sort());
});

test.each(others)("each text of %s is a message, with English's values", (path, texts) => {
  const names = (text: string) => [...new Set([...text.matchAll(/\{(\w+)/g)].map((m) => m[1]!).filter((n) => /^[a-z_]/.test(n)))].sort();
  const plain = (s: string) => s.replace(/(?:\b(?:one|other|zero)|=\d+)\s*\{/g, "");
  for (const [key, text] of Object.entries(english)) {
    new IntlMessageFormat(text, "en");
    new IntlMessageFormat(texts[key]!.replace(/, (이\/가|을\/를|은\/는|과\/와)\}/g, "}"), path.slice(2, -5));
    expect(names(plain(texts[key]!)), key).toEqual(names(plain(text)));
  }
});

const sources = import.meta.glob<string>(["../**/*.ts", "../**/*.tsx", "!../**/*.test.*", "!./**"], { eager: true, query: "?raw", import: "default" });

// A pattern, `why.${kind}${tense}`, asks for what it may make: one text at least.
const pattern = (template: string) => new RegExp(`^${template.replaceAll(".", "\\.").replace(/(\$\{[^{}]*\})+/g, "([\\w-]+)")}$`);
const patternsOf = (source: string) =>
  [...source.matchAll(/`(\w+\.(?:[\w.]|\$\{[^{}`]*\})+)`/g)].map((m) => m[1]!).filter((one) => one.includes("$") && one.split(".")[0]! in en);

// In t() or on the way to it: { to: "/dags", text: "nav.dags" }.
test("what the pages ask for is there", () => {
  const missing = new Set<string>();
  const no = (key: string, path: string) => missing.add(`${path}: ${key}`);
  for (const [path, source] of Object.entries(sources)) {
    for (const [, page, key] of source.matchAll(/["`]([a-z_]+)\.([\w-]+)["`]/g)) {
      const isFile = ["css", "json", "svg", "txt", "js", "ts"].includes(key!);
      if (page! in en && !isFile && !(`${page}.${key}` in english)) no(`${page}.${key}`, path);
    }
    for (const [, key] of source.matchAll(/\bt\(\s*"([^"]*)"/g)) if (!(key! in english)) no(key!, path);
    for (const one of patternsOf(source)) if (!Object.keys(english).some((key) => pattern(one).test(key))) no(one, path);
  }
  expect([...missing]).toEqual([]);
});

// Named whole, or made of a pattern and a word that the pages know (perhaps with an ending: `why.${kind}${tense}`).
test("what is there is asked for", () => {
  const all = Object.values(sources).join("\n");
  const named = new Set([...all.matchAll(/["`](\w+\.[\w.-]+)["`]/g)].map((m) => m[1]!));
  const words = new Set([...all.matchAll(/"([\w-]+)"|\b(\w+):/g)].map((m) => m[1] ?? m[2]!));
  const patterns = [...new Set(patternsOf(all))].map(pattern);
  const isMade = (key: string) => patterns.some((one) => {
    const word = one.exec(key)?.[1];
    return word !== undefined && (words.has(word) || words.has(word.replace(/_[a-z]+$/, "")));
  });
  expect(Object.keys(english).filter((key) => !named.has(key) && !isMade(key))).toEqual([]);
});
