import { runInput, step } from "../runtime/step.ts";
import { runs } from "../store/runs.ts";
import { switchedOffNotifications } from "./notifications.ts";

/** Under this fact a cleanup keeps the images whose notification it switched on again. */
export const repairedNotifications = "repaired-notifications";

/** Switches on again what Quay switched off, and writes it down first: afterwards nothing shows it any more. */
export const handler = step("check-notifications", runInput, async ({ run }) => {
  const off = await switchedOffNotifications({ repair: false });
  if (off.length === 0) return {};
  await runs().remember(run, repairedNotifications, off);
  await switchedOffNotifications({ repair: true });
  const text = `Quay had switched off the notifications of ${off.join(", ")}: they are on again`;
  await runs().record(run, { code: "notifications.repaired", text, key: "notifications" });
  return {};
});
