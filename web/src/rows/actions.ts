import { useMemo } from "react";
import { useSearch } from "../lib/useSearch";

export { onOf } from "../dialogs/on";

export type Act = "trigger" | "clear" | "mark" | "note" | "stop";

export function useAct() {
  const [, set] = useSearch();
  return useMemo(() => (act: Act, on: string | string[]) => set({ do: act, tasks: "", ...(typeof on === "string" ? { on } : short(on)) }), [set]);
}

// Tasks of one run: the run once, so that a group's address isn't longer than it must be.
export function short(on: string[]): { on: string; tasks?: string } {
  const run = on[0]?.split("/").slice(0, 2).join("/");
  const tasks = on.map((one) => one.split("/"));
  if (on.length < 2 || !tasks.every((parts) => parts.length === 3 && `${parts[0]}/${parts[1]}` === run)) return { on: on.join(",") };
  return { on: run!, tasks: tasks.map((parts) => parts[2]).join(",") };
}
