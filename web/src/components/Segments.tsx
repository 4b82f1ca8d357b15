import type { ReactNode } from "react";

type Props<T extends string> = { label: string; value: T; items: { value: T; text: ReactNode }[]; onChange: (value: T) => void };

// One of a few, as a row of buttons.
export function Segments<T extends string>({ label, value, items, onChange }: Props<T>) {
  return (
    <div className="seg" role="radiogroup" aria-label={label}>
      {items.map((item) => (
        <button type="button" key={item.value} role="radio" aria-checked={item.value === value} className={item.value === value ? "on" : undefined} onClick={() => onChange(item.value)}>{item.text}</button>
      ))}
    </div>
  );
}
