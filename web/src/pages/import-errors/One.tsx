import { Link } from "@tanstack/react-router";
import { Fragment, useState } from "react";
import { CopyButton } from "../../components/CopyButton";
import { shortTime } from "../../lib/format";
import { t } from "../../texts";
import { causeText, fixOf } from "./causeText";
import { Frames } from "./Frames";
import { Source } from "./Source";
import { parseTrace } from "./trace";
import type { FileDag, ImportError } from "./useFileDags";

const MESSAGE_MAX = 2000; // letters of a message that are shown as a heading's text; all of it stands in the traceback

// One file that can't be imported: what is wrong, what goes on, what mends it, where.
export function One({ error, dags }: { error: ImportError; dags: FileDag[] | undefined }) {
  const [all, setAll] = useState(false);
  const trace = parseTrace(error.stack_trace, error.filename);
  const fix = fixOf(trace.cause);
  const own = trace.frames.filter((frame) => frame.own);
  const others = trace.frames.length - own.length;
  const at = own.findLast((frame) => frame.file === error.filename) ?? own[own.length - 1];
  return (
    <>
      <div className="row g8 errorfile"><b className="mono m">{error.filename}</b>{trace.line ? <span className="tag">{t("import_errors.line", { n: trace.line })}</span> : null}<span className="grow" />
        <CopyButton text={error.stack_trace} label={t("app.copy")} /></div>
      <h2>{causeText(trace.cause) ?? (trace.message.slice(0, MESSAGE_MAX) || trace.type || t("import_errors.unknown"))}</h2>
      <p className="q">{t("import_errors.since", { at: shortTime(error.timestamp) })} {dags ? <Goes dags={dags} /> : null}</p>
      {fix ? <div className="fix"><span className="q">{fix.text}</span>{fix.command ? <span className="row g4"><span className="mono sm">{fix.command}</span><CopyButton text={fix.command} /></span> : null}{fix.or ? <span className="sm qq or">{fix.or}</span> : null}</div> : null}
      {at && at.code.length ? <Source at={at} filename={error.filename} dag={dags?.[0]} /> : null}
      <div className="row between part"><b className="b">{t("import_errors.traceback")}</b>
        {others ? <span className="sm qq">{t("import_errors.own", { n: own.length })} <button className="linkb" aria-expanded={all} onClick={() => setAll(!all)}>{all ? t("import_errors.hide", { n: others }) : t("import_errors.show", { n: others })}</button></span> : null}</div>
      <Frames trace={trace} all={all} />
      <div className="row g8 sm q clears"><span className="live"><i className="breathe"><b /></i></span>{t("import_errors.clears")}</div>
    </>
  );
}

function Goes({ dags }: { dags: FileDag[] }) {
  const shown = dags.slice(0, 3);
  if (dags.length === 0) return <>{t("import_errors.never_long")}</>;
  const next = dags.map((dag) => (dag.is_paused ? null : dag.next_dagrun_run_after)).filter((at): at is string => at !== null).sort()[0];
  return (
    <>
      {t("import_errors.goes")} {shown.map((dag, n) => <Fragment key={dag.dag_id}>{n ? ", " : ""}<Link className="mono m" to="/dags/$dagId" params={{ dagId: dag.dag_id }}>{dag.dag_id}</Link></Fragment>)}
      {dags.length > shown.length ? t("import_errors.goes_more", { n: dags.length - shown.length }) : ""}.{next ? ` ${t("import_errors.next", { at: shortTime(next) })}` : ""}
    </>
  );
}
