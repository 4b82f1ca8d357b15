import { useMemo, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { get, path, type ApiError } from "../../api/client";
import { watchDag } from "../../api/live";
import { useLiveQuery } from "../../api/useLiveQuery";
import { CopyButton } from "../../components/CopyButton";
import { Failure } from "../../components/Failure";
import { useSearch } from "../../lib/useSearch";
import { t } from "../../texts";
import { diff, folded, type Row } from "./code/diff";
import { find } from "./code/find";
import { FindBar } from "./code/FindBar";
import { Lines, type LineOf } from "./code/Lines";
import { python } from "./code/python";
import { VersionPick, type Version } from "./code/VersionPick";
import "./code/code.css";

type Versions = { dag_versions: Version[]; total_entries: number };
type Source = { content: string | null; version_number: number | null };
const VERSIONS_MAX = 100;

function useSource(dagId: string, version: number | undefined) {
  return useQuery<Source, ApiError>({
    queryKey: ["dag-source", dagId, version ?? 0], enabled: version !== undefined,
    queryFn: ({ signal }) => get<Source>(path`/api/v2/dagSources/${dagId}`, { version_number: version }, signal),
  });
}

// The file of a version (?v=), and what changed since another (?diff=).
export default function Code({ dagId }: { dagId: string }) {
  const [search, set] = useSearch();
  const versions = useLiveQuery<Versions>({
    key: ["dag-versions", dagId], watches: [watchDag(dagId)],
    read: (signal) => get<Versions>(path`/api/v2/dags/${dagId}/dagVersions`, { order_by: "-version_number", limit: VERSIONS_MAX }, signal),
    concerns: (change) => change.kind === "dag" && change.dag_id === dagId,
    patch: (data, change) => (change.kind === "dag" && data.dag_versions.some((one) => one.version_number === change.dag_version) ? data : "read"),
  });
  const list = versions.data?.dag_versions ?? [];
  const v = numberOf(search.v) ?? list[0]?.version_number;
  const old = numberOf(search.diff);
  const source = useSource(dagId, v), before = useSource(dagId, old);
  const error = versions.error ?? source.error ?? (old === undefined ? null : before.error);
  const waits = !error && (!source.data || (old !== undefined && !before.data));
  const text = source.data?.content ?? null;
  return (
    <section className="code-view">
      <div className="bar2">
        <VersionPick label={t("code.version")} versions={list} value={v} onChange={(value) => set({ v: value === list[0]?.version_number ? "" : String(value) })} />
        {list.length > 1 || old !== undefined ? <VersionPick label={t("code.against")} none={t("code.no_diff")} versions={list.filter((one) => one.version_number !== v)} value={old} onChange={(value) => set({ diff: value === undefined ? "" : String(value) })} /> : null}
        <span className="grow" />
        {text !== null ? <CopyButton text={text} label={t("code.copy")} /> : null}
      </div>
      {error ? <div className="pad"><Failure error={error} again={() => { void versions.refetch(); void source.refetch(); if (old !== undefined) void before.refetch(); }} /></div> : null}
      {!waits && !error && text === null ? <p className="pad q">{t("code.unknown")}</p> : null}
      {!waits && text !== null ? <Shown key={`${v} ${old ?? ""}`} text={text} before={old === undefined ? null : before.data?.content ?? ""} /> : <div className="code-wait" aria-busy={waits} />}
    </section>
  );
}

const numberOf = (text: string | undefined) => (text && /^\d{1,9}$/.test(text) ? Number(text) : undefined);

function Shown({ text, before }: { text: string; before: string | null }) {
  const [search, set] = useSearch();
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const [at, setAt] = useState(0);
  const now = useMemo(() => lines(text), [text]), was = useMemo(() => (before === null ? null : lines(before)), [before]);
  const changes = useMemo(() => (was ? diff(was.plain, now.plain) : null), [was, now]);
  const rows = useMemo<Row[]>(() => (changes ? folded(changes, opened) : now.plain.map((_, n) => ({ kind: "line", change: { kind: "same", a: n, b: n } }))), [changes, opened, now]);
  const plain = useMemo(() => rows.map((row) => (row.kind === "fold" ? "" : row.change.b !== null ? now.plain[row.change.b]! : was!.plain[row.change.a!]!)), [rows, now, was]);
  const wanted = search.q ?? "";
  const hits = useMemo(() => find(plain, wanted), [plain, wanted]);
  const added = changes?.filter((one) => one.kind === "add").length ?? 0, removed = changes?.filter((one) => one.kind === "del").length ?? 0;
  const of: LineOf = (change) => (change.b !== null ? now.pieces[change.b]! : was!.pieces[change.a!]!);
  const current = hits.length === 0 ? null : hits[Math.min(at, hits.length - 1)]!;
  return (
    <>
      <div className="bar2">
        <FindBar value={wanted} hits={hits.length} at={Math.min(at, Math.max(0, hits.length - 1))} onValue={(value) => { setAt(0); set({ q: value }, { replace: true }); }}
          onStep={(by) => setAt(hits.length === 0 ? 0 : (Math.min(at, hits.length - 1) + by + hits.length) % hits.length)} />
        <span className="grow" />
        <span className="q sm num">{changes ? (added + removed === 0 ? t("code.same") : t("code.changed", { added, removed })) : t("code.lines", { n: now.plain.length })}</span>
      </div>
      <Lines rows={rows} of={of} hits={hits} current={current} two={was !== null} digits={String(Math.max(now.plain.length, was?.plain.length ?? 0)).length} onOpen={(from) => setOpened(new Set([...opened, from]))} />
    </>
  );
}

function lines(text: string) {
  const clean = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  return { plain: clean.split("\n"), pieces: python(clean) };
}
