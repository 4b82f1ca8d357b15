// No jump (SPEC.md, section 10): while somebody's pointer or focus is in the list, its rows stay where they are; what is new
// waits. `shown` and `fresh`: ids by their place, with holes where nothing was read yet.

export type Order = { ids: (string | undefined)[]; waiting: number };

export function arrange(shown: (string | undefined)[], fresh: (string | undefined)[], held: boolean): Order {
  if (!held || shown.length === 0) return { ids: fresh, waiting: 0 };
  const known = new Set(shown.filter((id) => id !== undefined));
  const missing = fresh.filter((id): id is string => id !== undefined && !known.has(id));
  // Places that were holes are filled by what belongs there; the rest of the new ones wait.
  const ids = shown.map((id, n) => {
    if (id !== undefined || fresh[n] === undefined || known.has(fresh[n])) return id;
    known.add(fresh[n]);
    return fresh[n];
  });
  const placed = new Set(ids);
  return { ids, waiting: missing.filter((id) => !placed.has(id)).length };
}
