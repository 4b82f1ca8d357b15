import type { ReactNode } from "react";

export function PageHead({ title, children }: { title: string; children?: ReactNode }) {
  return <div className="tb"><h1>{title}</h1>{children}</div>;
}
