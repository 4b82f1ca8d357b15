import { t } from "../../texts";
import type { Cause } from "./trace";

// What is wrong, in words; undefined: the error's own are the best there are.
export function causeText(cause: Cause): string | undefined {
  switch (cause.kind) {
    case "module": return t("import_errors.module", { name: cause.module });
    case "name": return t("import_errors.name", { name: cause.name, from: cause.from });
    case "syntax": return t("import_errors.syntax", { why: cause.why });
    case "cycle": return t("import_errors.cycle", { dag: cause.dag, tasks: cause.tasks.join(" → ") });
    case "duplicate": return t("import_errors.duplicate", { dag: cause.dag });
    case "time": return t("import_errors.time");
    case "undefined": return t("import_errors.undefined", { name: cause.name });
    case "other": return undefined;
  }
}

// What most likely mends it; a command where there is one.
export function fixOf(cause: Cause): { text: string; command?: string; or?: string } | undefined {
  switch (cause.kind) {
    case "module": return cause.install ? { text: t("import_errors.fix_install"), command: cause.install, or: t("import_errors.fix_inside") } : { text: t("import_errors.fix_airflow", { name: cause.module }) };
    case "name": return { text: t("import_errors.fix_name", { name: cause.name, from: cause.from }) };
    case "cycle": return { text: t("import_errors.fix_cycle") };
    case "duplicate": return { text: t("import_errors.fix_duplicate"), command: cause.other };
    case "time": return { text: t("import_errors.fix_time") };
    case "undefined": return { text: t("import_errors.fix_undefined", { name: cause.name }) };
    case "syntax": case "other": return undefined;
  }
}
