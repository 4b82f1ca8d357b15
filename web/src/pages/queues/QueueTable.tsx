import { Link } from "@tanstack/react-router";
import { get } from "../../api/client";
import type { Queues } from "../../api/shapes";
import { useFigures } from "../../api/useFigures";
import { Failure } from "../../components/Failure";
import { Icon } from "../../components/Icon";
import { Ago } from "../../components/Time";
import { count } from "../../lib/format";
import { t } from "../../texts";

// Depth, age, rate, and who serves each queue: one that nobody serves is an error.
export function QueueTable({ only }: { only?: string | undefined }) {
  const { data, error, refetch } = useFigures({ key: ["queues"], read: (signal) => get<Queues>("/api/gale/v1/queues", {}, signal) });
  if (error && !data) return <Failure error={error} again={() => void refetch()} />;
  const rows = (data?.queues ?? []).filter((queue) => !only || queue.name === only);
  return (
    <div className="tablebox" tabIndex={0}>
      <table>
        <thead><tr><th scope="col">{t("queues.queue")}</th><th scope="col" className="r">{t("queues.depth")}</th><th scope="col">{t("queues.oldest")}</th><th scope="col" className="r">{t("queues.running")}</th><th scope="col">{t("queues.taken")}</th><th scope="col">{t("queues.workers")}</th></tr></thead>
        <tbody>
          {rows.map((queue) => (
            <tr key={queue.name}>
              <td><Link className="mono" to="/queues/$name" params={{ name: queue.name }}>{queue.name}</Link></td>
              <td className="r num b"><Link to="/tasks" search={{ state: "queued", queue: queue.name } as never}>{count(queue.queued)}</Link></td>
              <td>{queue.oldest ? <Ago at={queue.oldest} /> : <span className="qq">—</span>}</td>
              <td className="r num">{t("workers.n_of", { n: count(queue.running), of: count(queue.slots) })}</td>
              <td className="num">{t("queues.per_minute", { n: count(queue.started_per_minute) })}</td>
              <td className="ell names">{queue.workers.length > 0 ? queue.workers.join(", ") : <span className="row g6 s-failed nobody"><Icon name="warning" small />{t("queues.nobody")}</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {data && rows.length === 0 ? <div className="empty small"><p>{t("queues.none")}</p></div> : null}
    </div>
  );
}
