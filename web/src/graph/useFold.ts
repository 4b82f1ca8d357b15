import { useMemo, useRef } from "react";
import type { Gantt, Structure } from "../api/shapes";
import { isFinished, stateOf } from "../lib/state";
import { useSearch } from "../lib/useSearch";
import { FOLDS_BY_ITSELF, foldedGroups, readFold, startsFolded, toggled } from "./fold";
import type { RunStates } from "./states";

// What is folded now, and how to change it. A group that has folded by itself stays so: nothing jumps when the run ends.
export function useFold(structure: Structure | undefined, states: RunStates | null, gantt: Gantt | undefined, selected: string | undefined) {
  const [search, setSearch] = useSearch();
  const folds = useRef<{ run: string; groups: Set<string> }>({ run: "", groups: new Set() });
  const run = gantt ? gantt.run.dag_run_id : "";
  const byItself = useMemo(() => {
    if (folds.current.run !== run) folds.current = { run, groups: new Set() };
    if (structure && states && gantt && !isFinished(stateOf(gantt.run.state))) {
      const more = new Set(folds.current.groups);
      const keepOpen = groupsOver(structure, selected);
      for (const { group_id: id } of structure.groups) {
        const { state, skipped, tasks, tasksDone } = states.group(id);
        if (tasks >= FOLDS_BY_ITSELF && tasksDone === tasks && !skipped && (state === "success" || state === "skipped") && !keepOpen.has(id)) more.add(id);
      }
      if (more.size !== folds.current.groups.size) folds.current = { run, groups: more };
    }
    return folds.current.groups;
  }, [structure, states, gantt, run, selected]);
  const key = structure ? [...foldedGroups(structure, readFold(search.fold), byItself)].sort().join("\n") : "";
  const folded = useMemo(() => new Set(key === "" ? [] : key.split("\n")), [key]);
  const toggle = (id: string) => {
    if (!structure) return;
    const rule = startsFolded(structure) || byItself.has(id);
    setSearch({ fold: toggled(readFold(search.fold), id, folded.has(id), rule, structure) }, { replace: true });
  };
  return { folded, key, toggle };
}

function groupsOver(structure: Structure, taskId: string | undefined): Set<string> {
  const over = new Set<string>();
  const parents = new Map(structure.groups.map((group) => [group.group_id, group.parent_id]));
  let at = structure.tasks.find((task) => task.task_id === taskId)?.group_id ?? null;
  for (; at !== null && !over.has(at); at = parents.get(at) ?? null) over.add(at);
  return over;
}
