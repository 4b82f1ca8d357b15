import "@mantine/core/styles/baseline.css";
import "@mantine/core/styles/default-css-variables.css";
import "@mantine/core/styles/global.css";
import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import { createRoot } from "react-dom/client";
import { whenSignedOut } from "./api/client";
import { readSession, sessionEnded } from "./api/session";
import { App } from "./app/App";
import { applySettings } from "./app/settings";
import { loadTexts, type Language } from "./texts";

async function start() {
  applySettings();
  whenSignedOut(sessionEnded);
  await Promise.all([loadTexts(document.documentElement.lang as Language), readSession().catch(() => undefined)]);
  createRoot(document.getElementById("root")!).render(<App />);
}
void start();
