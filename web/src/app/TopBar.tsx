import { Menu } from "@mantine/core";
import "@mantine/core/styles/Menu.css";
import "@mantine/core/styles/Popover.css";
import "@mantine/core/styles/Paper.css";
import "@mantine/core/styles/UnstyledButton.css";
import { useNavigate } from "@tanstack/react-router";
import { logOut, useSession } from "../api/session";
import { Icon } from "../components/Icon";
import { timeZone } from "../lib/format";
import { useSearch } from "../lib/useSearch";
import { languages, t, type Language } from "../texts";
import { Crumbs } from "./Crumbs";
import { LiveSign } from "./LiveSign";
import { palette } from "./palette";
import { own } from "./places";
import { change, useSettings } from "./settings";
import { ZoneMenu } from "./ZoneMenu";

export function TopBar() {
  const { theme, language } = useSettings();
  const { session } = useSession();
  const navigate = useNavigate();
  const [, set] = useSearch();
  const other = theme === "dark" ? "light" : "dark";
  return (
    <header className="top">
      <Crumbs />
      <button className="find" onClick={() => palette.open()}>
        <Icon name="search" /><span className="grow findtext">{t("app.search")}</span><span className="kbd wide-only">Ctrl K</span>
      </button>
      <LiveSign />
      <span className="wide-only"><ZoneMenu label={timeZone()} /></span>
      <Menu>
        <Menu.Target><button className="btn q wide-only" style={{ padding: "0 6px" }} aria-label={`${language.toUpperCase()}, ${t("app.language")}`}>{language.toUpperCase()}</button></Menu.Target>
        <Menu.Dropdown>
          {(Object.keys(languages) as Language[]).map((one) => (
            <Menu.Item key={one} lang={one} onClick={() => void change("language", one)}>{languages[one].name}</Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <button className="ib" aria-label={t(`app.theme_${other}`)} title={t(`app.theme_${other}`)} onClick={() => void change("theme", other)}>
        <Icon name={theme === "dark" ? "sun" : "moon"} />
      </button>
      <Menu position="bottom-end">
        <Menu.Target>
          <button className="ava" aria-label={`${session!.username.slice(0, 2).toUpperCase()}, ${t("app.user", { name: session!.username, role: session!.role })}`}>{session!.username.slice(0, 2).toUpperCase()}</button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t("app.user", { name: session!.username, role: session!.role })}</Menu.Label>
          {own.map((place) => <Menu.Item key={place.to} leftSection={<Icon name={place.icon} />} onClick={() => void navigate({ to: place.to as never })}>{t(place.text)}</Menu.Item>)}
          <Menu.Item leftSection={<Icon name="edit" />} onClick={() => set({ do: "password" })}>{t("palette.password")}</Menu.Item>
          <Menu.Item leftSection={<Icon name="logout" />} onClick={() => void logOut()}>{t("app.log_out")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </header>
  );
}
