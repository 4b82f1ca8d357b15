// What the API answers: the contract between master and pages, until all of it is generated from openapi.json (types.ts).

type Nullable<T> = T | null;

export interface Session { username: string; role: "Viewer" | "User" | "Op" | "Admin"; rights: ("read" | "run" | "operate" | "administer")[]; csrf_token: string; expires_at: string; now: string; version: string }

export interface RunBar { dag_run_id: string; state: string; run_type: string; run_after: string; start_date: Nullable<string>; end_date: Nullable<string> }
export interface DagItem {
  dag_id: string; is_paused: boolean; is_stale: boolean; is_favorite: boolean; has_import_errors: boolean; fileloc: string; description: Nullable<string>;
  owners: string[]; tags: string[]; timetable_summary: Nullable<string>; timetable_description: Nullable<string>; next_dagrun_run_after: Nullable<string>;
  median_seconds: Nullable<number>; last_runs: RunBar[]; queued_runs: number; running_runs: number; waiting: Nullable<{ count: number; check: Check }>;
}
export interface DagList {
  dags: DagItem[]; total_entries: number; tags: string[]; owners: string[]; at: string;
  counts: { all: number; active: number; paused: number; failing: number; running: number; waiting: number; favorite: number; import_errors: number };
}
export interface StructureTask {
  task_id: string; label: string; group_id: Nullable<string>; operator_name: string; trigger_rule: string; is_mapped: boolean; is_setup: boolean; is_teardown: boolean;
  retries: number; pool: string; queue: string; doc_md: Nullable<string>; usual_seconds: Nullable<number>;
}
export interface StructureGroup { group_id: string; label: string; parent_id: Nullable<string>; tooltip: Nullable<string>; is_mapped: boolean }
export interface StructureEdge { upstream: string; downstream: string; label: Nullable<string> }
export interface Structure { dag_id: string; version_number: number; tasks: StructureTask[]; groups: StructureGroup[]; edges: StructureEdge[] }
export type StateCounts = Record<string, number>;
export interface GridRun {
  dag_run_id: string; state: string; run_type: string; logical_date: Nullable<string>; run_after: string; queued_at: Nullable<string>; start_date: Nullable<string>;
  end_date: Nullable<string>; dag_version: number; note: Nullable<string>; triggered_by: Nullable<string>;
  cells: string; // a letter a task of task_ids ('a' is states[0]); '-': not in its version
  mapped: { task: number; counts: StateCounts }[];
}
export interface Grid { at: string; states: string[]; task_ids: string[]; runs: GridRun[]; median_seconds: Nullable<number>; has_older: boolean }
export interface Try { try_number: number; state: Nullable<string>; queued_when: Nullable<string>; start_date: Nullable<string>; end_date: Nullable<string>; reason: Nullable<string> }
export interface GanttRow {
  task_id: string; state: Nullable<string>; try_number: number; max_tries: number; scheduled_when: Nullable<string>; queued_when: Nullable<string>; start_date: Nullable<string>;
  end_date: Nullable<string>; next_retry_at: Nullable<string>; hostname: Nullable<string>; reason: Nullable<string>; counts: Nullable<StateCounts>; slowest_seconds: Nullable<number>;
  tries: Try[]; usual_seconds: Nullable<number>;
}
export interface DagRun {
  dag_run_id: string; dag_id: string; logical_date: Nullable<string>; queued_at: Nullable<string>; start_date: Nullable<string>; end_date: Nullable<string>; duration: Nullable<number>;
  data_interval_start: Nullable<string>; data_interval_end: Nullable<string>; run_after: string; run_type: string; state: string; triggered_by: Nullable<string>;
  triggering_user_name: Nullable<string>; conf: Nullable<Record<string, unknown>>; note: Nullable<string>; dag_versions: { version_number: number; created_at: string }[];
}
export interface Gantt { at: string; run: DagRun; median_seconds: Nullable<number>; rows: GanttRow[] }
export interface Need {
  dag_id: string; dag_run_id: string; task_id: string; map_index: number; state: string; try_number: number; max_tries: number; end_date: Nullable<string>;
  next_retry_at: Nullable<string>; reason: Nullable<string>; last_line: Nullable<string>;
}
export interface TimelineRow { dag_id: string; runs: RunBar[]; next: string[]; median_seconds: Nullable<number> }
export interface Summary {
  at: string; now: string; dags: number; active_runs: number; failed_runs: number; running_tasks: number; waiting_tasks: number; finished_today: number; import_errors: number;
  needs_you: Need[]; waits: WaitGroup[]; runs: TimelineRow[]; finished: { minute: string; success: number; failed: number }[]; finished_since: string;
  queue_wait_p50: Nullable<number>; queue_wait_p99: Nullable<number>; slots_used: number; slots_total: number;
}
export interface Calendar { days: { date: string; counts: StateCounts }[]; planned: string[] }

export interface Check {
  kind: string; met: Nullable<boolean>; subject: Nullable<string>; have: Nullable<number>; need: Nullable<number>; limit: Nullable<number>; position: Nullable<number>;
  of: Nullable<number>; at: Nullable<string>; names: string[];
}
export interface Explain { state: Nullable<string>; since: Nullable<string>; summary: string; reasons: string[]; checks: Check[]; eta: Nullable<string> }
export interface InstanceName { dag_id: string; dag_run_id: string; task_id: string; map_index: number }
export interface WaitGroup { check: Check; count: number; oldest: Nullable<string>; dag_ids: string[]; dags: number; examples: InstanceName[] }
export interface Waits { total: number; waits: WaitGroup[] }
export interface Queues { queues: { name: string; queued: number; oldest: Nullable<string>; running: number; slots: number; workers: string[]; started_per_minute: number }[] }
export interface Holder extends InstanceName { state: string; pool_slots: number; since: Nullable<string>; priority_weight: number; hostname: Nullable<string> }
export interface Holders { holders: Holder[]; waiting: Holder[]; waiting_total: number }
export interface Device { index: number; model: string; load: Nullable<number>; memory_used_bytes: number; memory_bytes: number; temperature: Nullable<number>; holder: Nullable<string> }
export interface Worker {
  name: string; host: string; pid: number; version: string; queues: string[]; slots: number; running: number; state: string; note: Nullable<string>; last_heartbeat: Nullable<string>;
  tasks: Holder[]; tasks_total: number; cpu_count: Nullable<number>; cpu_load: Nullable<number>; memory_bytes: Nullable<number>; memory_used_bytes: Nullable<number>;
  devices: Device[]; started_at: Nullable<string>; drain_reason: Nullable<string>;
}

export interface LogMarks { size: number; complete: boolean; lines: number; errors: { offset: number; line: number }[]; hits: { offset: number; line: number }[]; hits_total: number; next: Nullable<number> }
export interface RunOutput { lines: { task_id: string; map_index: number; try_number: number; time: Nullable<string>; text: string }[]; next: Nullable<string>; complete: boolean }

// The stream's.
export interface LogGrew extends InstanceName { try_number: number; size: number }
export interface RunChange {
  kind: "run"; dag_id: string; dag_run_id: string; state: string; run_type?: string; dag_version: number; logical_date: Nullable<string>; run_after: string; queued_at: Nullable<string>;
  start_date: Nullable<string>; end_date: Nullable<string>; note: Nullable<string>; triggered_by: Nullable<string>; reason: Nullable<string>; task_counts: Nullable<StateCounts>;
}
export interface TaskChange {
  task_id: string; map_index: number; state: Nullable<string>; try_number: number; max_tries: number; queued_when: Nullable<string>; start_date: Nullable<string>;
  end_date: Nullable<string>; next_retry_at: Nullable<string>; hostname: string; cpu_seconds: number; rss_bytes_max: number; reason: Nullable<string>;
}
export interface TasksChange { kind: "tasks"; dag_id: string; dag_run_id: string; read_again: boolean; task_instances: TaskChange[]; task_counts: Nullable<StateCounts> }
export interface DagChange {
  kind: "dag"; dag_id: string; is_paused: boolean; is_stale: boolean; dag_version: number; fileloc: string; timetable_summary: string; failed_in_a_row: number;
  next_dagrun_run_after: Nullable<string>;
}
export interface FileChange { kind: "file"; fileloc: string; has_import_error: boolean }
export interface PoolChange { kind: "pool"; name: string; slots: number; deleted: boolean }
export interface WorkerChange { kind: "worker"; name: string; host: string; drained: boolean }
export type Change = RunChange | TasksChange | DagChange | FileChange | PoolChange | WorkerChange;
