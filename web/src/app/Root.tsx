import { Suspense, lazy } from "react";
import { sessionStore } from "../api/session";
import { Shell } from "./Shell";

const Login = lazy(() => import("../pages/login"));

// The login, or the pages; a session that has ended leaves its page where it is, the login over it.
export function Root() {
  const { session, ended } = sessionStore.use();
  return (
    <Suspense fallback={null}>
      {session ? <Shell /> : <Login />}
      {session && ended ? <Login again /> : null}
    </Suspense>
  );
}
