import { runs } from "../../functions/store/runs.ts";
import { followRun, type Rehearsal, type Rehearsing, startRun } from "./rehearsal.ts";
import type { System } from "./system.ts";
import { paint, type View } from "./view.ts";

/**
 * Rehearses one run. Where a fault kills the process on the way, it is started again on the same folder, which closes
 * what was left behind, and then another run goes on from there.
 *
 * @param start starts the system on a folder; called again after a kill. The caller closes the last one.
 */
export async function rehearse(start: () => Promise<System>, rehearsing: Rehearsing): Promise<Rehearsal> {
  const { view, picture } = rehearsing;
  for (;;) {
    view.start("starting");
    const system = await start();
    for (const run of system.leftBehind) await tellOf(run, view);
    const killed = killedAfterMove(system);
    const started = await startRun(system, rehearsing);
    const following = followRun(system, started, rehearsing, killed);
    // A system that is killed breaks whatever follows it.
    const followed = following.then(
      () => undefined,
      () => undefined,
    );
    await Promise.race([followed, aborted(killed)]);
    if (!killed.aborted) return await following;

    await system.kill();
    await followed;
    picture.forget();
    view.line();
    view.line(paint("bold", "The process was killed, and is started again."));
  }
}

/** Aborted when the fault strikes: a branch has moved, the next ones have not. */
function killedAfterMove(system: System): AbortSignal {
  const kill = new AbortController();
  system.onTransition(({ type, state, mapItem }) => {
    if (type !== "exited" || state !== "MoveStable") return;
    if (system.world.faults.strikes("engine-killed", `the process is killed once ${mapItem} has moved`))
      kill.abort();
  });
  return kill.signal;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

/** What became of a run that was under way when its process was killed. */
async function tellOf(run: string, view: View): Promise<void> {
  const record = await runs().get(run);
  // The rollback of a run is a part of it, and has no record of its own.
  if (!record) return;
  const reason = record?.reason ? `, ${record.reason}` : "";
  view.line(`  closed   ${paint("bold", run)}, which was left behind: ${record?.status}${reason}`);
}
