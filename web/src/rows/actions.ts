import { useMemo } from "react";
import { useSearch } from "../lib/useSearch";

// What a dialog is opened for: ?do=clear&on=DAG/RUN/TASK, each part encoded; several are set apart by commas.
export const onOf = (dag: string, run?: string, task?: string) =>
  [dag, run, task].filter((part) => part !== undefined && part !== "").map((part) => encodeURIComponent(part!)).join("/");

export type Act = "trigger" | "clear" | "mark" | "note" | "stop";

export function useAct() {
  const [, set] = useSearch();
  return useMemo(() => (act: Act, on: string | string[]) => set({ do: act, on: typeof on === "string" ? on : on.join(",") }), [set]);
}
