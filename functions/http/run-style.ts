import { createHash } from "node:crypto";

/**
 * What the pages of runs need besides the design of all pages. While a run goes on nothing moves on its page: what may
 * still come has its place from the beginning, and what may become long scrolls in a box of fixed height.
 */
export const runStylesheet = `
:root { --run: #0b57b8; --wait: #8a6a00; --done: #2f7d4f; --bad: #c0342b; --rest: #c3c9d1; --track: #eceff3; }
@media (prefers-color-scheme: dark) {
  :root { --run: #8ab8ff; --wait: #e0b84f; --done: #5fb884; --bad: #ff8d83; --rest: #49525e; --track: #262d36; }
}
.wide .top, .wide main { width: min(100% - 2rem, 74rem); }
.links { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; margin: .2rem 0 0; padding: 0; list-style: none; font-size: .92rem; }
.links a { display: inline-block; padding-block: .25rem; }
.tabular { font-variant-numeric: tabular-nums; }

[data-live] .happening .card { height: 14.5rem; overflow: auto; overscroll-behavior: contain; }
[data-live] .facts dd { min-height: 2.6rem; }
.happening h3 { font-size: .98rem; }
.happening .check { padding-block: .5rem; }
.wrong { border-left: 4px solid var(--bad); padding-left: .8rem; }
.asks { border-left: 4px solid var(--wait); padding-left: .8rem; }
.clamp { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 4; overflow: hidden; overflow-wrap: anywhere; }

.legend { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; margin: 0 0 .5rem; padding: 0; list-style: none; font-size: .84rem; color: var(--soft); }
.legend svg { width: 1.5rem; height: .7rem; margin-right: .35rem; vertical-align: -1px; }
.timeline { list-style: none; margin: 0; padding: 0; font-size: .88rem; }
.timeline li { display: grid; grid-template-columns: 1fr auto; gap: 0 .8rem; padding-block: .12rem; align-items: center; }
.timeline .name { overflow-wrap: anywhere; }
.timeline .inner .name { padding-left: .9rem; }
.timeline .took { color: var(--soft); text-align: right; white-space: nowrap; }
.timeline .ahead .name { color: var(--soft); }
.timeline .went-wrong .name { color: var(--failed); font-weight: 600; }
.bars { grid-column: 1 / -1; display: block; width: 100%; height: .7rem; border-radius: 3px; background: var(--track); }
.scale { display: flex; justify-content: space-between; color: var(--soft); font-size: .8rem; margin: .2rem 0 .3rem; }
.timeline + h3 { margin: 1rem 0 .3rem; }
.bar { fill: var(--done); }
.bar.running { fill: var(--run); } .bar.failed { fill: var(--bad); } .bar.stopped { fill: var(--rest); }
.bar.waited, .bar.waiting { fill: url(#hatch); stroke: var(--wait); stroke-width: 1; }
.hatch { stroke: var(--wait); stroke-width: 2.2; }
.hatch-ground { fill: color-mix(in srgb, var(--wait) 18%, transparent); }
.moving { animation: moving 1.6s ease-in-out infinite alternate; }
@keyframes moving { from { opacity: 1; } to { opacity: .45; } }
@media (prefers-reduced-motion: reduce) { .moving { animation: none; } }

.drawing { overflow: auto; max-height: 42rem; overscroll-behavior: contain; }
.drawing svg { display: block; margin-inline: auto; }
.flow rect { fill: var(--card); stroke: var(--rest); stroke-width: 1.2; }
.flow text { fill: var(--soft); font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; text-anchor: middle; }
.flow .also { font-size: 10px; }
.flow .group > rect { fill: color-mix(in srgb, var(--rest) 10%, transparent); stroke-dasharray: 5 4; }
.flow path { fill: none; stroke: var(--rest); stroke-width: 1.4; }
.flow .tip { fill: var(--rest); stroke: none; }
.flow .seen text { fill: var(--text); }
.flow .done > rect, .flow .waited > rect { stroke: var(--done); stroke-width: 2; fill: var(--ok-back); }
.flow .running > rect { stroke: var(--run); stroke-width: 3; fill: color-mix(in srgb, var(--run) 18%, var(--card)); }
.flow .waiting > rect { stroke: var(--wait); stroke-width: 3; fill: var(--warning-back); }
.flow .failed > rect { stroke: var(--bad); stroke-width: 3; fill: var(--failed-back); }
.flow .stopped > rect { stroke: var(--soft); stroke-width: 2; stroke-dasharray: 3 3; }
.flow .group.seen > rect { fill: transparent; }

.chains .card { padding-block: .8rem; }
.chains .line { row-gap: 0; }
.chain { list-style: none; margin: .45rem 0 0; padding: 0; font-size: .86rem; display: grid; gap: .1rem; }
.chain li { display: grid; grid-template-columns: 5rem 1fr; gap: .5rem; overflow-wrap: anywhere; }
.chain .link { color: var(--soft); }
.chain .link::before { content: "○ " / ""; } .chain .reached .link::before { content: "● " / ""; color: var(--done); }
.chain .broken .link::before { content: "✕ " / ""; color: var(--bad); }
.remark { font-size: .86rem; margin: .25rem 0 0; color: var(--soft); overflow-wrap: anywhere; }
[data-live] .remark { height: 3.2rem; overflow: hidden; }
[data-live] .chain li > div, [data-live] .chain div div { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }

.table { overflow-x: auto; }
.health table { table-layout: fixed; }
[data-live] .health td { height: 5.4rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .7rem .45rem 0; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-weight: 600; font-size: .84rem; }
tbody th { font-weight: 600; }
td small { display: block; color: var(--soft); overflow-wrap: anywhere; }
h1 + .card { margin-top: .7rem; }
@media (max-width: 39.99rem) {
  .stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stack tr { display: block; padding-block: .5rem; border-top: 1px solid var(--line); }
  .stack tr:first-child { border-top: 0; }
  .stack th, .stack td { display: block; border: 0; padding: .05rem 0; }
  .stack td[data-of]::before { content: attr(data-of) ": "; color: var(--soft); }
}
.log { list-style: none; margin: 0; padding: 0; font-size: .88rem; }
.log li { display: grid; grid-template-columns: auto 1fr; gap: .7rem; padding-block: .3rem; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.log li:first-child { border-top: 0; }
.log time { color: var(--soft); white-space: nowrap; }

@media (min-width: 40rem) {
  [data-live] .happening .card { height: 11rem; }
  [data-live] .remark { height: 1.9rem; }
  .timeline li { grid-template-columns: 13rem 1fr 6.5rem; }
  .timeline .name { grid-column: 1; grid-row: 1; } .timeline .took { grid-column: 3; grid-row: 1; }
  .bars { grid-column: 2; grid-row: 1; height: .95rem; }
  .scale { margin-left: 13.8rem; margin-right: 7.3rem; }
  .chain { grid-template-columns: repeat(5, minmax(0, 1fr)); gap: .8rem; }
  .chain li { grid-template-columns: 1fr; gap: 0; align-content: start; }
}

@media print {
  @page { size: A4; margin: 9mm; }
  :root {
    color-scheme: light; --page: #fff; --card: #fff; --line: #bbb; --text: #000; --soft: #444; --link: #000;
    --run: #0b57b8; --wait: #8a6a00; --done: #2f7d4f; --bad: #c0342b; --rest: #999; --track: #f1f1f1;
    --ok: #14713d; --ok-back: #e3f4e9; --warning: #7a4b00; --warning-back: #fff1d6;
    --failed: #a31b14; --failed-back: #fde7e5; --unknown: #4c5663; --unknown-back: #e8ebf0;
  }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  html { font-size: 7.5pt; }
  body { line-height: 1.25; background: none; }
  .legend { height: 0; overflow: hidden; margin: 0; }
  .wide .top, .wide main { width: 100%; }
  main { padding: 0; }
  .top, .links, .states, .story, .skip, .chains details, .now-moving { display: none; }
  .card { border: 0; border-radius: 0; padding: 0; }
  .card + .card, section + section { margin-top: 1.5mm; }
  section > h2 { margin: 2mm 0 .5mm; font-size: 9.5pt; }
  h1 { font-size: 13pt; } h3 { font-size: 8pt; }
  .facts { grid-template-columns: repeat(4, auto); margin: 1mm 0; gap: 1mm; }
  [data-live] .happening .card { height: auto; overflow: visible; }
  p, ul, ol, [data-live] .remark { margin: .3mm 0; height: auto; }
  [data-live] .health td { height: auto; }
  .timeline { columns: 2; column-gap: 6mm; font-size: 6.5pt; }
  .timeline li { grid-template-columns: 27mm 1fr 15mm; break-inside: avoid; padding: 0; }
  .timeline .name { grid-column: 1; grid-row: 1; } .timeline .took { grid-column: 3; grid-row: 1; }
  .bars { grid-column: 2; grid-row: 1; height: 2mm; }
  .scale { margin: 0; }
  .chains { columns: 2; column-gap: 6mm; }
  .chains h2 { column-span: all; }
  .chains .card { padding: 0; break-inside: avoid; margin: 0 0 1mm; }
  .chain { grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 1mm; font-size: 6pt; margin: 0; }
  .chain li { grid-template-columns: 1fr; gap: 0; }
  th, td { padding: .3mm 2mm .3mm 0; } table { font-size: 7pt; }
  a { text-decoration: none; }
}
`;

export const runStylesheetHash = `sha256-${createHash("sha256").update(runStylesheet).digest("base64")}`;
