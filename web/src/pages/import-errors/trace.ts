// What a DAG file's import error says, taken apart: the message, the reader's own frames, Python's, and what would mend it.
// Pure. The text is Python's, or the master's own words (DESIGN.md, DAG files), and may be anything.

export type Frame = { file: string; line: number; scope: string; code: string[]; own: boolean };
export type Part = { text: string; file?: string; frame?: Frame }; // of the traceback, in order; `frame`: its lines are this frame's
export type Cause =
  | { kind: "module"; module: string; install: string | null }
  | { kind: "name"; name: string; from: string }
  | { kind: "syntax"; why: string }
  | { kind: "cycle"; dag: string; tasks: string[] }
  | { kind: "duplicate"; dag: string; other: string }
  | { kind: "time"; why: string }
  | { kind: "undefined"; name: string }
  | { kind: "other" };
export type Trace = { type: string; message: string; line: number | null; frames: Frame[]; parts: Part[]; cause: Cause };

const FRAMES_MAX = 200;
const FRAME = /^ {2}File "(.*)", line (\d+)(?:, in (.*))?$/;
const INSTALLS = /^gale: .*: (\S+ -m pip install [\w.-]+)$/; // the SDK's sentence at the end: sdk/python/gale/missing.py
const RAISED = /^([A-Za-z_][\w.]*)(?:: ([\s\S]*))?$/;

export function parseTrace(text: string, filename: string): Trace {
  const all = text.replace(/\s+$/, "").split("\n");
  const installs = INSTALLS.exec(all.at(-1)!)?.[1] ?? null;
  const lines = installs === null ? all : all.slice(0, -1);
  const frames: Frame[] = [];
  const parts: Part[] = [];
  let said = -1; // where the last error's own words begin
  for (let n = 0; n < lines.length; n += 1) {
    const found = frames.length < FRAMES_MAX ? FRAME.exec(lines[n]!) : null;
    if (!found) {
      if (!/^\s/.test(lines[n]!) && RAISED.test(lines[n]!) && n > 0 && said < 0) said = n;
      if (/^Traceback \(/.test(lines[n]!)) said = -1;
      parts.push({ text: lines[n]! });
      continue;
    }
    said = -1;
    const code: string[] = [];
    while (n + 1 < lines.length && /^ {4}/.test(lines[n + 1]!) && !FRAME.test(lines[n + 1]!)) code.push(lines[++n]!.slice(4));
    const frame = { file: found[1]!, line: Number(found[2]), scope: found[3] ?? "", code, own: isOwn(found[1]!, filename) };
    frames.push(frame);
    parts.push({ text: "", frame });
  }
  const last = said >= 0 ? RAISED.exec(lines.slice(said).join("\n")) : null;
  const type = last?.[1]?.split(".").pop() ?? "";
  const message = last ? (last[2] ?? "").trim() : ownWords(lines, filename);
  const inFile = frames.findLast((frame) => frame.file === filename) ?? frames.findLast((frame) => frame.own);
  return { type, message, line: inFile?.file === filename ? inFile.line : null, frames, parts, cause: causeOf(type, message, installs) };
}

// The master's words begin with the file, which the page names itself.
function ownWords(lines: string[], filename: string): string {
  const text = lines.join("\n").trim();
  return text.startsWith(`${filename}: `) ? text.slice(filename.length + 2) : text;
}

export function isOwn(file: string, filename: string): boolean {
  const folder = filename.slice(0, filename.lastIndexOf("/") + 1);
  if (folder && file.startsWith(folder)) return true;
  return !/^<|\/(site|dist)-packages\/|\/lib(64)?\/python\d|\/sdk\/python\//.test(file);
}

function causeOf(type: string, message: string, installs: string | null): Cause {
  let m;
  if ((m = /^No module named '([^']+)'/.exec(message)) && (installs !== null || /^airflow\b/.test(m[1]!))) return { kind: "module", module: m[1]!, install: installs };
  if ((m = /^cannot import name '([^']+)' from (?:partially initialized module )?'([^']+)'/.exec(message))) return { kind: "name", name: m[1]!, from: m[2]! };
  if (/^(SyntaxError|IndentationError|TabError)$/.test(type)) return { kind: "syntax", why: message };
  if ((m = /DAG '(.+?)': the tasks form a cycle: (.+)$/s.exec(message))) return { kind: "cycle", dag: m[1]!, tasks: m[2]!.split(" -> ") };
  if ((m = /^DAG '(.+?)' is also defined in (.+?): a dag_id may stand in one file only/s.exec(message))) return { kind: "duplicate", dag: m[1]!, other: m[2]! };
  if (/said nothing for|took longer than|timed? ?out/i.test(message)) return { kind: "time", why: message };
  if ((m = /^name '([^']+)' is not defined/.exec(message))) return { kind: "undefined", name: m[1]! };
  return { kind: "other" };
}
