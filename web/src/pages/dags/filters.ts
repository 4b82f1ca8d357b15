import { listOf, type Search } from "../../lib/useSearch";

// The list's filters and order, as the address has them (?q=&tag=a,b&owner=&state=failed&on=1&fav=1&sort=-last).

export const PAGE = 100; // rows read at once
export const states = ["failed", "running", "queued", "success", "never"] as const;
export const sorts = { name: "dag_id", last: "last_run", next: "next_run", duration: "duration" } as const;
export type SortName = keyof typeof sorts;
export type DagQuery = {
  q?: string; tags?: string[]; owners?: string[]; state?: string; waiting?: boolean; paused?: boolean; favorite?: boolean; order_by?: string;
};

const known = (text: string | undefined) => (text && (states as readonly string[]).includes(text) ? text : undefined);

// What the address says, without what it can't mean: a filter of a stranger's link is not an error.
export function queryOf(search: Search): DagQuery {
  const { name, descending } = sortOf(search);
  const query: DagQuery = {
    q: search.q?.trim() || undefined, tags: items(search.tag), owners: items(search.owner), state: known(search.state),
    waiting: search.waiting === "1" || undefined, paused: search.on === "1" ? false : search.on === "0" ? true : undefined,
    favorite: search.fav === "1" || undefined,
    order_by: name === "name" && !descending ? undefined : `${descending ? "-" : ""}${sorts[name]}`,
  };
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}
function items(text: string | undefined): string[] | undefined {
  try {
    return listOf(text).filter(Boolean).length ? listOf(text).filter(Boolean) : undefined;
  } catch {
    return [text!]; // a stray percent sign
  }
}

export function sortOf(search: Search): { name: SortName; descending: boolean } {
  const descending = search.sort?.startsWith("-") ?? false;
  const name = search.sort?.replace(/^-/, "") as SortName;
  return Object.hasOwn(sorts, name ?? "") ? { name, descending } : { name: "name", descending: false };
}

export const filterNames = ["q", "tag", "owner", "state", "waiting", "on", "fav"];
export const filtered = (search: Search) => filterNames.some((name) => search[name]);
// "tag: vision, failing": what a list without rows was asked for.
export function filterWords(query: DagQuery, words: Record<string, string>): string {
  return [
    query.q, ...(query.tags ?? []).map((tag) => `${words.tag}: ${tag}`), ...(query.owners ?? []).map((owner) => `${words.owner}: ${owner}`),
    query.state && words[query.state], query.waiting && words.waiting, query.paused === true && words.paused, query.paused === false && words.on,
    query.favorite && words.favorite,
  ].filter(Boolean).join(", ");
}
