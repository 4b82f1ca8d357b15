import { Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { get, path } from "../../api/client";
import type { DagRun } from "../../api/shapes";
import { StateMark } from "../../components/StateMark";
import { runLabel } from "../../lib/run";
import { stateOf } from "../../lib/state";
import { t } from "../../texts";

const RUNS = 20;

export function useRuns(dag: string) {
  return useQuery({
    queryKey: ["trigger-runs", dag],
    queryFn: ({ signal }) => get<{ dag_runs: DagRun[]; total_entries: number }>(path`/api/v2/dags/${dag}/dagRuns`, { limit: RUNS, order_by: "-run_after" }, signal),
  }).data?.dag_runs;
}

// Start from an earlier run's conf.
export function Earlier({ dag, choose }: { dag: string; choose: (conf: Record<string, unknown>) => void }) {
  const runs = useRuns(dag);
  if (!runs?.length) return null;
  return (
    <Menu position="bottom-start" width={320}>
      <Menu.Target><button type="button" className="linkb">{t("trigger.earlier")}</button></Menu.Target>
      <Menu.Dropdown className="earlier">
        {runs.map((run) => (
          <Menu.Item key={run.dag_run_id} leftSection={<StateMark state={stateOf(run.state)} size={14} />} onClick={() => choose(run.conf ?? {})}>
            <span className="two"><span className="ell">{runLabel(run.dag_run_id)}</span><span className="l2 mono ell">{JSON.stringify(run.conf ?? {}).slice(0, 120)}</span></span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
