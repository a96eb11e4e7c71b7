import type { DrawnArrow, DrawnState, FlowDrawing } from "../domain/flow-drawing.ts";
import type { Look } from "../domain/timeline.ts";

interface FlowProps {
  drawing: FlowDrawing;
  looks: ReadonlyMap<string, { look: Look; times: number }>;
}

/** The state machine itself, coloured by how far the run is. Its text is the timeline. */
export function FlowView({ drawing, looks }: FlowProps) {
  const { width, height, boxes, arrows } = drawing;
  const count = (look: Look) => [...looks.values()].filter((each) => each.look === look).length;
  const going = count("running") + count("waiting");
  const said = `State machine ${drawing.flow}: ${looks.size} of ${boxes.length} states visited, ${going} under way, ${count("failed")} failed. The timeline tells each.`;
  return (
    <section class="states" aria-labelledby="states">
      <h2 id="states">State machine</h2>
      <div class="card">
        <section class="drawing" tabindex={0} aria-label="State machine, scrolls">
          <svg
            class="flow"
            role="img"
            aria-label={said}
            width={width}
            height={height}
            viewBox={`0 0 ${width} ${height}`}
          >
            {boxes.map((box) => (
              <Box
                box={box}
                look={looks.get(box.name)?.look ?? null}
                times={looks.get(box.name)?.times ?? 0}
              />
            ))}
            {arrows.map((arrow) => (
              <Arrow arrow={arrow} />
            ))}
          </svg>
        </section>
        <p class="hint last">
          A state that fails goes to the question of its part, and the answer says where it goes on; these
          ways are not drawn.
        </p>
      </div>
    </section>
  );
}

function Box({ box, look, times }: { box: DrawnState; look: Look | null; times: number }) {
  const { name, type, also, comment, x, y, width, height } = box;
  const group = type === "Map" || type === "Parallel";
  const classes = [...(group ? ["group"] : []), ...(look ? ["seen", look] : [])];
  const round = { Choice: 14, Pass: 3, Succeed: 14, Fail: 14 }[type] ?? 6;
  const middle = x + width / 2;
  return (
    <g class={classes.join(" ") || undefined}>
      <title>{`${name}${times > 1 ? ` (${times} times)` : ""}: ${look ?? "not visited"}. ${comment}`}</title>
      <rect x={x} y={y} width={width} height={height} rx={round} />
      <text x={middle} y={y + 18}>
        {name}
        {times > 1 && !group ? ` ×${times}` : ""}
      </text>
      {also.length > 0 ? (
        <text class="also" x={middle} y={y + 33}>
          → {also.join(", ")}
        </text>
      ) : null}
    </g>
  );
}

const tip = 5;

function Arrow({ arrow: { points } }: { arrow: DrawnArrow }) {
  const [x, y] = points.at(-1) ?? [0, 0];
  const [beforeX, beforeY] = points.at(-2) ?? [x, y - 1];
  const angle = (Math.atan2(y - beforeY, x - beforeX) * 180) / Math.PI;
  return (
    <>
      <path d={`M${points.map((point) => point.join(" ")).join("L")}`} />
      <path
        class="tip"
        d={`M0 0L${-2 * tip} ${-tip}L${-2 * tip} ${tip}Z`}
        transform={`translate(${x} ${y}) rotate(${angle.toFixed(0)})`}
      />
    </>
  );
}
