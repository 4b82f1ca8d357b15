import { useEffect, useState } from "react";
import type { LogModel } from "./model";
import type { LogTime } from "./reader";

// When the bytes in view came: read for what is seen, and kept as long as one stays near.
export function useTimes(model: LogModel, wanted: boolean, from: number, to: number): (offset: number) => string | undefined {
  const [known, setKnown] = useState<{ from: number; to: number; times: LogTime[] }>({ from: 0, to: 0, times: [] });
  const missing = wanted && to > from && (from < known.from || to > known.to);
  useEffect(() => {
    if (!missing) return;
    let gone = false;
    const timer = setTimeout(() => {
      const begin = Math.max(0, from - AROUND), end = to + AROUND;
      model.reader.times(begin, end - begin)
        .then((times) => { if (!gone) setKnown({ from: begin, to: Math.min(end, model.state.get().size), times }); })
        .catch(() => undefined); // a log without its times is still a log
    }, 80);
    return () => { gone = true; clearTimeout(timer); };
  }, [missing, from, to, model]);
  return (offset) => {
    const { times } = known;
    let low = -1, high = times.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (times[middle]!.offset <= offset) low = middle;
      else high = middle - 1;
    }
    return times[low]?.time;
  };
}
const AROUND = 256 * 1024;
