import { ApiError, send } from "../api/client";
import { FormDialog } from "../components/FormDialog";
import { t } from "../texts";
import type { DialogProps } from ".";

// One's own password. This browser goes on; what else had logged in with the old one is logged out.
export default function PasswordDialog({ close }: DialogProps) {
  return (
    <FormDialog title={t("password.title")} button={t("password.button")} done={t("password.done")} close={close} note={<p className="q">{t("password.note")}</p>}
      fields={[
        { name: "old_password", label: t("password.old"), value: "", kind: "password", required: true, autoComplete: "current-password" },
        { name: "new_password", label: t("password.new"), value: "", kind: "password", required: true, autoComplete: "new-password" },
        { name: "again", label: t("password.again"), value: "", kind: "password", required: true, autoComplete: "new-password" },
      ]}
      act={async ({ old_password, new_password, again }) => {
        if (new_password !== again) throw new ApiError(422, "", { again: t("password.differs") });
        try {
          await send("POST", "/api/gale/v1/session/password", { old_password, new_password });
        } catch (failure) {
          if (failure instanceof ApiError && failure.detail === "the old password is wrong") throw new ApiError(422, failure.detail, { old_password: t("password.wrong") });
          throw failure;
        }
      }} />
  );
}
