import { IntlMessageFormat } from "intl-messageformat";
import { josa } from "../lib/josa";
import { languages, type Language } from "./languages";

// All texts: t("page.key", values). One language is loaded, another when it is chosen.
//
// Messages are ICU's. In Korean ones "{pool, 이/가}" puts the particle that fits the value's end.

type Texts = Record<string, Record<string, string>>;
type Values = Record<string, string | number>;

let current: Language = "en";
let messages: Texts = {};
const made = new Map<string, IntlMessageFormat>();

export const language = () => current;
export { languages, type Language };

// before.js has asked for the same file already.
export async function loadTexts(wanted: Language): Promise<void> {
  const loaded = await languages[wanted].texts();
  current = wanted;
  messages = loaded.default;
  made.clear();
  document.documentElement.lang = wanted;
}

const particle = /\{(\w+), (이\/가|을\/를|은\/는|과\/와)\}/g;

export function t(key: string, values: Values = {}): string {
  const dot = key.indexOf(".");
  const message = messages[key.slice(0, dot)]?.[key.slice(dot + 1)];
  if (message === undefined) return key;
  if (!message.includes("{") && !message.includes("'")) return message;
  const text = message.replace(particle, (_, name: string, pair: string) =>
    josa(String(values[name]), pair as "이/가").replace(/['{}]/g, "'$&'"));
  let format = made.get(text);
  if (!format) {
    format = new IntlMessageFormat(text, current);
    if (text === message) made.set(text, format);
  }
  return String(format.format(values));
}
