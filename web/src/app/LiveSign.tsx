import { sign } from "../api/live";
import { duration } from "../lib/format";
import { useNow } from "../lib/useNow";
import { t } from "../texts";

const AWAY_AFTER_MS = 3000;

// Moving: connected. The same place and width, whatever it says; no toast.
export function LiveSign() {
  const { state, since } = sign.use();
  useNow();
  const away = state === "away" && Date.now() - since >= AWAY_AFTER_MS;
  const text = state === "live" ? t("app.live") : away ? t("app.away", { t: duration((Date.now() - since) / 1000) })
    : t(state === "away" ? "app.catching_up" : "app.connecting");
  return (
    <span className="live" role="status" title={text}>
      <i className={state === "live" ? "breathe" : undefined} style={state === "live" ? undefined : { opacity: 0.4 }}><b /></i>
      <span className="livetext ell">{text}</span>
    </span>
  );
}
