import { useState } from "react";
import { useSearch } from "../lib/useSearch";
import type { DialogProps } from ".";
import { Lost } from "./Lost";
import { MarkForm } from "./MarkForm";
import { readOn } from "./on";

// Stops tasks, or runs: they are set to failed, and what runs of them is ended.
export default function StopDialog({ close }: DialogProps) {
  const [search] = useSearch();
  const [on] = useState(() => readOn(search.on, search.tasks));
  return on.length === 0 ? <Lost close={close} /> : <MarkForm on={on} close={close} stop />;
}
