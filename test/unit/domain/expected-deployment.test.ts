import { describe, expect, it } from "vitest";
import { expectedDeployment } from "../../../functions/domain/expected-deployment.ts";
import type { PlannedRepository } from "../../../functions/domain/promotion-plan.ts";
import type { Stage } from "../../../functions/domain/step-words.ts";
import { from, plan, repository, to } from "../../support/messages.ts";

const library = (change: Partial<PlannedRepository> = {}) => repository({ name: "packit", ...change });
const service = (change: Partial<PlannedRepository> = {}) =>
  repository({
    name: "packit-service",
    buildsImages: true,
    waitsFor: [{ repository: "packit", until: "rpm" }],
    ...change,
  });

function expected(repositories: PlannedRepository[], stages: Record<string, Stage>) {
  return Object.fromEntries(
    expectedDeployment(plan(...repositories), stages).map(({ repository: name, commit, due, notBuilt }) => [
      name,
      { at: commit === to ? "to" : commit === from ? "from" : commit, due, notBuilt },
    ]),
  );
}

describe("what production should run after a run", () => {
  it("is what was approved where its images were built, of libraries too", () => {
    expect(expected([library(), service()], { packit: "deployed", "packit-service": "deployed" })).toEqual({
      packit: { at: "to", due: true, notBuilt: null },
      "packit-service": { at: "to", due: true, notBuilt: null },
    });
    const rebuilt = service({ action: "rebuild", to: from });
    expect(expected([library(), rebuilt], { packit: "moved", "packit-service": "imported" })).toEqual({
      packit: { at: "to", due: true, notBuilt: null },
      "packit-service": { at: "from", due: true, notBuilt: null },
    });
  });

  it.each<[Stage, string]>([
    ["leftOut", "packit-service was left out"],
    ["failed", "the images of packit-service were not built"],
    ["planned", "packit-service was not rebuilt"],
  ])("is what it was where people went on without the images: %s", (stage, notBuilt) => {
    expect(expected([library(), service()], { packit: "moved", "packit-service": stage }).packit).toEqual({
      at: "from",
      due: false,
      notBuilt,
    });
  });

  it("is what it was, without a word, where nothing moved", () => {
    const still = { at: "from", due: false, notBuilt: null };
    expect(
      expected([library({ action: "none", to: from }), service({ action: "none", to: from })], {}),
    ).toEqual({
      packit: still,
      "packit-service": still,
    });
    expect(
      expected([library(), service()], { packit: "leftOut", "packit-service": "leftOut" }).packit,
    ).toEqual(still);
    expect(
      expected([library(), service()], { packit: "leftOut", "packit-service": "deployed" }).packit,
    ).toEqual({
      at: "from",
      due: true,
      notBuilt: null,
    });
  });

  it("says nothing of what goes into no image", () => {
    expect(expected([library()], { packit: "deployed" })).toEqual({});
  });
});
