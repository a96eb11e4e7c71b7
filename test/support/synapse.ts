import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";

/** A user of the homeserver. */
export interface MatrixUser {
  userId: string;
  accessToken: string;
}

/** Synapse on this machine: the homeserver that most Matrix rooms live on. It talks to nobody. */
export interface Synapse {
  url: string;
  register(name: string): Promise<MatrixUser>;
  /** The client-server API, below `/_matrix/client/v3`. @throws Error with what it answered, unless that is a success. */
  ask(user: MatrixUser, method: string, path: string, body?: object): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** It ends when its standard input does, so it outlives nobody who started it. */
const program = `
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from synapse.app.homeserver import main
main()
`;

/** Somebody else may take the port before Synapse does. */
const mostAttempts = 3;
const startsWithinMs = 60_000;
const serverName = "synapse.test";

export async function startSynapse(python: string): Promise<Synapse> {
  const folder = await mkdtemp(join(tmpdir(), "synapse-"));
  const sharedSecret = randomBytes(32).toString("hex");
  try {
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const child = await launch(python, folder, settings(folder, port, sharedSecret));
      const said = await untilServing(child, url);
      if (said === null) return synapse(url, sharedSecret, async () => await end(child, folder));
      await kill(child);
      const again = attempt < mostAttempts && /address already in use/i.test(said);
      if (!again) throw new Error(`Synapse does not start:\n${said.slice(-3000)}`);
    }
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true });
    throw thrown;
  }
}

function settings(folder: string, port: number, sharedSecret: string) {
  const generous = { per_second: 1000, burst_count: 1000 };
  return {
    server_name: serverName,
    report_stats: false,
    pid_file: join(folder, "homeserver.pid"),
    signing_key_path: join(folder, "signing.key"),
    log_config: join(folder, "log.yaml"),
    media_store_path: join(folder, "media"),
    listeners: [
      {
        port,
        type: "http",
        bind_addresses: ["127.0.0.1"],
        resources: [{ names: ["client"], compress: false }],
      },
    ],
    database: { name: "sqlite3", args: { database: join(folder, "homeserver.db") } },
    // Nobody outside is asked for keys or events.
    trusted_key_servers: [],
    federation_domain_whitelist: [],
    registration_shared_secret: sharedSecret,
    macaroon_secret_key: randomBytes(32).toString("hex"),
    form_secret: randomBytes(32).toString("hex"),
    presence: { enabled: false },
    rc_message: generous,
    rc_registration: generous,
  };
}

async function launch(python: string, folder: string, config: object): Promise<ChildProcess> {
  const logging = {
    version: 1,
    handlers: { console: { class: "logging.StreamHandler" } },
    root: { level: "WARNING", handlers: ["console"] },
    disable_existing_loggers: false,
  };
  const file = join(folder, "homeserver.yaml");
  // JSON is YAML.
  await writeFile(file, JSON.stringify(config));
  await writeFile(join(folder, "log.yaml"), JSON.stringify(logging));
  const keys = spawn(python, ["-m", "synapse.app.homeserver", "--generate-keys", "--config-path", file], {
    stdio: "ignore",
  });
  await once(keys, "exit");
  return spawn(python, ["-c", program, "--config-path", file], {
    cwd: folder,
    stdio: ["pipe", "ignore", "pipe"],
    env: { PATH: process.env.PATH, NO_PROXY: "*" },
  });
}

/** Null once it serves; else what it said before it ended. */
async function untilServing(child: ChildProcess, url: string): Promise<string | null> {
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-10_000);
  });
  const deadline = Date.now() + startsWithinMs;
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    const answer = await fetch(`${url}/_matrix/client/versions`).catch(() => null);
    if (answer?.ok) return null;
    await pause(100);
  }
  return said || "it said nothing";
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  await kill(child);
  await rm(folder, { recursive: true, force: true });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

function synapse(url: string, sharedSecret: string, close: () => Promise<void>): Synapse {
  const registration = `${url}/_synapse/admin/v1/register`;
  return {
    url,
    close,
    async register(name) {
      const { nonce } = z.object({ nonce: z.string() }).parse(await (await fetch(registration)).json());
      const password = randomBytes(16).toString("hex");
      // Synapse's own scheme: https://element-hq.github.io/synapse/latest/admin_api/register_api.html
      const mac = createHmac("sha1", sharedSecret)
        .update([nonce, name, password, "notadmin"].join("\0"))
        .digest("hex");
      const body = JSON.stringify({ nonce, username: name, password, admin: false, mac });
      const answer = await (await fetch(registration, { method: "POST", body })).json();
      const user = z.object({ user_id: z.string(), access_token: z.string() }).parse(answer);
      return { userId: user.user_id, accessToken: user.access_token };
    },
    async ask({ accessToken }, method, path, body) {
      const answer = await fetch(`${url}/_matrix/client/v3${path}`, {
        method,
        headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
        ...(body && { body: JSON.stringify(body) }),
      });
      const content = (await answer.json()) as Record<string, unknown>;
      if (!answer.ok)
        throw new Error(`Synapse answers ${answer.status} to ${method} ${path}: ${JSON.stringify(content)}`);
      return content;
    },
  };
}
