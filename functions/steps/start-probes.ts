import { z } from "zod";
import { curlArguments, probesOf } from "../domain/firewall-probe.ts";
import { runInput, step } from "../runtime/step.ts";
import { jobs } from "../services/openshift-jobs.ts";
import { clusterNames, firewallConfig, probeName, rememberStart, wantedAccess } from "./firewall-context.ts";
import { assertNotHeld, now } from "./run-context.ts";

const input = runInput.extend({ round: z.number().int().nonnegative() });

/** curl gives up on each address after 5 s; some time is for the pull of its image. */
const secondsPerProbe = 6;
const secondsToBegin = 120;

/** Starts `curl -I --max-time 5` for every host and port inside both clusters: a short-lived Job in each namespace. */
export const handler = step("start-probes", input, async ({ run, round }) => {
  await assertNotHeld(run);
  const { targets } = await wantedAccess(run);
  const probes = probesOf(targets);
  await rememberStart(run, round, now());
  for (const cluster of clusterNames) {
    await (await jobs(cluster)).start({
      name: probeName(run, round),
      image: firewallConfig().image,
      command: ["curl", ...curlArguments(probes)],
      deadlineSeconds: secondsToBegin + secondsPerProbe * probes.length,
    });
  }
  return {};
});
