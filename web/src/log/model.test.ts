import { expect, test } from "vitest";
import { bytesReader } from "./bytes";
import { LogModel } from "./model";

const lines = (n: number, of = (i: number) => `line ${i}`) => Array.from({ length: n }, (_, i) => of(i + 1)).join("\n") + "\n";
const shown = (model: LogModel) => model.state.get().rows.map((row) => (row.kind === "line" ? `${row.number} ${row.line.text}` : row.of));
const target = (model: LogModel) => {
  const { rows, target: at } = model.state.get();
  const row = rows.find((one) => one.kind === "line" && one.line.offset === at);
  return row?.kind === "line" ? `${row.number} ${row.line.text}` : undefined;
};
const settled = () => new Promise((done) => setTimeout(done, 5));

test("a running try opens at its end, a failed one at its first error", async () => {
  const text = lines(60_000, (i) => (i === 20_000 ? "ERROR at last" : `line ${i} is fine`));
  const running = new LogModel(bytesReader(text, false).reader);
  await running.open({ failed: false, running: true });
  await settled();
  expect(running.state.get()).toMatchObject({ following: true, goal: { to: "end" } });
  expect(shown(running).at(-1)).toBe("60000 line 60000 is fine");
  const failed = new LogModel(bytesReader(text).reader);
  await failed.open({ failed: true, running: false });
  expect(target(failed)).toBe("20000 ERROR at last");
  expect(failed.state.get()).toMatchObject({ following: false, goal: { to: "line" }, lines: 60_000 });
});

test("a line is found by its number, near or far, in lines of any length", async () => {
  const text = lines(30_000, (i) => `line ${i} ${"x".repeat(i < 15_000 ? i % 7 : (i * 7) % 300)}`);
  for (const line of [1, 2, 328, 14_999, 20_001, 29_999, 30_000]) {
    const model = new LogModel(bytesReader(text).reader);
    await model.open({ line, failed: false, running: false });
    expect(target(model)?.split(" ").slice(0, 3).join(" "), String(line)).toBe(`${line} line ${line}`);
  }
  const beyond = new LogModel(bytesReader(text).reader);
  await beyond.open({ line: 1_000_000, failed: false, running: false });
  expect(target(beyond)).toMatch(/^30000 line 30000/);
});

test("what is searched for is counted, gone through, and wraps; beyond a thousand it is read on", async () => {
  const model = new LogModel(bytesReader(lines(5000, (i) => (i % 2 ? `Out of Memory ${i}` : "fine"))).reader);
  await model.open({ failed: false, running: false });
  await model.find("out of memory", false, 0);
  expect(model.state.get().search).toMatchObject({ total: 2500, at: 0, base: 0 });
  expect(target(model)).toBe("1 Out of Memory 1");
  await model.hit(1);
  expect(target(model)).toBe("3 Out of Memory 3");
  await model.hit(-1);
  await model.hit(-1);
  expect(target(model)).toBe("1999 Out of Memory 1999");
  await model.hit(1);
  expect(model.state.get().search).toMatchObject({ base: 1000, at: 0 });
  expect(target(model)).toBe("2001 Out of Memory 2001");
  await model.find("out of memory", true, 0);
  expect(model.state.get().search).toMatchObject({ total: 0, at: -1, busy: false });
});

test("a search opens the fold that hides its hit", async () => {
  const model = new LogModel(bytesReader("a\n::group::g\nneedle\n::endgroup::\nb\n").reader);
  await model.open({ failed: false, running: false });
  expect(shown(model)).toEqual(["1 a", "group", "5 b"]);
  await model.find("needle", false, 0);
  expect(shown(model)).toEqual(["1 a", "group", "3 needle", "5 b"]);
  expect(target(model)).toBe("3 needle");
});

test("errors are gone through in both directions", async () => {
  const model = new LogModel(bytesReader(lines(50, (i) => (i % 20 === 0 ? `ERROR ${i}` : "ok"))).reader);
  await model.open({ failed: false, running: false });
  await settled();
  await model.error(1, 0);
  expect(target(model)).toBe("20 ERROR 20");
  await model.error(1, 0);
  expect(target(model)).toBe("40 ERROR 40");
  await model.error(1, 0);
  expect(target(model)).toBe("20 ERROR 20");
  await model.error(-1, 0);
  expect(target(model)).toBe("40 ERROR 40");
});

test("a followed log shows what comes; one that isn't only counts it", async () => {
  const log = bytesReader(lines(100), false);
  const model = new LogModel(log.reader);
  await model.open({ failed: false, running: true });
  log.grow("new\n");
  await model.grew(log.size());
  expect(shown(model).at(-1)).toBe("101 new");
  model.scrolled(false);
  expect(model.state.get().following).toBe(false);
  log.grow("later\n");
  await model.grew(log.size());
  expect(shown(model).at(-1)).toBe("101 new");
  expect(model.state.get().unseen).toBe(6);
  await model.toEnd();
  await model.after();
  expect(shown(model).at(-1)).toBe("102 later");
  expect(model.state.get()).toMatchObject({ following: true, unseen: 0 });
});

test("a log that can't be read says why, and is tried again", async () => {
  const { reader } = bytesReader("x\n");
  let refuse = true;
  const model = new LogModel({ ...reader, range: (offset, limit) => (refuse ? Promise.reject(new Error("gone")) : reader.range(offset, limit)) });
  await model.open({ failed: false, running: false });
  expect(model.state.get()).toMatchObject({ status: "failed", error: { detail: "Error: gone" } });
  refuse = false;
  model.again();
  await settled();
  expect(model.state.get()).toMatchObject({ status: "ready", error: null });
});
