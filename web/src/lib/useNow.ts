import { useEffect } from "react";
import { clock } from "../api/clock";
import { create } from "./store";

// One timer for all that ticks: the server's time, once a second, as long as somebody looks and the tab is seen.
const tick = create(clock.now());
let watchers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function run() {
  const wanted = watchers > 0 && !document.hidden;
  if (wanted && timer === undefined) {
    tick.set(clock.now());
    timer = setInterval(() => tick.set(clock.now()), 1000);
  } else if (!wanted && timer !== undefined) {
    clearInterval(timer);
    timer = undefined;
  }
}
document.addEventListener("visibilitychange", run);

export function useNow(): number {
  useEffect(() => {
    watchers += 1;
    run();
    return () => { watchers -= 1; run(); };
  }, []);
  return tick.use();
}
