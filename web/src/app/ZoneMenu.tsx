import { Menu } from "@mantine/core";
import { useState } from "react";
import { Icon } from "../components/Icon";
import { t } from "../texts";
import { change } from "./settings";

const SHOWN_MAX = 12;
const offsetOf = (zone: string) =>
  new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(new Date()).find((part) => part.type === "timeZoneName")!.value.replace("GMT", "UTC");

// The reader's time zone: the browser's, UTC, or any other by its name.
export function ZoneMenu({ label }: { label: string }) {
  return (
    <Menu closeOnItemClick>
      <Menu.Target>
        <button className="btn q" style={{ padding: "0 6px" }} title={t("app.time_zone")}>
          <Icon name="globe" />{label.split("/").pop()!.replace(/_/g, " ")}{label === "UTC" ? "" : `, ${offsetOf(label)}`}
        </button>
      </Menu.Target>
      <Menu.Dropdown><Zones /></Menu.Dropdown>
    </Menu>
  );
}

// Only while it is open: there are hundreds, and each one's offset takes a while to say.
function Zones() {
  const [typed, setTyped] = useState("");
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const all = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
  const found = all.filter((zone) => zone.toLowerCase().includes(typed.toLowerCase().replace(/ /g, "_"))).slice(0, SHOWN_MAX);
  return (
    <>
      <div style={{ padding: 4 }}><input className="in" aria-label={t("app.time_zone")} placeholder={t("app.time_zone")} value={typed} onChange={(event) => setTyped(event.target.value)} /></div>
      <Menu.Item onClick={() => void change("zone", "")}>{t("app.time_zone_own", { zone: own })}</Menu.Item>
      {found.map((zone) => <Menu.Item key={zone} onClick={() => void change("zone", zone)}>{zone} <span className="qq">{offsetOf(zone)}</span></Menu.Item>)}
    </>
  );
}
