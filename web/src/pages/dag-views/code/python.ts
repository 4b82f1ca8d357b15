// Python in pieces, by line, for weight and tone: a highlighter's tokenizer, which never fails.

export type Tone = "" | "keyword" | "string" | "comment" | "number" | "name" | "decorator";
export interface Piece { tone: Tone; text: string }

const keywords = new Set(("False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or " +
  "pass raise return try while with yield match case").split(" "));

const token = new RegExp([
  /(#[^\n]*)/, // 1 comment
  /((?:\b[rRbBuUfFtT]{1,2})?(?:"""(?:\\[\s\S]|(?!""")[\s\S])*(?:"""|$)|'''(?:\\[\s\S]|(?!''')[\s\S])*(?:'''|$)|"(?:\\[\s\S]|[^"\\\n])*(?:"|(?=\n)|$)|'(?:\\[\s\S]|[^'\\\n])*(?:'|(?=\n)|$)))/, // 2 string
  /(\b(?:0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|\d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?\d[\d_]*)?[jJ]?)|\.\d[\d_]*(?:[eE][+-]?\d+)?)/, // 3 number
  /((?<=^[ \t]*)@[\p{L}_][\p{L}\p{N}_.]*)/u, // 4 decorator
  /([\p{L}_][\p{L}\p{N}_]*)/u, // 5 word
].map((one) => one.source).join("|"), "gmu");

const TEXT_MAX = 2_000_000; // what is longer is shown plain

export function python(text: string): Piece[][] {
  const lines: Piece[][] = [[]];
  const put = (tone: Tone, part: string) => {
    part.split("\n").forEach((piece, n) => {
      if (n > 0) lines.push([]);
      const line = lines.at(-1)!;
      const last = line.at(-1);
      if (piece === "") return;
      if (last && last.tone === tone) last.text += piece;
      else line.push({ tone, text: piece });
    });
  };
  if (text.length > TEXT_MAX) {
    put("", text);
    return lines;
  }
  let at = 0, named = false;
  for (const found of text.matchAll(token)) {
    put("", text.slice(at, found.index));
    at = found.index + found[0].length;
    const [, comment, string, number, decorator, word] = found;
    if (comment !== undefined) put("comment", comment);
    else if (string !== undefined) put("string", string);
    else if (number !== undefined) put("number", number);
    else if (decorator !== undefined) put("decorator", decorator);
    else if (word !== undefined) put(named ? "name" : keywords.has(word) ? "keyword" : "", word);
    named = word === "def" || word === "class";
  }
  put("", text.slice(at));
  return lines;
}
