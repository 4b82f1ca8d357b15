import type { Trace } from "./trace";

// The traceback; Python's own frames only if they are asked for. The last error's words are loud.
export function Frames({ trace, all }: { trace: Trace; all: boolean }) {
  const last = trace.parts.findLastIndex((part) => part.frame);
  return (
    <pre className="trc" tabIndex={0}>
      {trace.parts.map(({ text, frame }, n) => {
        if (!frame) return <span key={n} className={n > last ? "s-failed said" : undefined}>{`${text}\n`}</span>;
        if (!frame.own && !all) return null;
        return (
          <span key={n} className={frame.own ? undefined : "qq"}>
            {'  File "'}<b className={frame.own ? "m ownfile" : undefined}>{frame.file}</b>{`", line ${frame.line}${frame.scope ? `, in ${frame.scope}` : ""}\n`}
            {frame.code.map((line) => `    ${line}\n`).join("")}
          </span>
        );
      })}
    </pre>
  );
}
