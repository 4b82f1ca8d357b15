import { setTimeZone } from "../lib/format";
import { create } from "../lib/store";
import { loadTexts, type Language } from "../texts";

// What a reader has chosen, kept in this browser. before.js reads theme, rail and language before the first paint.

export type Density = "dense" | "normal" | "roomy";
type Settings = { theme: "light" | "dark"; rail: "open" | "closed"; language: Language; zone: string; density: Density; letters: boolean };

function kept(name: string): string | null {
  try {
    return localStorage.getItem(`gale.${name}`);
  } catch {
    return null;
  }
}
function keep(name: string, value: string) {
  try {
    localStorage.setItem(`gale.${name}`, value);
  } catch {
    // a browser that keeps nothing
  }
}

const root = document.documentElement;
export const settings = create<Settings>({
  theme: root.dataset.theme === "dark" ? "dark" : "light",
  rail: root.dataset.rail === "closed" ? "closed" : "open",
  language: root.lang as Language,
  zone: kept("zone") ?? "",
  density: (kept("density") as Density | null) ?? "normal",
  letters: kept("letters") !== "off", // shortcuts of one letter (WCAG 2.1.4)
});
export const useSettings = settings.use;

export function applySettings() {
  const { theme, rail, zone, density } = settings.get();
  root.dataset.theme = theme;
  root.dataset.rail = rail;
  root.dataset.density = density;
  setTimeZone(zone || undefined);
}

export async function change<K extends keyof Settings>(name: K, value: Settings[K]) {
  if (name === "language") await loadTexts(value as Language);
  settings.set({ ...settings.get(), [name]: value });
  keep(name, typeof value === "boolean" ? (value ? "on" : "off") : String(value));
  applySettings();
}
