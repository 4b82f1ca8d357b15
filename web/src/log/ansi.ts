// Colours of terminals (ANSI, ECMA-48), as spans of text. Pure, and line by line: what a line leaves switched on is handed
// to the next one. Nothing but text and names of classes comes out of it.

export const colours = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
export type Colour = (typeof colours)[number];
export interface Style { fg?: Colour; bg?: Colour; bold?: true; dim?: true; italic?: true; underline?: true; strike?: true; inverse?: true }
export interface Span { text: string; style: Style }

export const plain: Style = Object.freeze({});

// CSI … final, OSC … BEL or ST, other strings that end with ST, two-letter escapes.
const escapes = /\x1b(?:\[([0-9:;<=>?]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]+[0-~]|[0-Z\\\]^_`a-z{|}~])/g;

export function parseAnsi(line: string, before: Style = plain): { spans: Span[]; after: Style } {
  if (!line.includes("\x1b")) return { spans: line ? [{ text: line, style: before }] : [], after: before };
  const spans: Span[] = [];
  let style = before, from = 0;
  const take = (text: string) => {
    if (!text) return;
    const last = spans.at(-1);
    if (last && last.style === style) last.text += text;
    else spans.push({ text, style });
  };
  for (const match of line.matchAll(escapes)) {
    take(line.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === "m" && !/[<=>?]/.test(match[1]!)) style = withCodes(style, match[1]!);
  }
  take(line.slice(from));
  return { spans, after: style };
}

function withCodes(before: Style, text: string): Style {
  // Sub-parameters may be parted by colons: 38:2::255:0:0, where an empty one names the colours' space.
  const codes = text.replace(/([34]8):2::/g, "$1:2:").split(/[;:]/).map((code) => (code === "" ? 0 : Number(code)));
  let style: Style = { ...before };
  for (let n = 0; n < codes.length; n += 1) {
    const code = codes[n]!;
    if (code === 0) style = {};
    else if (code === 1) style.bold = true;
    else if (code === 2) style.dim = true;
    else if (code === 3) style.italic = true;
    else if (code === 4 || code === 21) style.underline = true;
    else if (code === 7) style.inverse = true;
    else if (code === 9) style.strike = true;
    else if (code === 22) { delete style.bold; delete style.dim; }
    else if (code === 23) delete style.italic;
    else if (code === 24) delete style.underline;
    else if (code === 27) delete style.inverse;
    else if (code === 29) delete style.strike;
    else if (code === 39) delete style.fg;
    else if (code === 49) delete style.bg;
    else if (code >= 30 && code <= 37) style.fg = colours[code - 30]!;
    else if (code >= 90 && code <= 97) style.fg = colours[code - 90]!;
    else if (code >= 40 && code <= 47) style.bg = colours[code - 40]!;
    else if (code >= 100 && code <= 107) style.bg = colours[code - 100]!;
    else if (code === 38 || code === 48) {
      const [colour, used] = extended(codes.slice(n + 1));
      n += used;
      if (colour) style[code === 38 ? "fg" : "bg"] = colour;
    }
  }
  return Object.keys(style).length === 0 ? plain : style;
}

// 5;N of the 256, or 2;R;G;B: the nearest of the eight. How many codes it took, too.
function extended(codes: number[]): [Colour | undefined, number] {
  if (codes[0] === 5) {
    const n = codes[1] ?? 0;
    if (n < 16) return [colours[n % 8], 2];
    if (n >= 232) return [nearest((n - 232) * 10 + 8, (n - 232) * 10 + 8, (n - 232) * 10 + 8), 2];
    const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
    const cube = n - 16;
    return [nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)), 2];
  }
  if (codes[0] === 2) return [nearest(codes[1] ?? 0, codes[2] ?? 0, codes[3] ?? 0), 4];
  return [undefined, codes.length];
}

function nearest(r: number, g: number, b: number): Colour {
  const most = Math.max(r, g, b), least = Math.min(r, g, b);
  if (most - least < 48) return most < 128 ? "black" : "white";
  const half = (most + least) / 2;
  return colours[(r > half ? 1 : 0) + (g > half ? 2 : 0) + (b > half ? 4 : 0)]!;
}

export function classesOf(style: Style): string {
  if (style === plain) return "";
  const fg = style.inverse ? style.bg : style.fg, bg = style.inverse ? style.fg : style.bg;
  return [
    fg ? `a-${fg}` : "", bg ? `b-${bg}` : "", style.inverse && !bg ? "a-inv" : "", style.bold ? "a-bold" : "", style.dim ? "a-dim" : "",
    style.italic ? "a-it" : "", style.underline ? "a-ul" : "", style.strike ? "a-st" : "",
  ].filter(Boolean).join(" ");
}
