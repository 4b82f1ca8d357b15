import { useMemo } from "react";
import type { Maps } from "./rows";

const none: Maps = new Map();

// The same object as before while it says the same: how many instances there are is counted at each change of any state.
export function useSame(maps: Maps | undefined): Maps {
  const key = maps ? JSON.stringify([...maps]) : "";
  return useMemo(() => (key ? new Map(JSON.parse(key) as [string, number][]) : none), [key]);
}
