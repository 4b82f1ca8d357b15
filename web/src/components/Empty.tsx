import type { ReactNode } from "react";

// Nothing to show: what this is, and the next step.
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return <div className="empty"><h2>{title}</h2>{children}</div>;
}
