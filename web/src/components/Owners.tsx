import { Fragment } from "react";
import { isSafeLink } from "../lib/markdown";

const MAILTO = /^mailto:[^\s<>"']+$/i;

// A DAG's owners, each with the link that its file gives him; any other kind of link is none.
export function Owners({ owners, links }: { owners: string[]; links: Record<string, string> | null | undefined }) {
  return <>{owners.map((owner, n) => <Fragment key={owner}>{n > 0 ? ", " : ""}{shown(owner, links && Object.hasOwn(links, owner) ? links[owner]! : "")}</Fragment>)}</>;
}

function shown(owner: string, href: string) {
  return isSafeLink(href) || MAILTO.test(href) ? <a href={href} target="_blank" rel="noopener noreferrer nofollow">{owner}</a> : owner;
}
