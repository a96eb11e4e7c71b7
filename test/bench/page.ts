import { get, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { runPageLink } from "../../functions/runtime/links.ts";
import { bigConfig, startBigRun } from "../support/big-run.ts";
import { browserIsHere, openBrowser } from "../support/browser.ts";
import { startHttpSystem } from "../support/http-system.ts";
import { updated, watchShifts } from "../support/layout-shift.ts";

/**
 * Measures the page of a run under way, served by the embedded HTTP API: bytes on the wire, time to the first byte, and
 * how much moves on it while it updates itself. `npm run bench:page -- [--repositories N]`.
 */

const at = process.argv.indexOf("--repositories");
const count = at >= 0 ? Number(process.argv[at + 1]) : 50;
const requests = 20;
const updates = 5;
const screens = {
  "on a phone": { width: 390, height: 844, colorScheme: "light", phone: true },
  "on a desktop": { width: 1280, height: 900, colorScheme: "light" },
} as const;

const system = await startHttpSystem(bigConfig(count));
const big = await startBigRun(count);
try {
  const link = await runPageLink(big.run);
  const first = await load(link);
  const again: Loaded[] = [];
  for (let index = 0; index < requests; index++) again.push(await load(link));
  const unchanged: Loaded[] = [];
  let { tag } = again.at(-1) as Loaded;
  while (unchanged.length < requests) {
    const loaded = await load(link, tag);
    if (loaded.status === 304) unchanged.push(loaded);
    else tag = loaded.tag;
  }
  console.log(`the page of a run with ${count} repositories, all under way`);
  console.log(
    `  transferred        ${kilobytes(first.bytes)} (${kilobytes(first.text)} before gzip), in one request`,
  );
  console.log(
    `  first byte         ${milliseconds(again)} (the very first request: ${first.firstByte.toFixed(0)} ms)`,
  );
  console.log(`  asked, unchanged   0 bytes of body, ${milliseconds(unchanged)}`);
  if (browserIsHere()) {
    for (const [name, screen] of Object.entries(screens)) {
      console.log(
        `  layout shift       ${(await shiftsOn(screen, link)).toFixed(4)} over ${updates} updates, ${name}`,
      );
    }
  }
} finally {
  await big.close();
  await system.close();
}

interface Loaded {
  status: number;
  /** Milliseconds. */
  firstByte: number;
  /** Of the body, as it was sent, and as it is read. */
  bytes: number;
  text: number;
  tag: string;
}

async function load(link: string, tag?: string): Promise<Loaded> {
  const started = performance.now();
  const headers = { "accept-encoding": "gzip", ...(tag ? { "if-none-match": tag } : {}) };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(link, { headers }, resolve).on("error", reject);
  });
  const firstByte = performance.now() - started;
  const body = await buffer(answer);
  const text = answer.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
  return {
    status: answer.statusCode ?? 0,
    firstByte,
    bytes: body.length,
    text: text.length,
    tag: String(answer.headers.etag),
  };
}

/** Builds end one after the other while somebody looks at the page. */
async function shiftsOn(screen: (typeof screens)[keyof typeof screens], link: string): Promise<number> {
  const { context, close } = await openBrowser(screen);
  try {
    const page = await context.newPage();
    const shifts = await watchShifts(page);
    await page.goto(link);
    const left = big.repositories.splice(0, updates);
    for (const repository of left) {
      const changed = updated(page);
      await big.finishBuild(repository);
      await changed;
    }
    return (await shifts()).sum;
  } finally {
    await close();
  }
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}

function milliseconds(loaded: readonly Loaded[]): string {
  const sorted = loaded.map((each) => each.firstByte).sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return `${at(0.5).toFixed(0)} ms in the middle, ${at(0.95).toFixed(0)} ms at most of 95 %`;
}
