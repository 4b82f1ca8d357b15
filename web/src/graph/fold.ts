import type { Structure } from "../api/shapes";
import { listOf, textOf } from "../lib/useSearch";

// Which groups are folded. The address's `fold` has what the reader folded, and with a "!" what he opened against the rule:
// of a big DAG all groups start folded, and in a live run those that are done with fold by themselves.

export const VISIBLE_MAX = 2000;
export const FOLDS_BY_ITSELF = 3; // a group of fewer tasks takes hardly more room open

const ALL = "*"; // the rows' word for all groups

export interface Fold { folded: Set<string>; opened: Set<string> }

export function readFold(text: string | undefined): Fold {
  const fold: Fold = { folded: new Set(), opened: new Set() };
  let items: string[] = [];
  try {
    items = listOf(text);
  } catch {
    // a percent sign that isn't one: nobody's link of ours
  }
  for (const item of items) {
    if (item.startsWith("!")) fold.opened.add(item.slice(1));
    else fold.folded.add(item);
  }
  return fold;
}

export const startsFolded = (structure: Structure) => structure.tasks.length > VISIBLE_MAX;

export function foldedGroups(structure: Structure, { folded, opened }: Fold, byItself: ReadonlySet<string>): Set<string> {
  const all = startsFolded(structure);
  const now = new Set<string>();
  for (const { group_id: id } of structure.groups) {
    if (folded.has(id) || folded.has(ALL) || ((all || byItself.has(id)) && !opened.has(id))) now.add(id);
  }
  return now;
}

// The `fold` after one was folded or opened. What isn't a group of this DAG (the grid folds mapped tasks too) stays.
export function toggled(fold: Fold, id: string, isFolded: boolean, ruleFolds: boolean, structure: Structure): string {
  const folded = new Set(fold.folded), opened = new Set(fold.opened);
  if (folded.delete(ALL)) for (const group of structure.groups) folded.add(group.group_id);
  folded.delete(id);
  opened.delete(id);
  if (isFolded) {
    if (ruleFolds) opened.add(id);
  } else if (!ruleFolds) folded.add(id);
  return textOf([...folded, ...[...opened].map((one) => `!${one}`)]);
}
