import { Menu } from "@mantine/core";
import { useState } from "react";
import { Icon } from "../../components/Icon";
import { t } from "../../texts";

type Props = { label: string; all: string[]; chosen: string[]; onChange: (chosen: string[]) => void };
const SHOWN_MAX = 200;

// Any of many: tags, owners.
export function FilterMenu({ label, all, chosen, onChange }: Props) {
  const [typed, setTyped] = useState("");
  const found = [...new Set([...chosen, ...all])].filter((one) => one.toLowerCase().includes(typed.toLowerCase())).slice(0, SHOWN_MAX);
  return (
    <Menu closeOnItemClick={false} position="bottom-end">
      <Menu.Target><button className={chosen.length ? "fc on" : "fc"}>{label}{chosen.length ? <b className="ell chosen">{chosen.join(", ")}</b> : null}<Icon name="down" small /></button></Menu.Target>
      <Menu.Dropdown>
        {all.length > 8 ? <div className="menufind"><input className="in" aria-label={label} placeholder={label} value={typed} onChange={(event) => setTyped(event.target.value)} /></div> : null}
        <div className="menulist">
          {found.map((one) => (
            <Menu.Item key={one} role="menuitemcheckbox" aria-checked={chosen.includes(one)} leftSection={<span className="menucheck">{chosen.includes(one) ? <Icon name="check" small /> : null}</span>}
              onClick={() => onChange(chosen.includes(one) ? chosen.filter((other) => other !== one) : [...chosen, one])}>{one}</Menu.Item>
          ))}
          {found.length === 0 ? <Menu.Label>{t("app.none")}</Menu.Label> : null}
        </div>
      </Menu.Dropdown>
    </Menu>
  );
}
