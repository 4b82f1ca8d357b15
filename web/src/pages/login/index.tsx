import { useState, type FormEvent } from "react";
import { ApiError } from "../../api/client";
import { logIn, sessionStore } from "../../api/session";
import { Brand } from "../../app/Rail";
import { change, useSettings } from "../../app/settings";
import { failureText } from "../../components/Failure";
import { Icon } from "../../components/Icon";
import { languages, t, type Language } from "../../texts";
import { Wind } from "./Wind";
import "./login.css";

// The way in; `again`: over a page whose session has ended, which stays as it is.
export default function Login({ again = false }: { again?: boolean }) {
  const before = sessionStore.get().session?.username ?? "";
  const { language } = useSettings();
  const [username, setUsername] = useState(before);
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await logIn(username, password);
    } catch (failure) {
      setError(failure instanceof ApiError ? failure : new ApiError(0, String(failure)));
      setPassword("");
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={again ? "login over" : "login"} role={again ? "dialog" : undefined} aria-label={again ? t("login.title") : undefined}>
      <div className="brandside" aria-hidden="true"><div className="brand"><Brand /><span>gale</span></div><Wind /></div>
      <main className="loginside">
        <form onSubmit={(event) => void submit(event)}>
          <h1>{t("login.title")}</h1>
          {again ? <p className="q">{t("login.again")}</p> : null}
          <label htmlFor="username">{t("login.username")}</label>
          <input id="username" className="in" autoComplete="username" autoFocus={!before} required value={username} onChange={(event) => setUsername(event.target.value)} />
          <label htmlFor="password">{t("login.password")}</label>
          <div className="in">
            <input id="password" className="grow" type={shown ? "text" : "password"} autoComplete="current-password" autoFocus={!!before} required value={password}
              aria-invalid={!!error} aria-describedby={error ? "why" : undefined} onChange={(event) => setPassword(event.target.value)} />
            <button type="button" className="q" aria-pressed={shown} onClick={() => setShown(!shown)}>{t(shown ? "login.hide" : "login.show")}</button>
          </div>
          {error ? <div id="why" className="why s-failed" role="alert"><Icon name="warning" /><span>{textOf(error)}</span></div> : null}
          <button className="btn p" disabled={busy}>{t(busy ? "login.button_busy" : "login.button")}</button>
          <div className="row between sm q foot">
            <span>{location.host}</span>
            <span className="row g8">
              {(Object.keys(languages) as Language[]).map((one) => (
                <button type="button" key={one} lang={one} className={one === language ? "b" : undefined} aria-pressed={one === language} onClick={() => void change("language", one)}>{languages[one].name}</button>
              ))}
            </span>
          </div>
        </form>
      </main>
    </div>
  );
}

function textOf(error: ApiError): string {
  if (error.status === 401) return error.detail === "Invalid credentials" ? t("login.wrong") : error.detail;
  if (error.status === 429) return t("login.brake", { detail: error.detail });
  return failureText(error);
}
