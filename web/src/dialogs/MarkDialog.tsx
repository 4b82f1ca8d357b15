import { useState } from "react";
import { useSearch } from "../lib/useSearch";
import type { DialogProps } from ".";
import { Lost } from "./Lost";
import { MarkForm } from "./MarkForm";
import { readOn } from "./on";

// Sets tasks, or runs, to a state by hand.
export default function MarkDialog({ close }: DialogProps) {
  const [search] = useSearch();
  const [on] = useState(() => readOn(search.on, search.tasks));
  return on.length === 0 ? <Lost close={close} /> : <MarkForm on={on} close={close} stop={false} />;
}
