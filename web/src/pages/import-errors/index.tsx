import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { get, type ApiError } from "../../api/client";
import { useLiveQuery } from "../../api/useLiveQuery";
import { Empty } from "../../components/Empty";
import { Failure } from "../../components/Failure";
import { Icon } from "../../components/Icon";
import { StateMark } from "../../components/StateMark";
import { Time } from "../../components/Time";
import { useKeys } from "../../app/keys";
import { t } from "../../texts";
import { causeText } from "./causeText";
import { One } from "./One";
import { parseTrace } from "./trace";
import { useFileDags, type ImportError } from "./useFileDags";
import "./import-errors.css";

const LISTED = 500;

export default function ImportErrors() {
  const { id } = useParams({ strict: false }) as { id?: string };
  const navigate = useNavigate();
  const { data, error, refetch } = useLiveQuery<{ import_errors: ImportError[]; total_entries: number }>({
    key: ["import-errors"], watches: ["files"], concerns: (change) => change.kind === "file",
    read: (signal) => get("/api/v2/importErrors", { limit: LISTED, order_by: "-timestamp" }, signal),
  });
  const { dagsOf } = useFileDags();
  const all = data?.import_errors ?? [];
  const chosen = all.find((one) => String(one.import_error_id) === id) ?? (id === undefined ? all[0] : undefined);
  const go = (step: number) => {
    const next = all[all.findIndex((one) => one === chosen) + step];
    if (next) void navigate({ to: "/import-errors/$id", params: { id: String(next.import_error_id) } });
  };
  useKeys({ J: () => go(1), K: () => go(-1) });
  if (error && !data) return <Failure error={error as ApiError} again={() => void refetch()} />;
  if (!data) return null;
  if (all.length === 0) return <Empty page title={t("import_errors.none")}><p className="q">{t("import_errors.none_more")}</p><Link className="btn" to="/dags">{t("app.to_dags")}</Link></Empty>;
  return (
    <>
      <div className="tb"><h1>{t("nav.import_errors")}</h1><span className="tag">{data.total_entries}</span><span className="q ell wide-only">{t("import_errors.others")}</span></div>
      {error ? <Failure error={error as ApiError} again={() => void refetch()} /> : null}
      <div className={id ? "ie one" : "ie"}>
        <nav className="files" aria-label={t("nav.import_errors")}>
          {all.map((one) => {
            const trace = parseTrace(one.stack_trace, one.filename);
            const dags = dagsOf(one.filename);
            return (
              <Link key={one.import_error_id} className={one === chosen ? "f on" : "f"} aria-current={one === chosen} to="/import-errors/$id" params={{ id: String(one.import_error_id) }}>
                <span className="row between g8"><b className="mono m ell" title={one.filename}>{one.filename.slice(one.filename.lastIndexOf("/") + 1)}</b><span className="sm qq"><Time at={one.timestamp} /></span></span>
                <span className="sm s-failed ell said">{causeText(trace.cause) ?? `${trace.type ? `${trace.type}: ` : ""}${trace.message.split("\n")[0]}`}</span>
                {dags ? <span className="sm q row g6 stays">{dags.length ? <><StateMark state="success" size={12} title="" />{t("import_errors.stays", { n: dags.length })}</> : <><StateMark state="none" size={12} title="" />{t("import_errors.never")}</>}</span> : null}
              </Link>
            );
          })}
          {data.total_entries > all.length ? <p className="sm qq f">{t("import_errors.more", { n: data.total_entries - all.length })}</p> : null}
        </nav>
        <section className="errorpart">
          {id ? <Link className="btn s q back" to="/import-errors"><Icon name="left" small />{t("nav.import_errors")}</Link> : null}
          {chosen ? <One key={chosen.import_error_id} error={chosen} dags={dagsOf(chosen.filename)} /> : <p className="row g8 q gone"><StateMark state="success" size={14} title="" />{t("import_errors.gone")}</p>}
        </section>
      </div>
    </>
  );
}
