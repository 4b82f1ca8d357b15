import { Fragment, useMemo, type ReactNode } from "react";
import { parseMarkdown, type Block, type Inline } from "../lib/markdown";
import "./markdown.css";

// Somebody's Markdown, made of elements of our own: never HTML of theirs. `level`: of its highest headings.
export function Markdown({ text, level = 2 }: { text: string; level?: number }) {
  const blocks = useMemo(() => parseMarkdown(text), [text]);
  return <div className="md">{all(blocks, level)}</div>;
}

const all = (blocks: Block[], level: number): ReactNode => blocks.map((block, n) => <Fragment key={n}>{shown(block, level)}</Fragment>);

function shown(block: Block, level: number): ReactNode {
  switch (block.kind) {
    case "heading": {
      const Tag = `h${Math.min(6, block.level + level - 1)}` as "h2";
      return <Tag className={`md-h${block.level}`}>{inlines(block.children)}</Tag>;
    }
    case "paragraph": return <p>{inlines(block.children)}</p>;
    case "code": return <pre tabIndex={0}><code>{block.text}</code></pre>;
    case "quote": return <blockquote>{all(block.children, level)}</blockquote>;
    case "rule": return <hr />;
    case "list": {
      const items = block.items.map((item, n) => <li key={n}>{item.length === 1 && item[0]!.kind === "paragraph" ? inlines(item[0]!.children) : all(item, level)}</li>);
      return block.ordered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>;
    }
    case "table": return (
      <div className="md-t"><table>
        <thead><tr>{block.head.map((cell, n) => <th key={n}>{inlines(cell)}</th>)}</tr></thead>
        <tbody>{block.rows.map((row, n) => <tr key={n}>{row.map((cell, m) => <td key={m}>{inlines(cell)}</td>)}</tr>)}</tbody>
      </table></div>
    );
  }
}

const inlines = (list: Inline[]): ReactNode => list.map((one, n) => <Fragment key={n}>{inlineOf(one)}</Fragment>);

function inlineOf(one: Inline): ReactNode {
  if (typeof one === "string") return one;
  switch (one.kind) {
    case "code": return <code>{one.text}</code>;
    case "strong": return <strong>{inlines(one.children)}</strong>;
    case "em": return <em>{inlines(one.children)}</em>;
    case "del": return <del>{inlines(one.children)}</del>;
    case "br": return <br />;
    case "link": return <a href={one.href} target="_blank" rel="noopener noreferrer nofollow">{inlines(one.children)}</a>;
  }
}
