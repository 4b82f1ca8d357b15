import { t } from "../texts";
import type { State } from "../lib/state";

type Props = { state: State; size?: 12 | 14 | 16 | 20; title?: string; className?: string };

// The one mark of a state, the same everywhere. Never without its glyph: below 12 px use bars (lib/state.ts says which are
// loud). `title` "": a text beside it says the same.
export function StateMark({ state, size = 16, title, className }: Props) {
  const px = size === 16 ? "" : ` s${size}`;
  return (
    <svg className={`cell s-${state}${px}${className ? ` ${className}` : ""}`} {...(title === "" ? { "aria-hidden": true } : { role: "img", "aria-label": title ?? t(`state.${state}`) })}>
      <use href={`#g-${state}`} />
    </svg>
  );
}
