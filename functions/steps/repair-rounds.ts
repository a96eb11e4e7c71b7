import { runs } from "../store/runs.ts";

/** The fact that holds what a round of repair does, written before it begins; rounds count from 0. */
export const repairRound = (round: number) => `repair/${round}`;

/** Rounds of repair that were begun. */
export async function repairsDone(run: string): Promise<number> {
  for (let round = 0; ; round++) if ((await runs().recall(run, repairRound(round))) === null) return round;
}
