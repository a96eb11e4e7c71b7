/** One line of the text format in which Prometheus reads metrics. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  /** May be `NaN` or infinite. */
  value: number;
}

/** What an exporter tells. */
export interface Metrics {
  samples: Sample[];
  /** Metrics that it knows: one without samples has counted nothing yet. */
  declared: ReadonlySet<string>;
}

const nameAndRest = /^\s*([A-Za-z_:][A-Za-z0-9_:]*)\s*(\{)?/;
const label = /\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|\})/y;
const emptyLabels = /\s*,?\s*\}/y;

/**
 * Reads Prometheus's text format (and OpenMetrics, which adds to the end of lines). Comments, and lines that are of
 * neither, are passed over: exporters differ, and one odd line must not hide the others.
 */
export function parseMetrics(text: string): Metrics {
  const samples: Sample[] = [];
  const declared = new Set<string>();
  for (const line of text.split("\n")) {
    const [, name] = /^\s*#\s*TYPE\s+(\S+)\s/.exec(line) ?? [];
    const sample = line.trimStart().startsWith("#") ? null : parseLine(line);
    if (sample) samples.push(sample);
    if (name ?? sample) declared.add(name ?? sample?.name ?? "");
  }
  return { samples, declared };
}

/**
 * The values of a metric by one of its labels, added up where several samples share it.
 * @returns null: the exporter does not know the metric.
 */
export function sumByLabel(
  { samples, declared }: Metrics,
  metric: string,
  label: string,
): { label: string; value: number }[] | null {
  const found = samples.filter((each) => each.name === metric);
  if (found.length === 0 && !declared.has(metric)) return null;
  const groups = Map.groupBy(
    found,
    ({ labels }) => (Object.hasOwn(labels, label) ? labels[label] : undefined) ?? metric,
  );
  return [...groups].map(([name, group]) => ({
    label: name,
    value: group.reduce((sum, each) => sum + each.value, 0),
  }));
}

function parseLine(line: string): Sample | null {
  const [head, name, brace] = nameAndRest.exec(line) ?? [];
  if (head === undefined || name === undefined) return null;
  const read = brace ? readLabels(line, head.length) : { labels: {}, end: head.length };
  if (!read) return null;
  const rest = line.slice(read.end);
  // A name is told from its value by white space or by its labels.
  if (!brace && !/\s$/.test(head)) return null;
  const value = numberOf(/^\s*(\S+)/.exec(rest)?.[1] ?? "");
  return value === null ? null : { name, labels: read.labels, value };
}

function readLabels(line: string, from: number): { labels: Record<string, string>; end: number } | null {
  const labels: Record<string, string> = {};
  for (let at = from; ; ) {
    emptyLabels.lastIndex = at;
    if (emptyLabels.test(line)) return { labels, end: emptyLabels.lastIndex };
    label.lastIndex = at;
    const [, key, value, then] = label.exec(line) ?? [];
    if (key === undefined || value === undefined) return null;
    Object.defineProperty(labels, key, {
      value: unescaped(value),
      enumerable: true,
      configurable: true,
      writable: true,
    });
    at = label.lastIndex;
    if (then === "}") return { labels, end: at };
  }
}

function unescaped(value: string): string {
  return value.replace(/\\(.)/g, (_, character: string) => (character === "n" ? "\n" : character));
}

function numberOf(text: string): number | null {
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(text);
  if (infinite) return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : null;
}
