import { Menu } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { DagItem } from "../../api/shapes";
import { Icon } from "../../components/Icon";
import { t } from "../../texts";

const places = [["runs", "dags.go_runs"], ["code", "dags.go_code"], ["durations", "dags.go_durations"], ["calendar", "dags.go_calendar"], ["details", "dags.go_details"]] as const;

// Where else of a DAG one may go. Only its button is made for a row until it is opened.
export function RowMenu({ dag }: { dag: DagItem }) {
  const [opened, setOpened] = useState(false);
  const navigate = useNavigate();
  const button = <button className="ib more" aria-label={t("dags.more", { dag: dag.dag_id })} aria-haspopup="menu" onClick={() => setOpened(true)}><Icon name="more" /></button>;
  if (!opened) return button;
  return (
    <Menu opened onClose={() => setOpened(false)} position="bottom-end">
      <Menu.Target>{button}</Menu.Target>
      <Menu.Dropdown>
        {places.map(([place, text]) => <Menu.Item key={place} onClick={() => void navigate({ to: `/dags/$dagId/${place}`, params: { dagId: dag.dag_id } })}>{t(text)}</Menu.Item>)}
        <Menu.Item onClick={() => void navigator.clipboard.writeText(dag.dag_id)}>{t("dags.copy_id")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
