import { useIsFetching } from "@tanstack/react-query";
import { Outlet, useLocation } from "@tanstack/react-router";
import { Suspense, lazy, useEffect, useRef } from "react";
import { t } from "../texts";
import { useSearch } from "../lib/useSearch";
import { Dock } from "./Dock";
import { Rail } from "./Rail";
import { TopBar } from "./TopBar";
import { useShellKeys } from "./keys";

const Dialogs = lazy(() => import("../dialogs"));
const Palette = lazy(() => import("../pages/palette"));

// What all pages stand in. Dialogs are in the address: ?do=trigger over any page.
export function Shell() {
  const [search] = useSearch();
  const { pathname } = useLocation();
  useShellKeys();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current !== pathname) document.getElementById("page")?.scrollTo(0, 0); // of a new page it would measure all of it
    before.current = pathname;
  }, [pathname]);
  return (
    <div className="app">
      <a className="skip" href="#page">{t("nav.skip")}</a>
      <Rail />
      <div className="main">
        <TopBar />
        <main className="page" id="page" tabIndex={-1}>
          <Suspense fallback={null}><Outlet /></Suspense>
        </main>
      </div>
      <Dock />
      <Suspense fallback={null}>
        {search.do ? <Dialogs /> : null}
        <Palette />
      </Suspense>
      <Busy />
      <div id="said" className="visually-hidden" aria-live="polite" />
    </div>
  );
}

// Tells readers, and tests, that what the page shows is being read.
function Busy() {
  const busy = useIsFetching() > 0;
  useEffect(() => { document.getElementById("page")?.setAttribute("aria-busy", String(busy)); }, [busy]);
  return null;
}
