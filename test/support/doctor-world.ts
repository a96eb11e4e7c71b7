import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Examination } from "../../functions/doctor/attempt.ts";
import { examine } from "../../functions/doctor/examine.ts";
import type { DoctorReport, DoctorVerdict } from "../../functions/domain/doctor.ts";
import { type Config, type ConfigInput, config as currentConfig } from "../../functions/runtime/config.ts";
import { forgetLazyValues } from "../../functions/runtime/lazy.ts";
import { type SecretName, secret, secretSchemas } from "../../functions/runtime/secrets.ts";
import { startSecretsManager } from "../../infra/local/secrets-manager.ts";
import { startTestSystem, type TestSystem } from "./local-system.ts";

/** The whole system, with secrets that a test can spoil. */
export interface DoctorWorld {
  system: TestSystem;
  /** Replaces parts of a secret, until the test ends. */
  spoil(name: SecretName, changes: Record<string, unknown>): void;
  /** Changes the configuration, until the test ends. */
  configure(change: (config: Config) => Config): void;
  /** Looks, as a new container does. */
  look(given?: Partial<Examination>): Promise<DoctorReport>;
  /** What is not fine: id → verdict. */
  problems(given?: Partial<Examination>): Promise<Record<string, DoctorVerdict>>;
  secrets(): Promise<{ githubSecret: string; quaySecret: string }>;
  close(): Promise<void>;
}

export async function startDoctorWorld(config: Partial<ConfigInput> = {}): Promise<DoctorWorld> {
  const system = await startTestSystem({ config });
  const names = Object.keys(secretSchemas) as SecretName[];
  const values = new Map<SecretName, Record<string, unknown>>();
  for (const name of names) {
    // A system that the configuration does without has an empty one.
    const filled = await secret(name).catch(() => null);
    if (filled) values.set(name, { ...(filled as Record<string, unknown>) });
  }
  const stored = Object.fromEntries([...values].map(([name, value]) => [`stablehand/${name}`, value]));
  const secrets = await startSecretsManager(stored);
  const before = process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER;
  process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = secrets.url;

  const look = async (given: Partial<Examination> = {}) => {
    forgetLazyValues();
    return await examine({ pausesMs: [], ...given });
  };
  return {
    system,
    spoil(name, changes) {
      const value = values.get(name) ?? {};
      const whole = { ...value };
      Object.assign(value, changes);
      onTestFinished(() => {
        for (const key of Object.keys(value)) delete value[key];
        Object.assign(value, whole);
      });
    },
    configure(change) {
      const folder = mkdtempSync(join(tmpdir(), "stablehand-doctor-"));
      const before = process.env.STABLEHAND_CONFIG;
      const file = join(folder, "config.json");
      writeFileSync(file, JSON.stringify(change(currentConfig())));
      process.env.STABLEHAND_CONFIG = file;
      onTestFinished(() => {
        process.env.STABLEHAND_CONFIG = before;
        forgetLazyValues();
        rmSync(folder, { recursive: true });
      });
    },
    look,
    async problems(given) {
      const { findings } = await look(given);
      return Object.fromEntries(
        findings.filter(({ verdict }) => verdict !== "ok").map(({ id, verdict }) => [id, verdict]),
      );
    },
    async secrets() {
      const [githubSecret = ""] = (await secret("github")).webhookSecrets;
      const [quaySecret = ""] = (await secret("quay")).webhookSecrets;
      return { githubSecret, quaySecret };
    },
    async close() {
      process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = before;
      forgetLazyValues();
      await secrets.close();
      await system.close();
    },
  };
}
