import { create } from "../lib/store";
import { ApiError, get, send, setCsrfToken } from "./client";
import { clock } from "./clock";
import type { Session } from "./shapes";

type Known = { session: Session | null; asked: boolean; ended: boolean };

// Who is signed in. `ended`: it was somebody, whose token has expired: the page stays, the login is shown over it.
export const sessionStore = create<Known>({ session: null, asked: false, ended: false });
export const useSession = () => sessionStore.use();
export const useRight = (right: Session["rights"][number]) => useSession().session?.rights.includes(right) ?? false;

function take(session: Session) {
  setCsrfToken(session.csrf_token);
  clock.told(session.now);
  sessionStore.set({ session, asked: true, ended: false });
}

export async function readSession(): Promise<void> {
  try {
    take(await get<Session>("/api/gale/v1/session"));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    sessionStore.set({ session: null, asked: true, ended: false });
  }
}

// The other pages of this browser have the same session.
type News = { username: string | null };
const others = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("gale.session");
others?.addEventListener("message", ({ data }: MessageEvent<News>) => {
  const { session, ended } = sessionStore.get();
  if (session && session.username !== data.username) location.reload(); // to the login, or as somebody else: nothing that was read stays in memory
  else if (data.username && (!session || ended)) void readSession().catch(() => undefined);
});

export async function logIn(username: string, password: string): Promise<void> {
  take(await send<Session>("POST", "/api/gale/v1/session", { username, password }));
  others?.postMessage({ username } satisfies News);
}

export async function logOut(): Promise<void> {
  await send("DELETE", "/api/gale/v1/session");
  others?.postMessage({ username: null } satisfies News);
  location.assign("/"); // nothing that was read stays in memory
}

export function sessionEnded(): void {
  if (sessionStore.get().session) sessionStore.set({ ...sessionStore.get(), ended: true });
}
