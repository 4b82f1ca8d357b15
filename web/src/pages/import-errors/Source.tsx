import { useQuery } from "@tanstack/react-query";
import { get, path } from "../../api/client";
import { t } from "../../texts";
import { linesAround } from "./around";
import type { Frame } from "./trace";
import type { FileDag } from "./useFileDags";

const LETTERS_MAX = 400; // of a line

// The line that fails, among those around it where the version in use has it, too. The API has no other text of the file.
export function Source({ at, filename, dag }: { at: Frame; filename: string; dag: FileDag | undefined }) {
  const known = useQuery({
    queryKey: ["dag-source", dag?.dag_id, 0], enabled: dag !== undefined && at.file === filename,
    queryFn: ({ signal }) => get<{ content: string | null }>(path`/api/v2/dagSources/${dag!.dag_id}`, {}, signal),
  }).data?.content;
  const around = known && at.file === filename ? linesAround(known, at.line, at.code[0]!) : [];
  const marks = at.code.slice(1);
  const mark = (line: string, n: number) => <div key={`m${n}`} className="mark"><i /><span>{line}</span></div>;
  return (
    <div className="src" role="figure" aria-label={t("import_errors.line", { n: at.line })}>
      {at.file !== filename ? <div className="where"><i /><span className="qq">{at.file}</span></div> : null}
      {around.length > 0 ? around.map(({ n, text }) => <div key={n} className={n === at.line ? "h" : undefined}><i>{n}</i><span>{text.slice(0, LETTERS_MAX)}</span></div>)
        : <><div className="h"><i>{at.line}</i><span>{at.code[0]}</span></div>{marks.map(mark)}</>}
    </div>
  );
}
