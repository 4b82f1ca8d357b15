import type { components } from "./types";

// What the API answers, as openapi.json says (types.ts is made of it), under the names that the pages use.

type Schemas = components["schemas"];

export type Session = Schemas["SessionResponse"];
export type ApiToken = Schemas["ApiTokenResponse"];
export type ApiTokens = Schemas["ApiTokenCollectionResponse"];
export type NewApiToken = Schemas["ApiTokenCreatedResponse"];
export type RunBar = Schemas["RunBarResponse"];
export type DagItem = Schemas["DagItemResponse"];
export type DagList = Schemas["DagListResponse"];
export type StructureTask = Schemas["StructureTaskResponse"];
export type StructureGroup = Schemas["StructureGroupResponse"];
export type StructureEdge = Schemas["StructureEdgeResponse"];
export type Structure = Schemas["StructureResponse"];
export type GridRun = Schemas["GridRunResponse"];
export type Grid = Schemas["GridResponse"];
export type GanttRow = Schemas["GanttRowResponse"];
export type Gantt = Schemas["GanttResponse"];
export type Need = Schemas["NeedResponse"];
export type TimelineRow = Schemas["TimelineRowResponse"];
export type Summary = Schemas["SummaryResponse"];
export type Calendar = Schemas["CalendarResponse"];
export type Check = Schemas["CheckResponse"];
export type Explain = Schemas["ExplainResponse"];
export type WaitGroup = Schemas["WaitGroupResponse"];
export type Waits = Schemas["WaitsResponse"];
export type Queues = Schemas["QueuesResponse"];
export type Holder = Schemas["HolderResponse"];
export type Holders = Schemas["HoldersResponse"];
export type Device = Schemas["DeviceResponse"];
export type Worker = Schemas["WorkerResponse"];
export type LogMarks = Schemas["LogMarksResponse"];
export type RunOutput = Schemas["RunOutputResponse"];
export type DagRun = Schemas["DAGRunResponse"];
export type TaskInstance = Schemas["TaskInstanceResponse"];
export type Try = Schemas["GanttTryResponse"];
export type InstanceName = Schemas["WaitExampleResponse"];
export type StateCounts = Record<string, number>;

type Nullable<T> = T | null;

// The stream's.
export interface LogGrew extends InstanceName { try_number: number; size: number }
export interface RunChange {
  kind: "run"; dag_id: string; dag_run_id: string; state: DagRun["state"]; run_type?: string; dag_version: number; logical_date: Nullable<string>; run_after: string; queued_at: Nullable<string>;
  start_date: Nullable<string>; end_date: Nullable<string>; note: Nullable<string>; triggered_by: Nullable<string>; reason: Nullable<string>; task_counts: Nullable<StateCounts>;
}
export interface TaskChange {
  task_id: string; map_index: number; state: GanttRow["state"]; try_number: number; max_tries: number; scheduled_when: Nullable<string>; queued_when: Nullable<string>;
  start_date: Nullable<string>; end_date: Nullable<string>; next_retry_at: Nullable<string>; hostname: string; cpu_seconds: number; rss_bytes_max: number; reason: Nullable<string>;
}
export interface TaskNote { task_id: string; map_index: number; note: Nullable<string> }
export interface TasksChange {
  kind: "tasks"; dag_id: string; dag_run_id: string; read_again: boolean; task_instances: TaskChange[]; notes: TaskNote[]; task_counts: Nullable<StateCounts>;
}
export interface DagChange {
  kind: "dag"; dag_id: string; is_paused: boolean; is_stale: boolean; dag_version: number; fileloc: string; timetable_summary: string; failed_in_a_row: number;
  next_dagrun_run_after: Nullable<string>;
}
export interface FileChange { kind: "file"; fileloc: string; has_import_error: boolean }
export interface PoolChange { kind: "pool"; name: string; slots: number; deleted: boolean }
export interface WorkerChange { kind: "worker"; name: string; host: string; drained: boolean }
export type Change = RunChange | TasksChange | DagChange | FileChange | PoolChange | WorkerChange;
