import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The Bitwarden CLI, as far as our jobs and the playbook use it: it logs in by an API key, unlocks by a password, and
 * only then shows items. The vault is the file that STANDIN_VAULT names.
 */

const { account, items } = JSON.parse(readFileSync(process.env.STANDIN_VAULT, "utf8"));
const loggedIn = join(process.env.HOME, ".bw-logged-in");
const [command, ...rest] = process.argv.slice(2);
const option = (name) => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined);

function refuse(words) {
  process.stderr.write(`${words}\n`);
  process.exit(1);
}

function login() {
  const { BW_CLIENTID: id, BW_CLIENTSECRET: secret } = process.env;
  if (!rest.includes("--apikey") || id !== account.clientId || secret !== account.clientSecret) {
    refuse("client_id or client_secret is incorrect. Try again.");
  }
  writeFileSync(loggedIn, "");
  process.stdout.write("You are logged in!\n");
}

function unlock() {
  if (!existsSync(loggedIn)) refuse("You are not logged in.");
  if (process.env[option("--passwordenv")] !== account.masterPassword) refuse("Invalid master password.");
  process.stdout.write(`${account.session}\n`);
}

function list() {
  if (process.env.BW_SESSION !== account.session) refuse("Vault is locked.");
  const wanted = (option("--search") ?? "").toLowerCase();
  const found = items.filter((item) => `${item.name}\n${item.notes}`.toLowerCase().includes(wanted));
  process.stdout.write(JSON.stringify(found));
}

const commands = {
  login,
  unlock,
  list,
};
if (!Object.hasOwn(commands, command)) refuse(`error: unknown command '${command}'`);
commands[command]();
