export type SourceLine = { n: number; text: string };

const AROUND = 3;

// The lines around line `n` of a file's earlier content, if the line that fails stands there as well; else nothing: the file has changed
// there, and only the traceback knows how.
export function linesAround(content: string, n: number, code: string): SourceLine[] {
  const lines = content.split("\n");
  const here = lines[n - 1];
  if (here === undefined || here.trim() !== code.trim() || code.trim() === "") return [];
  const from = Math.max(1, n - AROUND), to = Math.min(lines.length, n + AROUND);
  return lines.slice(from - 1, to).map((text, k) => ({ n: from + k, text }));
}
