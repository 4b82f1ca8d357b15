// Requests to the master. Every part of a path goes through `path`, so that any id may stand in it.

import { early } from "./early";

export class ApiError extends Error {
  // status 0: the server wasn't reached.
  constructor(readonly status: number, readonly detail: string, readonly fields: Record<string, string> = {}) {
    super(detail);
  }
}

type Params = Record<string, string | number | boolean | string[] | null | undefined>;

// path`/api/v2/dags/${id}`: with each id percent-encoded. "." and ".." would be lost on the way otherwise.
export function path(parts: TemplateStringsArray, ...ids: (string | number)[]): string {
  return parts.reduce((whole, part, n) => whole + encodePart(String(ids[n - 1])) + part);
}
export const encodePart = (id: string) =>
  /^\.{1,2}$/.test(id) ? id.replace(/\./g, "%2E") : encodeURIComponent(id);

let csrf = "";
export const setCsrfToken = (token: string) => { csrf = token; };

let onSignedOut: () => void = () => {};
export const whenSignedOut = (call: () => void) => { onSignedOut = call; };
export const signedOut = () => onSignedOut();

export function query(params: Params): string {
  const all = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) all.append(name, String(one));
  }
  const text = all.toString();
  return text ? `?${text}` : "";
}

export async function request(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRF-Token"] = csrf;
  let answer: Response;
  try {
    answer = (method === "GET" ? await early(url) : undefined) ?? await fetch(url, {
      method, headers, credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }), ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, String(error));
  }
  if (answer.ok) return answer;
  const failure = await failureOf(answer);
  if (failure.status === 401 && !url.startsWith("/api/gale/v1/session")) onSignedOut();
  throw failure;
}

// FastAPI's shapes: {detail: text}, {detail: {message}}, {detail: [{loc, msg}]}.
async function failureOf(answer: Response): Promise<ApiError> {
  const text = await answer.text();
  let detail: unknown;
  try {
    detail = (JSON.parse(text) as { detail?: unknown }).detail;
  } catch {
    return new ApiError(answer.status, text.slice(0, 500) || answer.statusText);
  }
  if (typeof detail === "string") return new ApiError(answer.status, detail);
  if (Array.isArray(detail)) {
    const fields: Record<string, string> = {};
    for (const one of detail as { loc?: unknown[]; msg?: string }[]) fields[(one.loc ?? []).slice(1).join(".")] = one.msg ?? "";
    const all = Object.entries(fields).map(([name, message]) => (name ? `${name}: ${message}` : message));
    return new ApiError(answer.status, all.join("; "), fields);
  }
  const said = detail as { message?: string; reason?: string } | undefined;
  return new ApiError(answer.status, said?.message ?? said?.reason ?? text.slice(0, 500));
}

export async function get<T>(url: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  return (await request("GET", url + query(params), undefined, signal)).json() as Promise<T>;
}
export async function send<T = void>(method: "POST" | "PATCH" | "PUT" | "DELETE", url: string, body?: unknown): Promise<T> {
  const answer = await request(method, url, body);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}
