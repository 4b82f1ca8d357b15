// Korean particles by the sound that the word before them ends with: josa("gpu", "이/가").

const digits = "영일이삼사오육칠팔구";
const letters: Record<string, boolean> = { l: true, m: true, n: true, r: true }; // "엘", "엠", "엔", "알" end closed

function endsClosed(word: string): boolean {
  const last = word.replace(/[^\p{L}\p{N}]+$/u, "").at(-1) ?? "";
  const sound = /\d/.test(last) ? digits[Number(last)]! : last;
  const code = sound.charCodeAt(0) - 0xac00;
  if (code >= 0 && code < 11_172) return code % 28 !== 0;
  return letters[sound.toLowerCase()] ?? false;
}

export function josa(word: string, pair: "이/가" | "을/를" | "은/는" | "과/와"): string {
  const [closed, open] = pair.split("/") as [string, string];
  return word + (endsClosed(word) ? closed : open);
}
