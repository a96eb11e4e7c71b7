import { onTestFinished } from "vitest";
import type { DoctorVerdict } from "../../functions/domain/doctor.ts";
import type { DoctorWorld } from "./doctor-world.ts";

/** How tests break what the doctor looks at: everything is mended when the test ends. */

/** Changes a value until the test ends. */
export function set<T extends object, K extends keyof T>(object: T, key: K, value: T[K]): void {
  const before = object[key];
  object[key] = value;
  onTestFinished(() => {
    object[key] = before;
  });
}

export interface Break {
  what: string;
  how(world: DoctorWorld): void | Promise<void>;
  /** What is not fine then, but for what was not looked at because of it. */
  is: Record<string, DoctorVerdict>;
  says: RegExp;
  /** What to do, says the remedy or else the summary. */
  todo: RegExp;
}

/** Changes a repository's settings. */
export function repository(world: DoctorWorld, name: string, changes: object): void {
  world.configure((config) => ({
    ...config,
    repositories: config.repositories.map((each) => (each.name === name ? { ...each, ...changes } : each)),
  }));
}

/** Changes an image's notifications. */
export function notifications(
  world: DoctorWorld,
  image: string,
  change: Parameters<DoctorWorld["system"]["world"]["quay"]["changeNotifications"]>[1],
): void {
  const { quay } = world.system.world;
  quay.changeNotifications(image, (kept) => {
    onTestFinished(() => quay.changeNotifications(image, () => kept));
    return change(kept);
  });
}

/** Takes a right from a service account: `patch imagestreams`. */
export function deny(world: DoctorWorld, cluster: "production" | "staging", right: string): void {
  const { denied } = world.system.world.openshift;
  denied[cluster].add(right);
  onTestFinished(() => {
    denied[cluster].delete(right);
  });
}
