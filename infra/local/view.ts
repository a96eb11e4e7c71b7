import { stripVTControlCharacters, styleText } from "node:util";
import logUpdate from "log-update";

/** A state of the run that is under way. */
export interface ActiveState {
  state: string;
  repository: string | null;
  /** Milliseconds since the epoch. */
  since: number;
}

export interface RepositoryLine {
  name: string;
  stage: string;
  /** Of its build, 0 to 100; null: it has none, or none is running. */
  percent: number | null;
  /** What it waits for, or why it failed. */
  note: string | null;
}

export interface Snapshot {
  active: ActiveState[];
  repositories: RepositoryLine[];
}

/** Nobody should look at a still picture for 2 s: a line is due after this, and looked for so often. */
const heartbeatMs = 1_600;
const lookMs = 200;
const frameMs = 120;
const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

type Colour = "green" | "red" | "yellow" | "dim" | "bold" | "cyan";

/**
 * Shows a run in the terminal: what happened stays as lines, what is under way moves below them. Where the output is no
 * terminal (a pipe, CI), the moving part becomes a line now and then.
 */
export class View {
  readonly #started = Date.now();
  #snapshot: () => Snapshot = () => ({ active: [], repositories: [] });
  readonly #out: NodeJS.WriteStream;
  readonly #live: boolean;
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;
  #lastLine = Date.now();
  #doing = "";

  constructor(out: NodeJS.WriteStream = process.stdout) {
    this.#out = out;
    this.#live = Boolean(out.isTTY);
  }

  /** From now on it moves, until `stop`. @param doing what is told as long as no state is under way. */
  start(doing: string): void {
    this.#doing = doing;
    this.#timer ??= setInterval(() => this.#tick(), this.#live ? frameMs : lookMs);
  }

  /** What is under way from now on. */
  follow(snapshot: () => Snapshot): void {
    this.#snapshot = snapshot;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!this.#live) return;
    logUpdate.clear();
    // Gives the cursor back.
    logUpdate.done();
  }

  /** A line that stays. */
  line(text = ""): void {
    if (this.#live) logUpdate.clear();
    this.#out.write(`${this.#paint(text)}\n`);
    this.#lastLine = Date.now();
    if (this.#live && this.#timer) this.#draw();
  }

  /** Something that happened, with the time since the start. */
  event(mark: string, text: string, colour?: Colour): void {
    this.line(`${this.#clock()}  ${colour ? paint(colour, mark) : mark} ${text}`);
  }

  #clock(): string {
    return paint("dim", `${((Date.now() - this.#started) / 1000).toFixed(1).padStart(6)} s`);
  }

  #paint(text: string): string {
    return this.#live && !process.env.NO_COLOR ? text : stripVTControlCharacters(text);
  }

  #tick(): void {
    if (this.#live) {
      this.#frame++;
      this.#draw();
    } else if (Date.now() - this.#lastLine >= heartbeatMs) {
      this.event("…", this.#heartbeat());
    }
  }

  #draw(): void {
    const spinner = frames[this.#frame % frames.length] ?? "";
    const lines = this.#underWay().map((text) => `          ${paint("cyan", spinner)} ${text}`);
    logUpdate(["", ...lines.map((text) => this.#paint(clip(text, this.#out.columns ?? 100)))].join("\n"));
  }

  /** One line: the same picture is told again with the time that passed, so that it is seen to live. */
  #heartbeat(): string {
    return this.#underWay()
      .map((each) => stripVTControlCharacters(each))
      .join(" · ");
  }

  #underWay(): string[] {
    const lines = describe(this.#snapshot());
    return lines.length > 0 ? lines : [this.#doing];
  }
}

function describe({ active, repositories }: Snapshot): string[] {
  const lines: string[] = [];
  const now = Date.now();
  for (const each of active.filter((state) => !state.repository)) {
    lines.push(`${each.state} ${seconds(now - each.since)}`);
  }
  for (const each of active.filter((state) => state.repository)) {
    const repository = repositories.find((line) => line.name === each.repository);
    const bar = repository?.percent != null ? ` ${progressBar(repository.percent)}` : "";
    const note = repository?.note ? ` (${repository.note})` : "";
    lines.push(`${each.repository}: ${each.state}${bar} ${seconds(now - each.since)}${note}`);
  }
  return lines;
}

function seconds(ms: number): string {
  return paint("dim", `${(ms / 1000).toFixed(0)} s`);
}

function progressBar(percent: number): string {
  const full = Math.round(percent / 10);
  return `${"█".repeat(full)}${"░".repeat(10 - full)} ${Math.round(percent)} %`;
}

function clip(text: string, columns: number): string {
  const plain = stripVTControlCharacters(text);
  return plain.length <= columns ? text : `${plain.slice(0, columns - 1)}…`;
}

export function paint(colour: Colour, text: string): string {
  return styleText(colour, text, { validateStream: false });
}
