import { createHash, randomBytes } from "node:crypto";
import type { Secret } from "../../../functions/runtime/secrets.ts";
import { stateFile } from "./state-file.ts";

/** A vault of Bitwarden: an account that may read it, and items, each with something that must never leave a job. */
export interface Vault {
  account: Secret<"bitwarden">;
  /** Digest and number of lines of the changelog, as our job tells them. */
  changelog(): { digest: string; lines: number };
  /** Somebody changes secrets, and says so at the end of the changelog. */
  change(lines: string[]): void;
  /** As the stand-in for the `bw` CLI reads it. */
  file(): object;
  /** The content of every item that is nobody's business. */
  canaries: string[];
  save(): void;
}

interface KeptVault {
  account: Secret<"bitwarden">;
  changelog: string[];
  canary: string;
}

/** @param note name of the changelog. */
export function openVault(stateDir: string | null, note: string): Vault {
  const file = stateFile<KeptVault>(stateDir, "vault");
  const kept = file.load() ?? newVault();
  const save = () => file.save(kept);
  const { account, canary } = kept;
  const canaryOf = (item: string) => `${canary}-${item}`;
  save();
  return {
    account,
    changelog: () => ({
      digest: createHash("sha256").update(kept.changelog.join("\n")).digest("hex"),
      lines: kept.changelog.length,
    }),
    change(lines) {
      kept.changelog.push(...lines);
      save();
    },
    file: () => ({
      account: { ...account, session: canaryOf("session") },
      items: [
        {
          name: note,
          type: 2,
          notes: `${kept.changelog.join("\n")}\n`,
          fields: [{ name: "hidden", value: canaryOf("changelog") }],
        },
        // A search for the changelog finds this one as well.
        { name: "about", type: 2, notes: `See ${note}. ${canaryOf("about")}` },
        { name: "secrets-packit-prod", type: 2, notes: canaryOf("secrets"), attachments: [] },
        { name: "quay", type: 1, login: { username: "packit", password: canaryOf("login") } },
        { name: "card", type: 3, card: { number: canaryOf("card") } },
      ],
    }),
    canaries: [canary, account.clientSecret, account.masterPassword],
    save,
  };
}

function newVault(): KeptVault {
  const canary = `canary-${randomBytes(12).toString("hex")}`;
  return {
    account: {
      clientId: "user.00000000-0000-0000-0000-000000000000",
      clientSecret: randomBytes(15).toString("hex"),
      masterPassword: randomBytes(15).toString("hex"),
    },
    canary,
    changelog: [
      "2026-01-12 Ben: new token for Quay",
      // Old lines leave the job as little as any other item does.
      `2026-03-02 Cleo: moved ${canary}-old-line out of the extra vars`,
      "2026-06-29 Ada: TLS certificates renewed",
    ],
  };
}
