// What a dialog is about: ?on=DAG/RUN[/TASK[/MAP]], each part percent-encoded, several parted by commas; or &tasks=a,b of
// the runs that are named.

export const onOf = (...parts: (string | number)[]) => parts.map((part) => encodeURIComponent(part)).join("/");

export interface Chosen { taskId: string; mapIndex: number | null /* all of it */ }
export interface On { dagId: string; runId: string; tasks: Chosen[] /* none: the whole run */ }

// One a run; none: what the address names is nothing.
export function readOn(on: string | undefined, tasks: string | undefined): On[] {
  const found = new Map<string, On>();
  for (const one of (on ?? "").split(",")) {
    const parts = decoded(one.split("/"));
    const [dagId, runId, taskId, map] = parts ?? [];
    if (!dagId || !runId || parts!.length > 4 || (map !== undefined && !/^\d+$/.test(map))) return [];
    const key = `${dagId}\n${runId}`;
    const of = found.get(key) ?? { dagId, runId, tasks: [] };
    found.set(key, of);
    if (taskId) of.tasks.push({ taskId, mapIndex: map === undefined ? null : Number(map) });
  }
  for (const taskId of decoded((tasks ?? "").split(",")) ?? []) if (taskId) for (const of of found.values()) of.tasks.push({ taskId, mapIndex: null });
  return [...found.values()];
}
function decoded(parts: string[]): string[] | null {
  try {
    return parts.map(decodeURIComponent);
  } catch {
    return null;
  }
}

// As the API names them: an id, or an id with an index.
export const namesOf = (tasks: Chosen[]): (string | [string, number])[] =>
  tasks.map(({ taskId, mapIndex }) => (mapIndex === null ? taskId : [taskId, mapIndex]));
