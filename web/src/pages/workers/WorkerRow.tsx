import { Link } from "@tanstack/react-router";
import type { Worker } from "../../api/shapes";
import { send, path } from "../../api/client";
import { useRight } from "../../api/session";
import { InstanceLink } from "../../components/InstanceLink";
import { StateMark } from "../../components/StateMark";
import { Ago, Took } from "../../components/Time";
import { bytes } from "../../lib/format";
import { stateOf } from "../../lib/state";
import { t } from "../../texts";
import { Devices } from "./Devices";
import { kindOf, markOf } from "./kinds";

const CELLS_MAX = 48, TASKS_SHOWN = 6;
type Props = { worker: Worker; onDrain: () => void; onForget: () => void };

export function WorkerRow({ worker, onDrain, onForget }: Props) {
  const kind = kindOf(worker);
  const may = useRight("operate");
  const cells = Math.min(worker.slots, CELLS_MAX);
  const used = worker.slots ? Math.round((worker.running / worker.slots) * cells) : 0;
  const gone = kind === "lost" || kind === "stopped";
  const more = worker.tasks_total - Math.min(worker.tasks.length, TASKS_SHOWN);
  return (
    <div className={kind === "lost" ? "wk bad" : "wk"}>
      <div>
        <div className="row g8"><StateMark state={markOf[kind]} title={t(`workers.${kind}`)} /><Link className="mono m" to="/workers/$name" params={{ name: worker.name }}>{worker.name}</Link></div>
        <div className={`sm q s-${markOf[kind]}`}><b className="kind">{t(`workers.${kind}`)}</b> · <Ago at={worker.last_heartbeat} /></div>
        <div className="row g4 wrap">{worker.queues.map((queue) => <Link key={queue} className="tag" to="/queues/$name" params={{ name: queue }}>{queue}</Link>)}</div>
      </div>
      <div>
        <div className="row between mi q"><span>{t("workers.slots")}</span><span className="num">{t("workers.n_of", { n: worker.running, of: worker.slots })}</span></div>
        <div className="sc" aria-hidden="true">{Array.from({ length: cells }, (_, n) => <u key={n} className={gone ? "l" : n < used ? "r" : ""} />)}</div>
      </div>
      <div className="min0">
        <Devices worker={worker} />
        <div className="tsk">
          {worker.tasks.slice(0, TASKS_SHOWN).map((task) => (
            <div key={`${task.dag_run_id} ${task.task_id} ${task.map_index}`}><StateMark state={stateOf(task.state)} size={12} /><InstanceLink of={task} /><span className="qq num end"><Took from={task.since} /></span></div>
          ))}
          {more > 0 ? <div className="qq">{t("workers.more", { n: more })}</div> : null}
          {worker.tasks_total === 0 && !gone ? <div className="qq">{t("workers.idle")}</div> : null}
        </div>
        {worker.note || worker.drain_reason ? <div className="sm q note">{[worker.note, worker.drain_reason].filter(Boolean).join(" · ")}</div> : null}
      </div>
      <Load worker={worker} />
      <div className="r">
        {!may ? null : kind === "lost" || kind === "stopped" ? <button className="btn s" onClick={onForget}>{t("workers.forget")}</button>
          : kind === "alive" ? <button className="btn s" onClick={onDrain}>{t("workers.drain")}</button>
            : <button className="btn s" onClick={() => void send("POST", path`/api/gale/v1/workers/${worker.name}/undrain`)}>{t("workers.undrain")}</button>}
      </div>
    </div>
  );
}

function Load({ worker }: { worker: Worker }) {
  const cpu = worker.cpu_load !== null && worker.cpu_count ? worker.cpu_load / worker.cpu_count : null;
  const memory = worker.memory_used_bytes !== null && worker.memory_bytes ? worker.memory_used_bytes / worker.memory_bytes : null;
  const meter = (name: string, part: number | null) => part === null ? null : (
    <div className="mt">{name}<s><u style={{ width: `${Math.min(100, Math.round(part * 100))}%` }} /></s><span className="num r">{Math.round(part * 100)} %</span></div>
  );
  return (
    <div className="load">
      {meter(t("workers.cpu"), cpu)}{meter(t("workers.memory"), memory)}
      <div className="mi qq">{[worker.cpu_count ? t("workers.cores", { n: worker.cpu_count }) : "", worker.memory_bytes ? bytes(worker.memory_bytes) : "", worker.version].filter(Boolean).join(" · ")}</div>
    </div>
  );
}
