import { expect, onTestFinished, test } from "vitest";
import { example } from "../../infra/config/example.ts";
import { startDoctorWorld } from "../support/doctor-world.ts";

test("a team without Matrix and Copr is asked for neither", async () => {
  const world = await startDoctorWorld({
    ...example,
    ...{ matrix: null, copr: null, sentry: null, mastodon: null, objects: null, news: null },
    ...{ post: {}, health: {} },
  });
  onTestFinished(world.close);
  world.spoil("matrix", { accessToken: 7 });
  const { findings, ready } = await world.look();
  expect(ready).toBe(true);
  const looked = findings.map(({ id }) => id);
  expect(looked.filter((id) => /matrix|copr/.test(id))).toEqual([]);
  expect(looked).toEqual(
    expect.arrayContaining([
      "github.repository/catalog",
      "github.repository/storefront",
      "github.repository/planning",
      "quay.notification/storefront",
      "openshift.staging.streams",
    ]),
  );
});
