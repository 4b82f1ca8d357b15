import { useNavigate, useSearch as useRouterSearch } from "@tanstack/react-router";
import { useCallback } from "react";

export type Search = Record<string, string>;

// The address's query: views, filters and selections live there, texts all of them, the defaults left out. `set` changes
// what it names ("" or undefined takes it away); `replace`: while one types, so that the way back isn't each letter.
export function useSearch(): [Search, (change: Record<string, string | undefined>, how?: { replace?: boolean }) => void] {
  const search = useRouterSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const set = useCallback(
    (change: Record<string, string | undefined>, how: { replace?: boolean } = {}) => {
      void navigate({
        to: ".", replace: how.replace ?? false, resetScroll: false,
        search: ((old: Search) => {
          const next = { ...old };
          for (const [name, value] of Object.entries(change)) {
            if (value === undefined || value === "") delete next[name];
            else next[name] = value;
          }
          return next;
        }) as never,
      });
    },
    [navigate],
  );
  return [search, set];
}

// Items of a list in the query: "a,b" with commas and percent signs of the items encoded.
export const listOf = (text: string | undefined) => (text ? text.split(",").map(decodeURIComponent) : []);
export const textOf = (list: string[]) => list.map((item) => item.replace(/[%,]/g, encodeURIComponent)).join(",");
