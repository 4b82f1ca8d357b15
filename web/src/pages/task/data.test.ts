import { expect, test } from "vitest";
import type { TaskChange, TaskNote, TasksChange } from "../../api/shapes";
import { patchInstance, type Instance } from "./data";

const instance = { task_id: "a", map_index: -1, state: "running", note: "old", try_number: 1 } as Instance;
const change = (of: { tasks?: Partial<TaskChange>[]; notes?: TaskNote[]; read_again?: boolean }): TasksChange => ({
  kind: "tasks", dag_id: "d", dag_run_id: "r", read_again: of.read_again ?? false, task_counts: null, notes: of.notes ?? [], task_instances: (of.tasks ?? []) as TaskChange[],
});

test("a note that the stream tells is put into the instance, and nothing else of it changes", () => {
  expect(patchInstance(instance, change({ notes: [{ task_id: "a", map_index: -1, note: "new" }] }))).toEqual({ ...instance, note: "new" });
  expect(patchInstance(instance, change({ notes: [{ task_id: "a", map_index: -1, note: null }] }))).toEqual({ ...instance, note: null });
  expect(patchInstance(instance, change({ notes: [{ task_id: "a", map_index: 3, note: "another's" }, { task_id: "b", map_index: -1, note: "another's" }] }))).toBe(instance);
});

test("a row that the stream tells leaves the note; an expansion is read", () => {
  expect(patchInstance(instance, change({ tasks: [{ task_id: "a", map_index: -1, state: "success", try_number: 1 }] }))).toMatchObject({ state: "success", note: "old" });
  expect(patchInstance(instance, change({ tasks: [{ task_id: "a", map_index: 0 }] }))).toBe("read");
  expect(patchInstance(instance, change({ read_again: true }))).toBe("read");
});
