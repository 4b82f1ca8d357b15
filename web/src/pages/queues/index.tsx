import { Link, useParams } from "@tanstack/react-router";
import { PageHead } from "../../components/PageHead";
import { t } from "../../texts";
import { QueueTable } from "./QueueTable";
import "./queues.css";

export default function QueuesPage() {
  const { name } = useParams({ strict: false }) as { name?: string };
  return (
    <>
      <PageHead title={name ?? t("nav.queues")}>
        <span className="grow" />
        {name ? <Link className="btn" to="/tasks" search={{ state: "queued", queue: name } as never}>{t("queues.see_tasks")}</Link> : null}
      </PageHead>
      <section className="panel"><QueueTable only={name} /></section>
      <p className="q sm hint">{t("queues.hint")}</p>
    </>
  );
}
