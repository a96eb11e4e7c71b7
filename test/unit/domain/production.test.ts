import { expect, test } from "vitest";
import { productionHeads } from "../../../functions/domain/production.ts";
import type { PromotionPlan } from "../../../functions/domain/promotion-plan.ts";
import type { Stage } from "../../../functions/domain/step-words.ts";
import { planOf, repositoryState } from "../../support/repository-states.ts";

const plan: PromotionPlan = {
  ...planOf([repositoryState("ogr"), repositoryState("packit-service"), repositoryState("dashboard")]),
};
plan.repositories = plan.repositories.map((each) => ({
  ...each,
  action: each.name === "packit-service" ? ("rebuild" as const) : ("move" as const),
  from: `${each.name}-old`,
  to: each.name === "packit-service" ? `${each.name}-old` : `${each.name}-new`,
  buildsImages: each.name !== "ogr",
  waitsFor: each.name === "packit-service" ? [{ repository: "ogr", until: "rpm" as const }] : [],
}));

const heads = (stages: Record<string, Stage> | null) =>
  Object.fromEntries(productionHeads(plan, stages && new Map(Object.entries(stages))));

test("while a run goes on, what was planned counts", () => {
  expect(heads(null)).toEqual({
    ogr: "ogr-new",
    "packit-service": "packit-service-old",
    dashboard: "dashboard-new",
  });
});

test("afterwards only what was deployed", () => {
  const stages = { ogr: "moved", "packit-service": "deployed", dashboard: "failed" } as const;
  expect(heads(stages)).toMatchObject({ ogr: "ogr-new", dashboard: "dashboard-old" });
});

test("a library is there when every image that was to be built from it is", () => {
  expect(heads({ ogr: "deployed", "packit-service": "failed" })).toMatchObject({ ogr: "ogr-old" });
  expect(heads({ ogr: "leftOut", "packit-service": "deployed" })).toMatchObject({ ogr: "ogr-old" });
});
