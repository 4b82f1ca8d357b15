import type { ReactNode } from "react";

// Nothing to show: what this is, and the next step. `page`: it is all that the page has.
export function Empty({ title, page, children }: { title: string; page?: boolean; children?: ReactNode }) {
  return <div className="empty">{page ? <h1>{title}</h1> : <h2>{title}</h2>}{children}</div>;
}
