import { create } from "../lib/store";

// How a reader wants logs, kept in this browser.
type Prefs = { wrap: boolean; times: boolean };
const NAME = "gale.log";
function kept(): Partial<Prefs> {
  try {
    return JSON.parse(localStorage.getItem(NAME) ?? "{}") as Partial<Prefs>;
  } catch {
    return {};
  }
}
export const prefs = create<Prefs>({ wrap: true, times: false, ...kept() });
export function prefer(change: Partial<Prefs>) {
  prefs.set({ ...prefs.get(), ...change });
  try {
    localStorage.setItem(NAME, JSON.stringify(prefs.get()));
  } catch {
    // a browser that keeps nothing
  }
}
