import type { IconName } from "../components/Icon";

// The rail's, the user menu's, and the palette's pages.
export type Place = { to: string; icon: IconName; text: string; right?: "operate" | "administer" };
export const main: Place[] = [
  { to: "/", icon: "home", text: "nav.home" },
  { to: "/dags", icon: "dags", text: "nav.dags" },
  { to: "/runs", icon: "runs", text: "nav.runs" },
  { to: "/tasks", icon: "tasks", text: "nav.tasks" },
];
export const operate: Place[] = [
  { to: "/workers", icon: "workers", text: "nav.workers" },
  { to: "/queues", icon: "queues", text: "nav.queues" },
  { to: "/pools", icon: "pools", text: "nav.pools" },
  { to: "/import-errors", icon: "warning", text: "nav.import_errors" },
  { to: "/cluster", icon: "cluster", text: "nav.cluster" },
];
export const administer: Place[] = [
  { to: "/variables", icon: "variables", text: "nav.variables", right: "operate" },
  { to: "/connections", icon: "connections", text: "nav.connections", right: "operate" },
  { to: "/users", icon: "users", text: "nav.users", right: "administer" },
  { to: "/audit", icon: "audit", text: "nav.audit" },
];
export const own: Place[] = [{ to: "/tokens", icon: "key", text: "nav.tokens" }];
export const everywhere = [...main, ...operate, ...administer, ...own];
