import type { Worker } from "../../api/shapes";
import { t } from "../../texts";
import { kindOf } from "./kinds";

const HOT_DEGREES = 85;

// Each GPU: the fill is its memory, the number its load; a hot one is edged.
export function Devices({ worker }: { worker: Worker }) {
  if (worker.devices.length === 0) return null;
  const lost = kindOf(worker) === "lost";
  return (
    <div className="gp">
      {worker.devices.map((device) => {
        const memory = Math.round((device.memory_used_bytes / Math.max(1, device.memory_bytes)) * 100);
        const hot = (device.temperature ?? 0) >= HOT_DEGREES;
        const name = t("workers.device", { index: device.index, model: device.model, memory });
        return (
          <div key={device.index} className={`gc s-up_for_retry${lost ? " lost" : device.holder ? "" : " free"}${hot && !lost ? " hot" : ""}`} title={name} aria-label={name} role="img">
            <i style={{ height: `${lost ? 0 : memory}%` }} />
            <div className="row between"><b>{device.index}</b><span>{device.load === null || lost ? "" : `${Math.round(device.load * 100)} %`}</span></div>
            <div className="ell">{device.holder ?? ""}</div>
            <div className="ell">{lost ? "" : `${Math.round(device.memory_used_bytes / 1e9)} G${device.temperature === null ? "" : ` ${Math.round(device.temperature)}°`}`}</div>
          </div>
        );
      })}
    </div>
  );
}
