import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { say } from "../lib/say";

// An action of a dialog: what is refused stands in the dialog, in the server's words; what is done closes it and is told.
export function useAction(close: () => void) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const act = useCallback(async (doIt: () => Promise<string>) => {
    setBusy(true);
    setError(null);
    try {
      const done = await doIt();
      close();
      say(done);
    } catch (failure) {
      setError(failure instanceof ApiError ? failure : new ApiError(0, String(failure)));
      setBusy(false);
    }
  }, [close]);
  return { busy, error, act };
}

// Ctrl Enter does what the dialog's button does.
export function useCtrlEnter(act: () => void) {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      latest.current();
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, []);
}
