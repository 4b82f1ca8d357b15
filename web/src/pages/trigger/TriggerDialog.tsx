import type { DialogProps } from "../../dialogs";

export default function TriggerDialog(_: DialogProps) {
  return null;
}
