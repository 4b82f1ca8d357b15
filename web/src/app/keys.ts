import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { palette } from "./palette";
import { change, settings } from "./settings";

// Keys (SPEC.md, section 8). A single letter counts only outside of fields, and can be turned off.

export function typing(event: KeyboardEvent): boolean {
  const at = event.target as HTMLElement | null;
  return !!at && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName));
}

// `keys`: by KeyboardEvent.key, "Shift E" with the modifier before it. What is used isn't anybody else's any more.
export function useKeys(keys: Record<string, (event: KeyboardEvent) => void>) {
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey) return;
      const ctrl = event.ctrlKey || event.metaKey;
      if (!ctrl && (typing(event) || document.querySelector("[role=dialog]"))) return;
      if (!ctrl && event.key.length === 1 && !settings.get().letters) return;
      const letter = event.key.length === 1 ? event.key.toUpperCase() : event.key;
      const shifted = event.shiftKey && (event.key.length > 1 || /[A-Z]/i.test(event.key));
      const name = `${ctrl ? "Ctrl " : ""}${shifted ? "Shift " : ""}${letter}`;
      const act = keys[name];
      if (!act) return;
      event.preventDefault();
      act(event);
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  });
}

export const places: Record<string, string> = {
  H: "/", D: "/dags", R: "/runs", T: "/tasks", W: "/workers", Q: "/queues", P: "/pools", I: "/import-errors", A: "/audit", C: "/cluster",
};
const LEAD_MS = 1200; // between G and the place's letter

export function useShellKeys() {
  const navigate = useNavigate();
  useEffect(() => {
    let led = 0;
    const hear = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event) || !settings.get().letters) return;
      if (event.key.toUpperCase() === "G") { led = Date.now(); return; }
      const to = Date.now() - led < LEAD_MS ? places[event.key.toUpperCase()] : undefined;
      led = 0;
      if (!to) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      void navigate({ to });
    };
    document.addEventListener("keydown", hear, true);
    return () => document.removeEventListener("keydown", hear, true);
  }, [navigate]);
  useKeys({
    "Shift D": () => void change("theme", settings.get().theme === "dark" ? "light" : "dark"),
    "Ctrl K": () => palette.open(), // also while the palette is still loaded
    "Ctrl B": () => void change("rail", settings.get().rail === "open" ? "closed" : "open"),
    "/": () => document.querySelector<HTMLInputElement>("[data-search]")?.focus(),
  });
}
