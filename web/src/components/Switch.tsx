type Props = { on: boolean; label: string; disabled?: boolean; pending?: boolean; onChange: (on: boolean) => void };

export function Switch({ on, label, disabled, pending, onChange }: Props) {
  return (
    <button type="button" role="switch" aria-checked={on} aria-label={label} title={label} disabled={disabled} className="swb"
      style={pending ? { opacity: 0.6 } : undefined} onClick={() => onChange(!on)}>
      <span className={on ? "sw on" : "sw"} />
    </button>
  );
}
