import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { sign } from "../../api/live";
import { get } from "../../api/client";
import { Brand } from "../../app/Rail";
import { CopyButton } from "../../components/CopyButton";
import { Icon } from "../../components/Icon";
import { t } from "../../texts";

// What is copied from here into the folder, as it stands: it runs.
const EXAMPLE = `from datetime import datetime
from airflow import models
from airflow.operators.bash import BashOperator

with models.DAG(
    dag_id="echo_test",
    schedule=None,
    start_date=datetime(2026, 11, 1),
):
    create = BashOperator(
        task_id="create_text_file",
        bash_command="echo hello airflow > /tmp/echo_test.txt")
    cat = BashOperator(
        task_id="cat_text_file",
        bash_command="cat /tmp/echo_test.txt")
    remove = BashOperator(
        task_id="remove_text_file",
        bash_command="rm /tmp/echo_test.txt")

    create >> cat >> remove
`;
const NAME = "echo_test.py";
const ASK = '"$(gale config get-value core dags_folder)"';

type Config = { sections: { name: string; options: { key: string; value: string }[] }[] };

// A new Gale: what to do first, and that the folder is watched.
export function NoDags({ broken }: { broken: number }) {
  const { state } = sign.use();
  // Told only where [api] expose_config lets it be.
  const folder = useQuery({ queryKey: ["config"], retry: false, queryFn: ({ signal }) => get<Config>("/api/v2/config", {}, signal) })
    .data?.sections?.find((one) => one.name === "core")?.options.find((one) => one.key === "dags_folder")?.value;
  const command = `cp examples/dags/${NAME} ${folder ? `'${folder.replace(/'/g, "'\\''")}/'` : ASK}`;
  const download = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([EXAMPLE], { type: "text/x-python" }));
    link.download = NAME;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <div className="em">
      <div>
        <div className="embrand"><Brand /></div>
        <h1>{t("dags.empty_title")}</h1>
        <p>{t("dags.empty")}</p>
        <ol className="st">
          <li><span className="n">1</span><div><b className="b">{t("dags.empty_1")}</b>
            <div className="cmd"><span className="grow ell" title={command}>{command}</span><CopyButton text={command} /></div></div></li>
          <li><span className="n">2</span><div><b className="b">{t("dags.empty_2")}</b> <span className="q">{t("dags.empty_2_more")}</span></div></li>
          <li><span className="n">3</span><div><b className="b">{t("dags.empty_3")}</b> <span className="q">{t("dags.empty_3_more")}</span></div></li>
        </ol>
        <div className="row g8 sm q emwatch">
          <span className="live"><i className={state === "live" ? "breathe" : undefined}><b /></i></span>
          {state === "live" ? t("dags.empty_watching") : t("dags.empty_away")} {folder ? <span className="mono">{folder}</span> : null}
        </div>
        {broken ? <Link className="row g6 sm s-failed broken" to="/import-errors"><Icon name="warning" small />{t("dags.empty_broken", { n: broken })}</Link> : null}
      </div>
      <section className="panel">
        <div className="ph emhead"><Icon name="folder" small /><span className="mono sm m">{NAME}</span>
          <span className="x"><CopyButton text={EXAMPLE} label={t("app.copy")} /><button className="btn s" onClick={download}><Icon name="download" small />{t("dags.download")}</button></span></div>
        <pre className="py">{EXAMPLE}</pre>
      </section>
    </div>
  );
}
