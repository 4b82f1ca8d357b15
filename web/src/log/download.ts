import { encodePart } from "../api/client";
import type { LogName, LogReader } from "./reader";

const PART = 4 * 1024 * 1024; // the server's most at once

// The whole log as a file, read in parts. `told`: how much of it is there, of 1.
export async function download(name: LogName, reader: LogReader, told: (part: number) => void): Promise<void> {
  const parts: BlobPart[] = [];
  let at = 0, size = Infinity;
  while (at < size) {
    const range = await reader.range(at, PART);
    size = range.size;
    if (range.bytes.length === 0) break;
    parts.push(range.bytes as Uint8Array<ArrayBuffer>);
    at += range.bytes.length;
    told(size ? at / size : 1);
  }
  const url = URL.createObjectURL(new Blob(parts, { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = [name.dagId, name.runId, name.taskId, ...(name.mapIndex >= 0 ? [String(name.mapIndex)] : []), `try${name.tryNumber}`].map(encodePart).join(".") + ".log";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
