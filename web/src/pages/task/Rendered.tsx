import { CopyButton } from "../../components/CopyButton";
import { Empty } from "../../components/Empty";
import { t } from "../../texts";
import { CutText } from "./CutText";
import type { Instance } from "./data";

// The template fields, as the task got them.
export function Rendered({ instance }: { instance: Instance }) {
  const fields = Object.entries(instance.rendered_fields ?? {});
  if (fields.length === 0) return <Empty title={t("task.rendered_none_title")}><p className="q">{t(instance.start_date ? "task.rendered_none" : "task.rendered_later")}</p></Empty>;
  return (
    <div className="taskscroll">
      {fields.map(([name, value]) => {
        const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
        return (
          <section key={name} className="field">
            <div className="fieldhead"><b className="b mono ell">{name}</b><span className="tag">{t("task.template_field")}</span><span className="grow" /><CopyButton text={text} /></div>
            <CutText text={text} />
          </section>
        );
      })}
    </div>
  );
}
