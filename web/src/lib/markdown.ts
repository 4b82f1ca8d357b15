// The part of Markdown that docs are written in, as data: headings, paragraphs, lists, quotes, code, tables, rules; emphasis,
// code, links to http and https. HTML is text like any other.

export type Inline = string | { kind: "code"; text: string } | { kind: "strong" | "em" | "del"; children: Inline[] } | { kind: "link"; href: string; children: Inline[] } | { kind: "br" };
export type Block =
  | { kind: "heading"; level: number; children: Inline[] }
  | { kind: "paragraph"; children: Inline[] }
  | { kind: "code"; language: string; text: string }
  | { kind: "quote"; children: Block[] }
  | { kind: "list"; ordered: boolean; start: number; items: Block[][] }
  | { kind: "table"; head: Inline[][]; rows: Inline[][][] }
  | { kind: "rule" };

const TEXT_MAX = 200_000; // characters; what is over is left out
const DEPTH_MAX = 8;

export function parseMarkdown(text: string): Block[] {
  return blocks(dedent(text.slice(0, TEXT_MAX).replace(/\r\n?/g, "\n")).split("\n"), 0);
}

// Docs are often indented as the code around them is.
function dedent(text: string): string {
  const lines = text.split("\n");
  const rest = lines.slice(1).filter((line) => line.trim() !== "");
  const least = rest.reduce((n, line) => Math.min(n, /^ */.exec(line)![0].length), Infinity);
  if (!Number.isFinite(least) || least === 0) return text;
  return lines.map((line, n) => (n === 0 ? line.trimStart() : line.slice(least))).join("\n");
}

const fence = /^ {0,3}(`{3,}|~{3,})\s*([^`]*)$/;
const bullet = /^( {0,3})([-*+]|\d{1,9}[.)])(?: +|$)/;
const rule = /^ {0,3}([-*_])(?: *\1){2,} *$/;
const headingLine = /^ {0,3}(#{1,6})(?: +|$)(.*?)(?: +#+)? *$/;
const separator = /^ *\|? *:?-+:? *(?:\| *:?-+:? *)*\|? *$/;

function blocks(lines: string[], depth: number): Block[] {
  const made: Block[] = [];
  let n = 0;
  while (n < lines.length) {
    const line = lines[n]!;
    let found: RegExpExecArray | null;
    if (line.trim() === "") {
      n += 1;
    } else if ((found = fence.exec(line))) {
      const end = new RegExp(`^ {0,3}${found[1]![0] === "\`" ? "`" : "~"}{${found[1]!.length},} *$`);
      let to = n + 1;
      while (to < lines.length && !end.test(lines[to]!)) to += 1;
      made.push({ kind: "code", language: found[2]!.trim(), text: lines.slice(n + 1, to).join("\n") });
      n = to + 1;
    } else if (/^ {4,}\S/.test(line)) {
      let to = n;
      while (to < lines.length && /^( {4}|\s*$)/.test(lines[to]!)) to += 1;
      made.push({ kind: "code", language: "", text: lines.slice(n, to).map((one) => one.slice(4)).join("\n").trimEnd() });
      n = to;
    } else if ((found = headingLine.exec(line))) {
      made.push({ kind: "heading", level: found[1]!.length, children: inline(found[2]!) });
      n += 1;
    } else if (rule.test(line)) {
      made.push({ kind: "rule" });
      n += 1;
    } else if (/^ {0,3}>/.test(line) && depth < DEPTH_MAX) {
      let to = n;
      while (to < lines.length && /^ {0,3}>/.test(lines[to]!)) to += 1;
      made.push({ kind: "quote", children: blocks(lines.slice(n, to).map((one) => one.replace(/^ {0,3}> ?/, "")), depth + 1) });
      n = to;
    } else if (bullet.test(line) && depth < DEPTH_MAX) {
      n = list(lines, n, depth, made);
    } else if (line.includes("|") && n + 1 < lines.length && lines[n + 1]!.includes("-") && lines[n + 1]!.includes("|") && separator.test(lines[n + 1]!)) {
      let to = n + 2;
      while (to < lines.length && lines[to]!.includes("|") && lines[to]!.trim() !== "") to += 1;
      made.push({ kind: "table", head: cells(line), rows: lines.slice(n + 2, to).map(cells) });
      n = to;
    } else {
      let to = n + 1;
      while (to < lines.length && lines[to]!.trim() !== "" && !fence.test(lines[to]!) && !headingLine.test(lines[to]!) && !/^ {0,3}>/.test(lines[to]!) && !/^ {0,3}([-*+]|1[.)]) +\S/.test(lines[to]!)) {
        if (to === n + 1 && /^ {0,3}(=+|-+) *$/.test(lines[to]!)) break;
        to += 1;
      }
      const under = to < lines.length ? /^ {0,3}(=+|-+) *$/.exec(lines[to]!) : null;
      if (under && to === n + 1) {
        made.push({ kind: "heading", level: under[1]![0] === "=" ? 1 : 2, children: inline(line.trim()) });
        n = to + 1;
      } else {
        made.push({ kind: "paragraph", children: inline(lines.slice(n, to).map((one) => one.trimStart()).join("\n")) });
        n = to;
      }
    }
  }
  return made;
}

function list(lines: string[], from: number, depth: number, made: Block[]): number {
  const first = bullet.exec(lines[from]!)!;
  const ordered = /\d/.test(first[2]!);
  const items: Block[][] = [];
  let n = from;
  while (n < lines.length) {
    const head = bullet.exec(lines[n]!);
    if (!head || /\d/.test(head[2]!) !== ordered || rule.test(lines[n]!)) break;
    const width = Math.max(2, Math.min(head[0].length, head[1]!.length + head[2]!.length + 4));
    const item = [lines[n]!.slice(head[0].length)];
    n += 1;
    while (n < lines.length) {
      const line = lines[n]!;
      const indent = /^ */.exec(line)![0].length;
      if (line.trim() === "") {
        const next = lines[n + 1];
        if (next === undefined || /^ */.exec(next)![0].length < 2 || next.trim() === "") break;
        item.push("");
      } else if (indent >= 2) item.push(line.slice(Math.min(indent, width)));
      else if (bullet.test(line) || fence.test(line) || headingLine.test(line)) break;
      else item.push(line);
      n += 1;
    }
    items.push(blocks(item, depth + 1));
    let blank = n;
    while (blank < lines.length && lines[blank]!.trim() === "") blank += 1;
    if (blank < lines.length && bullet.test(lines[blank]!)) n = blank;
  }
  made.push({ kind: "list", ordered, start: ordered ? Number.parseInt(first[2]!, 10) : 1, items });
  return n;
}

function cells(line: string): Inline[][] {
  const text = line.trim().replace(/^\|/, "").replace(/\|$/, "");
  return text.split(/(?<!\\)\|/).map((cell) => inline(cell.trim().replace(/\\\|/g, "|")));
}

export const isSafeLink = (href: string) => /^https?:\/\/[^\s<>"']+$/i.test(href);

const rules: [RegExp, (found: RegExpExecArray, depth: number) => Inline][] = [
  [/\\([\\`*_{}[\]()#+\-.!|<>~])/y, (found) => found[1]!],
  [/``(.{1,2000}?)``/sy, (found) => ({ kind: "code", text: found[1]!.trim() })],
  [/`([^`]{1,2000})`/y, (found) => ({ kind: "code", text: found[1]! })],
  [/!?\[([^[\]]{0,1000})\]\(\s*([^\s()]{0,2000}(?:\([^\s()]{0,200}\)[^\s()]{0,500})?)(?:\s+"[^"]{0,500}")?\s*\)/y,
    (found, depth) => (isSafeLink(found[2]!) ? { kind: "link", href: found[2]!, children: inline(found[1] || found[2]!, depth + 1) } : found[1] || found[0])],
  [/<(https?:\/\/[^\s<>]{1,2000})>/y, (found) => link(found[1]!)],
  [/https?:\/\/[^\s<>"'`]{1,2000}[^\s<>"'`.,;:!?)\]*_]/y, (found) => link(found[0])],
  [/\*\*(\S(?:[\s\S]{0,1000}?\S)??)\*\*/y, (found, depth) => ({ kind: "strong", children: inline(found[1]!, depth + 1) })],
  [/__(\S(?:[\s\S]{0,1000}?\S)??)__(?!\w)/y, (found, depth) => ({ kind: "strong", children: inline(found[1]!, depth + 1) })],
  [/~~(\S(?:[\s\S]{0,1000}?\S)??)~~/y, (found, depth) => ({ kind: "del", children: inline(found[1]!, depth + 1) })],
  [/\*(?=[^\s*])([^*]{1,1000}?)(?<=\S)\*/y, (found, depth) => ({ kind: "em", children: inline(found[1]!, depth + 1) })],
  [/(?<!\w)_(?=[^\s_])([^_]{1,1000}?)(?<=\S)_(?!\w)/y, (found, depth) => ({ kind: "em", children: inline(found[1]!, depth + 1) })],
  [/(?: {2,}|\\)\n/y, () => ({ kind: "br" })],
];
const link = (href: string): Inline => (isSafeLink(href) ? { kind: "link", href, children: [href] } : href);
const special = /[\\`!<h*_~[ ]/g;

export function inline(text: string, depth = 0): Inline[] {
  if (depth > DEPTH_MAX) return [text];
  const made: Inline[] = [];
  let plain = "", at = 0;
  while (at < text.length) {
    special.lastIndex = at;
    const next = special.exec(text)?.index ?? text.length;
    plain += text.slice(at, next);
    at = next;
    if (at >= text.length) break;
    let taken = false;
    for (const [pattern, make] of rules) {
      pattern.lastIndex = at;
      const found = pattern.exec(text);
      if (!found) continue;
      at += found[0].length;
      const one = make(found, depth);
      if (typeof one === "string") plain += one;
      else {
        if (plain) made.push(plain);
        plain = "";
        made.push(one);
      }
      taken = true;
      break;
    }
    if (!taken) {
      plain += text[at]!;
      at += 1;
    }
  }
  if (plain) made.push(plain);
  return made;
}
