import { useSearch } from "./useSearch";

// The first row that a paged table shows, in the address.
export function useOffset(): [number, (offset: number) => void] {
  const [search, set] = useSearch();
  return [Math.max(0, Number(search.offset) || 0), (offset) => set({ offset: offset ? String(offset) : "" })];
}
