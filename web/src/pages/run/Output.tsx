import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { Failure } from "../../components/Failure";
import { Icon } from "../../components/Icon";
import { count, fullTime } from "../../lib/format";
import { FilterField } from "../../rows/Toolbar";
import { t } from "../../texts";
import { LINES_MAX, useOutput, type OutputLine } from "./useOutput";

type Props = { dagId: string; runId: string; running: boolean; logs: string[] | null; selected: string; onSelect: (taskId: string) => void };
const LINE = 20, SHOWN_MAX = 4000; // of one line

const lineTime = (line: OutputLine) => (line.time ? fullTime(line.time).slice(11, 23) : "");
const nameOf = (line: OutputLine) => (line.map_index >= 0 ? `${line.task_id}[${line.map_index}]` : line.task_id);
// eslint-disable-next-line no-control-regex
const ansi = /\x1b\[[0-9;?]*[ -/]*[@-~]/g;

// What all tasks of a small run have printed.
export function Output({ dagId, runId, running, logs, selected, onSelect }: Props) {
  const output = useOutput(dagId, runId, running, logs);
  const [search, setSearch] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => {
    const part = search.toLowerCase();
    return part ? output.lines.filter((line) => line.text.toLowerCase().includes(part) || line.task_id.toLowerCase().includes(part)) : output.lines;
  }, [output.lines, search]);
  const virtual = useVirtualizer({ count: lines.length, getScrollElement: () => box.current, estimateSize: () => LINE, overscan: 20 });
  const names = Math.min(24, Math.max(8, ...output.lines.slice(0, 500).map((line) => nameOf(line).length)));

  // Who looks at the end follows it.
  const follows = useRef(true);
  useEffect(() => { if (running && follows.current && lines.length > 0) virtual.scrollToIndex(lines.length - 1); }, [lines.length, running, virtual]);
  const save = () => {
    const text = output.lines.map((line) => `${line.time ?? ""}\t${nameOf(line)}\t${line.text}`).join("\n");
    const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    Object.assign(document.createElement("a"), { href: url, download: `${dagId}-${runId}.log`.replace(/[^\w.+-]/g, "_") }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  return (
    <section className="output" aria-label={t("run.output")}>
      <div className="bar2">
        <h2 className="nw">{t("run.output")}</h2><span className="q sm ell">{output.lines.length > 0 ? t("run.output_lines", { n: count(output.lines.length) }) : t("run.output_hint")}</span>
        <span className="grow" />
        <FilterField label={t("run.search")} value={search} onChange={setSearch} />
        <button className="btn s q" disabled={output.lines.length === 0} onClick={save}><Icon name="download" small />{t("run.download")}</button>
      </div>
      {output.error ? <Failure error={output.error} again={output.again} /> : null}
      <div className="olines" ref={box} tabIndex={0} role="log" aria-live="off" aria-label={t("run.output")}
        onScroll={(event) => { const at = event.currentTarget; follows.current = at.scrollTop + at.clientHeight >= at.scrollHeight - LINE; }}>
        <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index]!;
            return (
              <div key={item.key} className={line.task_id === selected ? "oline sel" : "oline"} style={{ transform: `translateY(${item.start}px)`, gridTemplateColumns: `${names}ch 12.5ch minmax(0, 1fr)` }} onClick={() => onSelect(line.task_id)}>
                <span className="q ell" title={nameOf(line)}>{nameOf(line)}</span><span className="qq">{lineTime(line)}</span>
                <span className="ell" title={line.text.length > 120 ? line.text.slice(0, 2000) : undefined}>{line.text.slice(0, SHOWN_MAX).replace(ansi, "")}</span>
              </div>
            );
          })}
        </div>
        {lines.length === 0 && !output.error ? <p className="qq pad">{search ? t("run.output_no_match", { text: search }) : output.complete ? t("run.output_none") : running ? t("run.output_waiting") : ""}</p> : null}
        {output.cut ? <p className="q pad">{t("run.output_cut", { n: count(LINES_MAX) })}</p> : null}
      </div>
    </section>
  );
}
