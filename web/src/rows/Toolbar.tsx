import type { ReactNode } from "react";
import { Icon } from "../components/Icon";
import { t } from "../texts";

type Choice = { value: string; text: string };

// One of some, as small as a filter's button.
export function Pick({ label, value, choices, onChange }: { label: string; value: string; choices: Choice[]; onChange: (value: string) => void }) {
  return (
    <select className={value === choices[0]?.value ? "fc pick" : "fc pick on"} aria-label={label} title={label} value={value} onChange={(event) => onChange(event.target.value)}>
      {choices.map((choice) => <option key={choice.value} value={choice.value}>{choice.text}</option>)}
    </select>
  );
}

export function FilterField({ value, onChange, label = t("rows.filter") }: { value: string; onChange: (text: string) => void; label?: string }) {
  return (
    <label className="in ffield">
      <Icon name="search" small />
      <input data-search value={value} placeholder={label} aria-label={label} onChange={(event) => onChange(event.target.value)} onKeyDown={(event) => { if (event.key === "Escape") { onChange(""); event.currentTarget.blur(); } }} />
    </label>
  );
}

export const Bar = ({ children }: { children: ReactNode }) => <div className="bar2">{children}</div>;
