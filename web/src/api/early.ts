// What public/before.js asked for before the first script was there: each answer is taken once, by who asks for the same.

const KEPT_MS = 10_000; // since the page began: later it is too old

export async function early(url: string): Promise<Response | undefined> {
  const asked = (globalThis as { galeAsked?: Record<string, Promise<Response>> }).galeAsked;
  const answer = asked?.[url];
  if (!asked || !answer) return undefined;
  delete asked[url];
  if (performance.now() > KEPT_MS) return undefined;
  const given = await answer.catch(() => undefined);
  return given?.ok ? given : undefined; // else it is asked for again: perhaps nobody was signed in yet
}
