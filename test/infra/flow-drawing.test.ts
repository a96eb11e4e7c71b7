import { describe, expect, test } from "vitest";
import { catalog } from "../../functions/catalog.ts";
import type { DrawnState } from "../../functions/domain/flow-drawing.ts";
import { flows } from "../../infra/aws/state-machines.ts";
import { drawFlows } from "../../infra/flow-drawing.ts";
import { type Definition, statesOf } from "../../infra/local/step-functions/definition.ts";

const drawings = drawFlows();

describe.each(flows())("the drawing of $name", ({ name, definition }) => {
  const drawing = drawings.find((each) => each.flow === name);
  const boxes = drawing?.boxes ?? [];
  const named = (box: string) => boxes.find((each) => each.name === box);

  test("has every state of the definition, once", () => {
    const states = [...statesOf(definition as Definition)].map(([state]) => state);
    expect(boxes.map((each) => each.name).sort()).toEqual(states.sort());
  });

  test("has each box within the drawing, within its parent, and upon no other one", () => {
    for (const box of boxes) {
      const around = box.parent ? named(box.parent) : { x: 0, y: 0, ...drawing };
      expect(isWithin(box, around as DrawnState), `${box.name} in ${box.parent}`).toBe(true);
      const beside = boxes.filter((each) => each.parent === box.parent && each !== box);
      expect(
        beside.filter((each) => overlaps(box, each)).map((each) => `${box.name} on ${each.name}`),
      ).toEqual([]);
    }
  });

  test("knows what waits, for a task token or for a time", () => {
    for (const [state, { Type, Resource = "" }] of statesOf(definition as Definition)) {
      const waits = Type === "Wait" || Resource.endsWith(".waitForTaskToken");
      expect([state, named(state)?.waits]).toEqual([state, waits]);
    }
  });
});

test("the questions of the weekly deployment are reached by failures alone", () => {
  const weekly = drawings.find((each) => each.flow === "weekly-deployment");
  const questions = new Set(catalog.AskWhatNow?.states);
  for (const box of weekly?.boxes ?? []) if (questions.has(box.name)) expect(box.onFailure).toBe(true);
  for (const name of ["OpenRun", "AskApproval", "MoveStable", "CloseRun"]) {
    expect(weekly?.boxes.find((each) => each.name === name)?.onFailure).toBe(false);
  }
});

function isWithin(inner: DrawnState, outer: DrawnState): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width + 1 &&
    inner.y + inner.height <= outer.y + outer.height + 1
  );
}

function overlaps(one: DrawnState, other: DrawnState): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}
