import { useState } from "react";
import { t } from "../texts";
import { Icon } from "./Icon";

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  if (!isSecureContext) return null; // without HTTPS a browser lets no page write there
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button className={label ? "btn s" : "ib"} aria-label={label ? undefined : t("app.copy")} title={copied ? t("app.copied") : t("app.copy")} onClick={() => void copy()}>
      <Icon name={copied ? "check" : "copy"} small />{label ? (copied ? t("app.copied") : label) : null}
    </button>
  );
}
