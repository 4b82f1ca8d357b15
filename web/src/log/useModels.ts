import { useEffect, useMemo, useRef } from "react";
import { useLive, watchLog } from "../api/live";
import { LogModel } from "./model";
import { httpReader, type LogName } from "./reader";

export interface Try { number: number; state: string | null; start: string | null; end: string | null; hostname: string | null; reason: string | null; live: boolean }
export interface Open { name: LogName; model: LogModel; of: Try }

const keyOf = (name: LogName) => [name.dagId, name.runId, name.taskId, name.mapIndex, name.tryNumber].join("\n");

// It may have grown, nobody knows how far.
const look = (model: LogModel) => void model.reader.range(0, 0).then(({ size }) => model.grew(size)).catch(() => undefined);

// The logs that are open, one a try: each is opened once, follows the stream as long as its try lives, and is closed with
// the page. `line`: where the first one opens.
export function useModels(instance: Omit<LogName, "tryNumber">, tries: Try[], line: number | undefined): Open[] {
  const open = useRef(new Map<string, LogModel>());
  const lived = useRef(new Set<string>());
  const { dagId, runId, taskId, mapIndex } = instance;
  const numbers = tries.map((one) => one.number).join(",");
  const models = useMemo(() => {
    const now = new Map<string, LogModel>();
    tries.forEach((one, n) => {
      const name = { dagId, runId, taskId, mapIndex, tryNumber: one.number };
      const key = keyOf(name);
      let model = open.current.get(key);
      if (!model) {
        model = new LogModel(httpReader(name));
        void model.open({ line: n === 0 ? line : undefined, failed: one.state === "failed" || one.state === "up_for_retry", running: one.live });
      }
      now.set(key, model);
    });
    for (const [key, model] of open.current) if (!now.has(key)) model.close();
    open.current = now;
    return [...now.values()];
  }, [dagId, runId, taskId, mapIndex, numbers]);
  useEffect(() => () => { for (const model of open.current.values()) model.close(); open.current.clear(); }, []);

  const opened = tries.map((of, n) => ({ of, model: models[n]!, name: { dagId, runId, taskId, mapIndex, tryNumber: of.number } }));
  useLive(opened.filter(({ of }) => of.live).map(({ name }) => watchLog(dagId, runId, taskId, mapIndex, name.tryNumber)), (event) => {
    for (const { name, model, of } of opened) {
      if (event.kind === "read_again" && of.live) look(model);
      if (event.kind !== "log") continue;
      const { log } = event;
      if (log.dag_id === dagId && log.dag_run_id === runId && log.task_id === taskId && log.map_index === mapIndex && log.try_number === name.tryNumber) void (log.size > 0 ? model.grew(log.size) : look(model));
    }
  });
  const living = opened.map(({ of, name }) => `${keyOf(name)}:${of.live}`).join();
  useEffect(() => {
    for (const { of, name, model } of opened) {
      const key = keyOf(name);
      if (of.live) lived.current.add(key);
      else if (lived.current.delete(key)) void model.ended();
    }
  }, [living]);
  return opened;
}
