import { shortTime } from "../../../lib/format";
import { t } from "../../../texts";

export interface Version { version_number: number; created_at: string }
type Props = { label: string; versions: Version[]; value: number | undefined; none?: string; onChange: (version: number | undefined) => void };

export function VersionPick({ label, versions, value, none, onChange }: Props) {
  const known = value === undefined || versions.some((one) => one.version_number === value);
  return (
    <label className="row g6 sm q nw">
      {label}
      <select className="in code-pick" value={value === undefined ? "" : String(value)} onChange={(event) => onChange(event.target.value === "" ? undefined : Number(event.target.value))}>
        {none !== undefined ? <option value="">{none}</option> : null}
        {known ? null : <option value={value}>{`v${value}`}</option>}
        {versions.map((one) => <option key={one.version_number} value={one.version_number}>{t("code.option", { n: one.version_number, when: shortTime(one.created_at) })}</option>)}
      </select>
    </label>
  );
}
