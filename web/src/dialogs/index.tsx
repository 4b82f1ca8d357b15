import { Suspense, lazy, useCallback, type ComponentType } from "react";
import { useSearch } from "../lib/useSearch";

export type DialogProps = { close: () => void };

// What ?do= may be: each dialog is loaded when it is first opened, reads what else it needs from the query, and closes itself.
const dialogs: Record<string, ComponentType<DialogProps>> = {
  trigger: lazy(() => import("../pages/trigger/TriggerDialog")),
  clear: lazy(() => import("./ClearDialog")),
  mark: lazy(() => import("./MarkDialog")),
  note: lazy(() => import("./NoteDialog")),
  stop: lazy(() => import("./StopDialog")),
  password: lazy(() => import("./PasswordDialog")),
};
// The query's names that belong to a dialog: closing it takes them away. (run and task are the DAG page's.)
const own = ["do", "on", "tasks", "conf", "from"];

export default function Dialogs() {
  const [search, set] = useSearch();
  const close = useCallback(() => set(Object.fromEntries(own.map((name) => [name, undefined])), { replace: true }), [set]);
  const Dialog = Object.hasOwn(dialogs, search.do ?? "") ? dialogs[search.do!] : undefined;
  return Dialog ? <Suspense fallback={null}><Dialog key={`${search.do} ${search.on ?? ""}`} close={close} /></Suspense> : null;
}
