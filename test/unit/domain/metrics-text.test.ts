import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMetrics, sumByLabel } from "../../../functions/domain/metrics-text.ts";

describe("Prometheus's text format", () => {
  it("is read line by line, without comments", () => {
    const text = [
      "# HELP celery_queue_length The number of messages in the broker queue.",
      "# TYPE celery_queue_length gauge",
      'celery_queue_length{queue_name="short-running",vhost="0"} 12',
      'celery_queue_length{ queue_name = "long running" , } 3.0 1795401867000',
      "process_resident_memory_bytes 1.13246208e+08",
      'up 1 # {trace_id="abc"} 1',
      "temperature -Inf",
      "ratio NaN",
      "",
      "# EOF",
    ].join("\n");
    expect(parseMetrics(text).samples).toEqual([
      { name: "celery_queue_length", labels: { queue_name: "short-running", vhost: "0" }, value: 12 },
      { name: "celery_queue_length", labels: { queue_name: "long running" }, value: 3 },
      { name: "process_resident_memory_bytes", labels: {}, value: 113_246_208 },
      { name: "up", labels: {}, value: 1 },
      { name: "temperature", labels: {}, value: Number.NEGATIVE_INFINITY },
      { name: "ratio", labels: {}, value: Number.NaN },
    ]);
  });

  it.each([
    "",
    "<html>",
    "name",
    "name 1x",
    "name{a=1} 2",
    'name{a="1" 2',
    "1name 2",
    "name{} ",
    "nameonly1",
  ])("passes over %j, and reads on", (line) => {
    expect(parseMetrics(`${line}\nup 1\r\n`).samples).toEqual([{ name: "up", labels: {}, value: 1 }]);
  });

  const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,12}$/);
  const labels = fc.dictionary(
    fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,12}$/),
    fc.string({ unit: "grapheme" }),
  );
  const escaped = (value: string) =>
    value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

  it("gives back whatever labels and numbers were written", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ name, labels, value: fc.double() }), { maxLength: 5 }), (samples) => {
        const text = samples.map(({ name: metric, labels: all, value }) => {
          const inside = Object.entries(all).map(([key, each]) => `${key}="${escaped(each)}"`);
          const shown = Number.isFinite(value)
            ? String(value)
            : Number.isNaN(value)
              ? "NaN"
              : value > 0
                ? "+Inf"
                : "-Inf";
          return `${metric}{${inside.join(",")}} ${shown}`;
        });
        const read = parseMetrics(text.join("\n")).samples;
        expect(read.map((each) => ({ ...each, labels: { ...each.labels } }))).toEqual(
          samples.map((each) => ({
            ...each,
            labels: { ...each.labels },
            value: each.value === 0 ? expect.closeTo(0) : each.value,
          })),
        );
      }),
    );
  });

  it("never throws, and one odd line hides no other", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (odd) => {
        fc.pre(!odd.includes("\n"));
        expect(parseMetrics(`before 1\n${odd}\nafter 2`).samples.map((each) => each.name)).toEqual(
          expect.arrayContaining(["before", "after"]),
        );
      }),
    );
  });

  it("is added up by a label; a metric without samples is known, one that is not declared is not", () => {
    const metrics = parseMetrics(
      [
        "# TYPE idle gauge",
        'tasks{worker="a",task="x"} 1',
        'tasks{worker="b"} 2',
        'tasks{worker="a"} 4',
        "tasks 8",
      ].join("\n"),
    );
    expect(sumByLabel(metrics, "tasks", "worker")).toEqual([
      { label: "a", value: 5 },
      { label: "b", value: 2 },
      { label: "tasks", value: 8 },
    ]);
    expect(sumByLabel(metrics, "idle", "worker")).toEqual([]);
    expect(sumByLabel(metrics, "tas", "worker")).toBeNull();
  });
});
