import { messageOf } from "../../functions/runtime/errors.ts";
import type { Options } from "./options.ts";
import type { System } from "./system.ts";
import { paint, type View } from "./view.ts";

/**
 * Stands in for the person who reviews the post at GitHub. Without `--yes` it only tells where the post waits, and the
 * person at the terminal approves it on that page.
 */
export interface Reviewer {
  /** Looks once. */
  look(): Promise<void>;
}

export function createReviewer(
  { config, world }: System,
  { options, view }: { options: Pick<Options, "yes">; view: View },
): Reviewer {
  const person = config.people.find((each) => each.approver && !each.away);
  const seen = new Set<string>();
  return {
    async look() {
      for (const { number, head, state } of world.github.sitePulls()) {
        if (state !== "open" || !person || seen.has(`${number}/${head}`)) continue;
        seen.add(`${number}/${head}`);
        const url = `${world.github.url}/${config.github.owner}/${config.post.repository}/pull/${number}`;
        if (!options.yes) {
          view.event("→", `${paint("bold", "Your review of the post:")} ${url}`);
          continue;
        }
        view.event("→", `the robot approves the post as ${person.name}: ${url}`);
        try {
          const review = { reviewer: person.github, state: "APPROVED" } as const;
          await world.github.reviewAsPerson(config.post.repository, number, review);
        } catch (thrown) {
          view.event("✘", `the robot could not review the post: ${messageOf(thrown)}`, "red");
        }
      }
    },
  };
}
