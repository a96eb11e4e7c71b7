import { describe, expect, test } from "vitest";
import { curlArguments } from "../../../functions/domain/firewall-probe.ts";
import { createJobs, jobOf } from "../../../functions/services/openshift-jobs.ts";
import { type PodSpec, restrictedViolations } from "../../../infra/local/world/openshift/pod-security.ts";
import { startCluster } from "../../support/openshift-world.ts";

const request = {
  name: "stablehand-probe-1",
  image: "quay.io/curl/curl:8.11.1",
  command: ["curl", ...curlArguments([{ host: "example.org", port: 443 }])],
  deadlineSeconds: 60,
};

describe("the Job", () => {
  const job = jobOf(request, "packit--prod");
  const spec = job.spec?.template.spec as PodSpec & Record<string, unknown>;

  test("passes the pod security standard restricted", () => {
    expect(restrictedViolations(spec)).toEqual([]);
  });

  test.each([
    ["allowPrivilegeEscalation", { allowPrivilegeEscalation: undefined }],
    ["must drop ALL", { capabilities: {} }],
    ["adds capabilities", { capabilities: { drop: ["ALL"], add: ["NET_RAW"] } }],
    ["runAsNonRoot", { runAsNonRoot: false }],
    ["runAsUser=0", { runAsUser: 0 }],
    ["seccompProfile", { seccompProfile: { type: "Unconfined" } }],
    ["privileged", { privileged: true }],
  ])("would not pass with another %s", (words, changes) => {
    const [container] = spec.containers ?? [];
    const other = {
      ...spec,
      containers: [{ ...container, securityContext: { ...container?.securityContext, ...changes } }],
    };
    expect(restrictedViolations(other).join()).toContain(words);
  });

  test("has no token, nothing to write on, limits, an end, and no second try", () => {
    expect(spec).toMatchObject({ automountServiceAccountToken: false, restartPolicy: "Never" });
    expect(spec.volumes).toBeUndefined();
    expect(job.spec).toMatchObject({
      backoffLimit: 0,
      activeDeadlineSeconds: 60,
      ttlSecondsAfterFinished: 3600,
    });
    expect(spec.containers).toMatchObject([
      {
        command: ["curl"],
        securityContext: { readOnlyRootFilesystem: true },
        resources: { limits: { cpu: "100m", memory: "64Mi" } },
      },
    ]);
  });
});

test("a Job is started once, and its log is read; one that is not there is gone", async () => {
  const { emulator, ctx } = await startCluster();
  emulator.outside.addHost("example.org", "answers");
  const { namespace } = ctx.config.clusters.production;
  const jobs = createJobs({ apiUrl: emulator.url, namespace, token: emulator.tokens.production });

  await jobs.start(request);
  await jobs.start(request);

  const read = await jobs.read(request.name);
  expect(read).toMatchObject({ state: "ended" });
  expect(JSON.parse((read as { log: string }).log)).toMatchObject({
    url: "https://example.org/",
    exitcode: 28,
  });
  expect(await jobs.read("another")).toEqual({ state: "gone" });
});
