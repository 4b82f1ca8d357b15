import { useMediaQuery } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import { useKeys } from "../app/keys";
import { StateMark } from "../components/StateMark";
import { Took } from "../components/Time";
import { useSearch } from "../lib/useSearch";
import { stateOf } from "../lib/state";
import { t } from "../texts";
import { LogBar } from "./LogBar";
import { LogPane } from "./LogPane";
import { prefer, prefs } from "./prefs";
import type { LogName } from "./reader";
import { useModels, type Try } from "./useModels";
import "./log.css";

type Props = { instance: Omit<LogName, "tryNumber">; tries: Try[]; full: boolean; onFull: () => void };

// The logs of a task instance's tries. What is looked at is in the address: try=1,2 q= case=1 line=328.
export function LogView({ instance, tries, full, onFull }: Props) {
  const [search, set] = useSearch();
  const wide = useMediaQuery("(min-width: 1100px)") ?? true;
  const wanted = (search.try ?? "").split(",").map(Number).filter((number) => tries.some((one) => one.number === number));
  const shown = wanted.length === 0 ? [tries.at(-1)!.number] : wide ? [...new Set(wanted)] : wanted.slice(0, 1);
  const opened = useModels(instance, shown.map((number) => tries.find((one) => one.number === number)!), Number(search.line) || undefined);
  const [active, setActive] = useState(0);
  const views = useRef<{ from: number }[]>([]);
  const view = (n: number) => (views.current[n] ??= { from: 0 });
  const open = opened[Math.min(active, opened.length - 1)]!;
  const q = search.q ?? "", matchCase = search.case === "1";
  const models = opened.map(({ model }) => model);

  useEffect(() => {
    models.forEach((model, n) => {
      const { search: now } = model.state.get();
      if (now.q !== q || (q && now.matchCase !== matchCase)) void model.find(q, matchCase, view(n).from);
    });
  }, [q, matchCase, shown.join()]);
  // A line that the address names later on: by the way back, or a link.
  const lineWas = useRef(search.line);
  useEffect(() => {
    if (search.line !== lineWas.current && search.line && ours.current !== search.line) void open.model.toLine(Number(search.line) || 1);
    lineWas.current = search.line;
  }, [search.line]);
  const ours = useRef<string>(undefined);

  const toTries = (numbers: number[]) => {
    setActive(0);
    set({ try: numbers.length === 1 && numbers[0] === tries.at(-1)!.number ? undefined : numbers.join(","), line: undefined });
  };
  const error = (step: 1 | -1) => void open.model.error(step, view(active).from);
  useKeys({
    E: () => error(1), "Shift E": () => error(-1), N: () => void open.model.hit(1), "Shift N": () => void open.model.hit(-1),
    F: () => (open.model.state.get().following ? open.model.scrolled(false) : void open.model.toEnd()),
    W: () => prefer({ wrap: !prefs.get().wrap }), Home: () => void open.model.toStart(), End: () => void open.model.toEnd(),
    B: () => { if (tries.length > 1) toTries(shown.length > 1 ? [tries.at(-1)!.number] : tries.slice(-4).map((one) => one.number)); },
    ...Object.fromEntries(tries.filter((one) => one.number < 10).map((one) => [String(one.number), () => toTries([one.number])])),
  });
  return (
    <>
      <LogBar open={open} tries={tries} shown={shown} q={q} matchCase={matchCase} full={full} onFull={onFull} onError={error} onTries={toTries}
        onSearch={(text) => set({ q: text }, { replace: true })} onCase={() => set({ case: matchCase ? undefined : "1" }, { replace: true })} />
      <div className="lgs">
        {opened.map(({ model, of, name }, n) => (
          <LogPane key={`${instance.taskId} ${instance.mapIndex} ${name.tryNumber}`} model={model} live={of.live} view={view(n)} onFocus={() => setActive(n)} head={<TryFacts of={of} />}
            onMark={(row) => {
              model.state.set({ ...model.state.get(), target: row.line.offset });
              if (row.number === null) return;
              ours.current = String(row.number);
              set({ line: ours.current, try: n === 0 ? search.try : [name.tryNumber, ...shown.filter((other) => other !== name.tryNumber)].join(",") }, { replace: true });
            }} />
        ))}
      </div>
    </>
  );
}

function TryFacts({ of }: { of: Try }) {
  return (
    <>
      <StateMark state={stateOf(of.state)} size={14} />
      <b className="b">{t("log.try", { n: of.number })}</b>
      <span className="q ell">
        {t(`state.${stateOf(of.state)}`)} <Took from={of.start} to={of.end} />
        {of.reason ? ` · ${of.reason}` : ""}{of.hostname ? <> · <span className="mono">{of.hostname}</span></> : null}
      </span>
    </>
  );
}
