import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { clock } from "../../api/clock";
import { get, path } from "../../api/client";
import { watchDag } from "../../api/live";
import type { Calendar as Answer } from "../../api/shapes";
import { useLiveQuery } from "../../api/useLiveQuery";
import { Failure } from "../../components/Failure";
import { Icon } from "../../components/Icon";
import { StateMark } from "../../components/StateMark";
import { timeZone } from "../../lib/format";
import { isFinished, stateOf } from "../../lib/state";
import { useSearch } from "../../lib/useSearch";
import { language, t } from "../../texts";
import { dayAfter, dayIn, plannedByDay, startOf, yearOf, type Day } from "./calendar/data";
import { Year } from "./calendar/Year";
import "./calendar/calendar.css";

// The runs of a year, a cell a day: the worst that came of them, and what is planned.
export default function Calendar({ dagId }: { dagId: string }) {
  const [search, set] = useSearch();
  const navigate = useNavigate();
  const zone = timeZone();
  const dayOf = useMemo(() => dayIn(zone), [zone]);
  const today = dayOf(clock.now());
  const thisYear = Number(today.slice(0, 4));
  const year = /^\d{4}$/.test(search.year ?? "") ? Number(search.year) : thisYear;
  const { data, error, refetch } = useLiveQuery<Answer>({
    key: ["calendar", dagId, year, zone], watches: [watchDag(dagId)],
    read: (signal) => get<Answer>(path`/api/gale/v1/dags/${dagId}/calendar`, { from: `${year}-01-01`, to: `${year}-12-31`, timezone: zone }, signal),
    concerns: (change) => change.kind === "run" && change.dag_id === dagId,
    patch: (now, change) => (change.kind === "run" && (isFinished(stateOf(change.state)) || change.state === "queued") ? "read" : now),
  });
  const { days, lead } = useMemo(() => yearOf(year, data, plannedByDay(data?.planned ?? [], dayOf)), [year, data, dayOf]);
  const [at, setAt] = useState<string | null>(null);
  const shown = days.find((day) => day.date === at) ?? days.find((day) => day.date === today) ?? null;
  const open = (day: Day) => {
    if (day.total > 0) void navigate({ to: "/dags/$dagId/runs", params: { dagId }, search: { from: startOf(day.date, zone), to: startOf(dayAfter(day.date, 1), zone) } });
  };
  const turn = (by: number) => set({ year: year + by === thisYear ? "" : String(year + by) });
  return (
    <section className="cal" aria-label={t("calendar.title")}>
      <div className="bar2">
        <button className="ib line" aria-label={t("calendar.year_before")} onClick={() => turn(-1)}><Icon name="left" /></button>
        <b className="num">{year}</b>
        <button className="ib line" aria-label={t("calendar.year_after")} disabled={year > thisYear} onClick={() => turn(1)}><Icon name="right" /></button>
        <span className="grow" />
        <span className="sm q">{zone}</span>
      </div>
      {error && !data ? <div className="pad"><Failure error={error} again={() => void refetch()} /></div> : null}
      <div className="cal-body" aria-busy={!data && !error}>
        <div className="cal-info sm num" aria-live={at === null ? "off" : "polite"}>{shown ? <Info day={shown} /> : null}</div>
        <Year days={days} lead={lead} today={today} onAt={setAt} onOpen={open} />
        <div className="cal-legend mi qq">
          <span>{t("calendar.fewer")}</span>
          {[1, 2, 3, 4, 5].map((step) => <i key={step} className={`cal-cell s-success step${step}`} />)}
          <span>{t("calendar.more")}</span>
          <i className="cal-cell s-failed step5 loud bad" /><span>{t("calendar.failed")}</span>
          <i className="cal-cell planned" /><span>{t("calendar.planned_key")}</span>
        </div>
      </div>
    </section>
  );
}

function Info({ day }: { day: Day }) {
  const date = new Intl.DateTimeFormat(language(), { dateStyle: "full", timeZone: "UTC" }).format(new Date(`${day.date}T00:00:00Z`));
  const parts = Object.entries(day.counts).filter(([, n]) => n > 0);
  return (
    <>
      <b>{date}</b>
      {parts.map(([state, n]) => <span key={state} className="row g4"><StateMark state={stateOf(state)} size={14} />{n} {t(`state.${stateOf(state)}`)}</span>)}
      {day.planned > 0 ? <span className="q">{t("calendar.planned", { n: day.planned })}</span> : null}
      {parts.length === 0 && day.planned === 0 ? <span className="q">{t("calendar.nothing")}</span> : null}
    </>
  );
}
