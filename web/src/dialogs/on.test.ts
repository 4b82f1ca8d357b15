import { expect, test } from "vitest";
import { namesOf, onOf, readOn } from "./on";

test("ids of any kind come back as they were", () => {
  for (const id of ["a", "a/b", "a,b", "100%", "한국어 😀", "<b>", "..", "a%2Fb"]) {
    expect(readOn(onOf(id, `run ${id}`, id, 3), undefined)).toEqual([{ dagId: id, runId: `run ${id}`, tasks: [{ taskId: id, mapIndex: 3 }] }]);
  }
});

test("several tasks of one run, in either way of writing it", () => {
  expect(readOn(`${onOf("d", "r", "a,x")},${onOf("d", "r", "b")}`, undefined)[0]!.tasks.map((one) => one.taskId)).toEqual(["a,x", "b"]);
  expect(readOn(onOf("d", "r"), "a%2Cx,b")[0]!.tasks.map((one) => one.taskId)).toEqual(["a,x", "b"]);
  expect(readOn(onOf("d", "r"), undefined)).toEqual([{ dagId: "d", runId: "r", tasks: [] }]);
  expect(namesOf([{ taskId: "a", mapIndex: null }, { taskId: "b", mapIndex: 0 }])).toEqual(["a", ["b", 0]]);
});

test("what names nothing is nothing; cells of several runs are one of each run", () => {
  for (const bad of [undefined, "", "d", "d/", "/r", "d/r/t/x", "d/r/t/1/2", "%zz/r"]) expect(readOn(bad, undefined), String(bad)).toEqual([]);
  expect(readOn("d/r/t,d/other/t,d/r/u", undefined).map((one) => [one.runId, one.tasks.length])).toEqual([["r", 2], ["other", 1]]);
});
