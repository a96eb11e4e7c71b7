import { type Bar, type Look, type Row, stateTitle, type Timeline } from "../domain/timeline.ts";
import type { ConsoleLinks } from "./console-links.ts";
import type { Clock } from "./run-clock.ts";
import { tookOf } from "./run-words.ts";

/** Milliseconds since the epoch. */
export interface Span {
  from: number;
  to: number;
}

interface TimelineProps {
  timeline: Timeline;
  span: Span;
  /** Up to where what goes on is drawn. */
  now: number;
  clock: Clock;
  links: ConsoleLinks | null;
  /** The run has ended. */
  over: boolean;
}

const words: Record<Look, string> = {
  running: "running",
  waiting: "waiting",
  done: "done",
  waited: "waited",
  failed: "failed",
  stopped: "stopped",
};

const iso = (time: number) => new Date(time).toISOString();

/** When what happened. Colour and hatching say nothing that the text beside does not say too. */
export function TimelineView({ timeline, span, now, clock, links, over }: TimelineProps) {
  return (
    <section class="times" aria-labelledby="timeline">
      <h2 id="timeline">Timeline</h2>
      <div class="card">
        <Legend />
        <p class="scale tabular">
          <span>{clock.at(iso(span.from))}</span>
          <span>{clock.at(iso(span.to))}</span>
        </p>
        <Rows rows={timeline.states} span={span} now={now} links={links} over={over} />
        {timeline.items.length > 0 ? (
          <>
            <h3>Repositories</h3>
            <Rows rows={timeline.items} span={span} now={now} links={null} over={over} items />
          </>
        ) : null}
      </div>
    </section>
  );
}

/** Here stands the hatching that all bars use. */
function Legend() {
  const entries: [Look, string][] = [
    ["done", "works"],
    ["waited", "waits"],
    ["failed", "failed"],
  ];
  return (
    <ul class="legend">
      {entries.map(([look, text]) => (
        <li>
          <svg aria-hidden="true">
            {look === "waited" ? (
              <defs>
                <pattern
                  id="hatch"
                  width="5"
                  height="5"
                  patternUnits="userSpaceOnUse"
                  patternTransform="rotate(45)"
                >
                  <rect class="hatch-ground" width="5" height="5" />
                  <line class="hatch" x1="0" y1="0" x2="0" y2="5" />
                </pattern>
              </defs>
            ) : null}
            <rect class={`bar ${look}`} width="100%" height="100%" />
          </svg>
          {text}
        </li>
      ))}
    </ul>
  );
}

interface RowsProps extends Pick<TimelineProps, "span" | "now" | "links" | "over"> {
  rows: Row[];
  /** They are repositories, each with all of its states. */
  items?: boolean;
}

function Rows({ rows, items = false, ...rest }: RowsProps) {
  return (
    <ol class="timeline" aria-label={items ? "Repositories" : "States"}>
      {rows.map((row) => (
        <TimelineRow row={row} title={!items} {...rest} />
      ))}
    </ol>
  );
}

type TimelineRowProps = Omit<RowsProps, "rows" | "items"> & { row: Row; title: boolean };

function TimelineRow({ row, span, now, title, links, over }: TimelineRowProps) {
  const { name, inner, bars } = row;
  const last = bars.at(-1);
  const logs = last && links?.logsOf(name);
  const classes = [
    ...(inner ? ["inner"] : []),
    ...(last ? [] : ["ahead"]),
    ...(last?.look === "failed" ? ["went-wrong"] : []),
  ];
  return (
    <li class={classes.join(" ") || undefined}>
      <span class="name">
        {logs ? <a href={logs}>{stateTitle(name)}</a> : title ? stateTitle(name) : name}
      </span>
      <span class="took tabular">{took(bars, now, title, over)}</span>
      <svg class="bars" aria-hidden="true">
        {bars.map((bar) => (
          <BarView bar={bar} span={span} now={now} />
        ))}
      </svg>
    </li>
  );
}

/** How long it took in all; while it goes on, what it is at. */
function took(bars: readonly Bar[], now: number, title: boolean, over: boolean): string {
  const last = bars.at(-1);
  if (!last) return over ? "–" : "ahead";
  if (last.to === null) return title ? `${words[last.look]}…` : `${stateTitle(last.state)}…`;
  const sum = bars.reduce((all, { from, to }) => all + ((to ?? now) - from), 0);
  const again = bars.length > 1 && title ? ` (${bars.length}×)` : "";
  return last.look === "failed" || last.look === "stopped" ? words[last.look] : `${tookOf(sum)}${again}`;
}

/** What is short is drawn all the same. */
const narrowest = 0.5;

function BarView({ bar, span, now }: { bar: Bar; span: Span; now: number }) {
  const { state, from, look, attempts, error } = bar;
  const to = bar.to ?? now;
  const percent = (time: number) => ((time - span.from) / (span.to - span.from)) * 100;
  const width = Math.max(narrowest, percent(to) - percent(from));
  const x = Math.min(percent(from), 100 - width);
  const again = attempts > 1 ? `, ${attempts} attempts` : "";
  const how = `${words[look]}${error ? ` (${error})` : ""}`;
  return (
    <rect
      class={`bar ${look}${bar.to === null ? " moving" : ""}`}
      x={`${x.toFixed(1)}%`}
      width={`${width.toFixed(1)}%`}
      height="100%"
    >
      <title>{`${stateTitle(state)}: ${how}, ${tookOf(to - from)}${again}`}</title>
    </rect>
  );
}
