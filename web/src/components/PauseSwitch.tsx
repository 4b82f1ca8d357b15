import { useState } from "react";
import { ApiError, path, send } from "../api/client";
import { useRight } from "../api/session";
import { say } from "../lib/say";
import { t } from "../texts";
import { failureText } from "./Failure";
import { Switch } from "./Switch";

type Props = { dag: string; paused: boolean; onChange: (paused: boolean) => void; onRefused?: (why: string | null) => void };

// Switches a DAG on and off: shown at once as it was asked for, and back if it is refused.
export function PauseSwitch({ dag, paused, onChange, onRefused }: Props) {
  const [asked, setAsked] = useState<boolean | null>(null);
  const may = useRight("run");
  const ask = async (on: boolean) => {
    setAsked(!on);
    onRefused?.(null);
    try {
      const now = await send<{ is_paused: boolean }>("PATCH", path`/api/v2/dags/${dag}`, { is_paused: !on });
      onChange(now.is_paused);
      say(t(on ? "dags.switched_on" : "dags.switched_off", { dag }));
    } catch (error) {
      const why = failureText(error instanceof ApiError ? error : new ApiError(0, String(error)));
      onRefused?.(why);
      say(why);
    } finally {
      setAsked(null);
    }
  };
  const off = asked ?? paused;
  return <Switch on={!off} pending={asked !== null} disabled={!may} label={t(off ? "dags.switch_on" : "dags.switch_off", { dag })} onChange={(on) => { if (asked === null) void ask(on); }} />;
}
