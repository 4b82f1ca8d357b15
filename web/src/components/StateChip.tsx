import { stateOf } from "../lib/state";
import { t } from "../texts";
import { StateMark } from "./StateMark";

export function StateChip({ state: word }: { state: string | null | undefined }) {
  const state = stateOf(word);
  return <span className={`chip s-${state}`}><StateMark state={state} size={14} />{t(`state.${state}`)}</span>;
}
