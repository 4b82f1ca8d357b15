import { IntlMessageFormat } from "intl-messageformat";
import { expect, test } from "vitest";
import en from "./en";
import ko from "./ko";

test("both languages have the same texts", () => {
  expect(Object.keys(ko).sort()).toEqual(Object.keys(en).sort());
});

test("each text is a message, with the same values in both languages", () => {
  const names = (text: string) => [...new Set([...text.matchAll(/\{(\w+)/g)].map((m) => m[1]!).filter((n) => /^[a-z_]/.test(n)))].sort();
  for (const [key, text] of Object.entries(en)) {
    new IntlMessageFormat(text, "en");
    new IntlMessageFormat(ko[key]!.replace(/, (이\/가|을\/를|은\/는|과\/와)\}/g, "}"), "ko");
    const plain = (s: string) => s.replace(/(?:\b(?:one|other|zero)|=\d+)\s*\{/g, "");
    expect(names(plain(ko[key]!)), key).toEqual(names(plain(text)));
  }
});

const sources = import.meta.glob<string>(["../**/*.ts", "../**/*.tsx", "!../**/*.test.*", "!./**"], { eager: true, query: "?raw", import: "default" });

test("what the pages ask for is there", () => {
  const missing = new Set<string>();
  for (const [path, source] of Object.entries(sources)) {
    for (const [, key] of source.matchAll(/\bt\(\s*"([\w.-]+)"/g)) if (!(key! in en)) missing.add(`${path}: ${key}`);
  }
  expect([...missing]).toEqual([]);
});

// Named whole, or made of a pattern, `state.${of}`, and a word that the pages know (perhaps with an ending: `why.${kind}${tense}`).
test("what is there is asked for", () => {
  const all = Object.values(sources).join("\n");
  const named = new Set([...all.matchAll(/["`](\w+\.[\w.-]+)["`]/g)].map((m) => m[1]!));
  const words = new Set([...all.matchAll(/"([\w-]+)"|\b(\w+):/g)].map((m) => m[1] ?? m[2]!));
  const patterns = [...new Set([...all.matchAll(/`(\w+\.(?:[\w.]|\$\{[^{}`]*\})+)`/g)].map((m) => m[1]!))].filter((one) => one.includes("$"))
    .map((one) => new RegExp(`^${one.replaceAll(".", "\\.").replace(/(\$\{[^{}]*\})+/g, "([\\w-]+)")}$`));
  const isMade = (key: string) => patterns.some((pattern) => {
    const word = pattern.exec(key)?.[1];
    return word !== undefined && (words.has(word) || words.has(word.replace(/_[a-z]+$/, "")));
  });
  expect(Object.keys(en).filter((key) => !named.has(key) && !isMade(key))).toEqual([]);
});
