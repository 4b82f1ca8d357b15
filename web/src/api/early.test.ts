import { expect, test } from "vitest";
import { isBefore } from "./useLiveQuery";

test("an answer that was asked for early is taken once, and only a good one", async () => {
  const answer = (status: number) => Promise.resolve(new Response("{}", { status }));
  (globalThis as { galeAsked?: unknown }).galeAsked = { "/good": answer(200), "/bad": answer(401), "/away": Promise.reject(new Error("away")) };
  void (globalThis as unknown as { galeAsked: Record<string, Promise<unknown>> }).galeAsked["/away"]!.catch(() => {}); // as before.js does
  const { early } = await import("./early");
  expect((await early("/good"))?.status).toBe(200);
  expect([await early("/good"), await early("/bad"), await early("/away"), await early("/other")]).toEqual([undefined, undefined, undefined, undefined]);
});

test("positions are compared as numbers", () => {
  expect([isBefore("1.9", "1.10"), isBefore("1.10", "1.9"), isBefore("1.10", "2.1"), isBefore("2.1", "2.1")]).toEqual([true, false, true, false]);
});
