import { ago, duration, fullTime, secondsBetween, shortTime } from "../lib/format";
import { useNow } from "../lib/useNow";

export function Time({ at }: { at: string | null | undefined }) {
  if (!at) return null;
  return <time dateTime={at} title={fullTime(at)} className="nw">{shortTime(at)}</time>;
}

export function Ago({ at }: { at: string | null | undefined }) {
  const now = useNow();
  if (!at) return null;
  return <time dateTime={at} title={fullTime(at)} className="nw">{ago(at, now)}</time>;
}

// From `from` to `to`, or until now, ticking.
export function Took({ from, to }: { from: string | null | undefined; to?: string | null | undefined }) {
  return to ? <span className="num nw">{duration(secondsBetween(from, to))}</span> : <Ticking from={from} />;
}
function Ticking({ from }: { from: string | null | undefined }) {
  const now = useNow();
  return <span className="num nw">{duration(secondsBetween(from, now))}</span>;
}
