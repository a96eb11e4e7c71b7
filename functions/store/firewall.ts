import type { AskedBefore } from "../domain/firewall-request.ts";
import { lazy } from "../runtime/lazy.ts";
import { readAllBodies, write } from "./items.ts";
import { type Store, store } from "./table.ts";

/** What was asked of the network's people: part of the ledger, since it outlives the run that asked. */
export interface FirewallLedger {
  /** By host and port. */
  asked(): Promise<AskedBefore[]>;
  setAsked(entry: AskedBefore): Promise<void>;
}

const pk = "ledger#firewall";

export function createFirewallLedger(table: Store): FirewallLedger {
  return {
    asked: async () => await readAllBodies<AskedBefore>(table, pk, "target#"),
    setAsked: async (entry) =>
      await write(table, { pk, sk: `target#${entry.host}#${entry.port}` }, { body: entry }),
  };
}

export const firewallLedger = lazy((): FirewallLedger => createFirewallLedger(store()));
