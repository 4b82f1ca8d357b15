import { useState } from "react";
import { path, send } from "../api/client";
import { say } from "../lib/say";
import { t } from "../texts";
import { Icon } from "./Icon";

type Props = { dag: string; favorite: boolean; onChange: (favorite: boolean) => void };

// A reader's own mark on a DAG.
export function FavoriteStar({ dag, favorite, onChange }: Props) {
  const [asked, setAsked] = useState<boolean | null>(null);
  const on = asked ?? favorite;
  const ask = async () => {
    setAsked(!on);
    try {
      await send("POST", on ? path`/api/v2/dags/${dag}/unfavorite` : path`/api/v2/dags/${dag}/favorite`);
      onChange(!on);
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    } finally {
      setAsked(null);
    }
  };
  return (
    <button className={on ? "starb on" : "starb"} aria-pressed={on} aria-label={t("dags.favorite", { dag })} title={t("dags.favorite", { dag })}
      style={asked === null ? undefined : { opacity: 0.6 }} onClick={() => { if (asked === null) void ask(); }}>
      <Icon name="star" small filled={on} />
    </button>
  );
}
