import { createHash } from "node:crypto";

/**
 * The whole design of the pages: system fonts, light and dark, made for a phone first. It stands in the page itself,
 * and the Content-Security-Policy names its hash, so that nothing else can style the page.
 */
export const stylesheet = `
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #ffffff; --line: #d9dde3; --text: #1b2129; --soft: #57616e; --link: #0b57b8;
  --go: #14713d; --go-text: #ffffff; --stop: #b3261e;
  --ok: #14713d; --ok-back: #e3f4e9; --warning: #7a4b00; --warning-back: #fff1d6;
  --failed: #a31b14; --failed-back: #fde7e5; --unknown: #4c5663; --unknown-back: #e8ebf0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161b; --card: #1b2027; --line: #343c47; --text: #e7eaee; --soft: #a5afbb; --link: #8ab8ff;
    --go: #5fcf8b; --go-text: #06210f; --stop: #ff9d94;
    --ok: #7cdba0; --ok-back: #16311f; --warning: #f5c674; --warning-back: #38290d;
    --failed: #ffaba3; --failed-back: #431a17; --unknown: #b8c1cc; --unknown-back: #2a313a;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-behavior: smooth; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
a { color: var(--link); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px; }
.default { position: absolute; width: 1px; height: 1px; overflow: hidden; opacity: 0; }
.skip { position: absolute; left: -999rem; padding: .5rem 1rem; background: var(--card); }
.skip:focus { left: .5rem; top: .5rem; }
.top, main { width: min(100% - 2rem, 50rem); margin-inline: auto; }
.top { display: flex; flex-wrap: wrap; gap: 0 1rem; justify-content: space-between; padding-block: .7rem; }
.top p { margin: 0; color: var(--soft); font-size: .875rem; }
.top .brand { color: var(--text); font-weight: 650; letter-spacing: -.01em; }
main { padding-bottom: 3rem; overflow-wrap: break-word; }
h1, h2, h3 { line-height: 1.25; margin: 0; letter-spacing: -.01em; text-wrap: balance; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; } h3 { font-size: 1.02rem; }
p { margin: .4rem 0; }
ul, ol { margin: .4rem 0; padding-left: 1.2rem; }
code { font: .9em/1.4 ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace; }
.soft { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1rem; }
.card + .card, section + section { margin-top: 1rem; }
section > h2 { margin: 1.6rem 0 .6rem; }
.card > h2 { margin: 0 0 .4rem; }
.lead { margin: .35rem 0 .8rem; color: var(--soft); }

.facts { display: grid; grid-template-columns: 1fr 1fr; gap: .6rem .9rem; margin: 0 0 .8rem; }
.facts dt { font-size: .8rem; color: var(--soft); }
.facts dd { margin: 0; font-weight: 600; line-height: 1.3; }
.facts dd small { display: block; font-weight: 400; font-size: .8rem; color: var(--soft); }

.pill {
  display: inline-block; padding: .05rem .55rem; border-radius: 999px; font-size: .82rem; font-weight: 600;
  white-space: nowrap; color: var(--unknown); background: var(--unknown-back);
}
.pill.action { color: var(--link); background: color-mix(in srgb, var(--link) 12%, transparent); }
.pill.ok { color: var(--ok); background: var(--ok-back); }
.pill.warning { color: var(--warning); background: var(--warning-back); }
.pill.failed { color: var(--failed); background: var(--failed-back); }

.note { margin: .6rem 0; padding: .5rem .75rem; border-radius: 8px; font-size: .9rem; line-height: 1.4; }
.note.warning { color: var(--warning); background: var(--warning-back); }
.note.failed { color: var(--failed); background: var(--failed-back); }
ul.note { padding-left: 1.6rem; }
.note li + li { margin-top: .15rem; }
ul.plain.note { padding: .5rem .75rem; margin: .6rem 0 .8rem; list-style: none; }
.note a { color: inherit; }

.actions { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem 1.2rem; }
button {
  font: inherit; font-weight: 600; min-height: 2.9rem; padding: .5rem 1.3rem; border-radius: 9px; cursor: pointer;
  border: 1.5px solid currentColor; background: transparent; color: var(--text);
}
button:hover { background: color-mix(in srgb, currentColor 8%, transparent); }
button.go { background: var(--go); border-color: var(--go); color: var(--go-text); }
button.go:hover { filter: brightness(1.08); }
button.stop { color: var(--stop); }
@media (max-width: 39.99rem) { button.go { width: 100%; } }
.with-changes { display: none; }
form:has(.other:checked) .with-changes { display: inline; }
form:has(.other:checked) .as-planned { display: none; }

.id { overflow-wrap: anywhere; }
.reason { overflow-wrap: anywhere; white-space: pre-line; }
.reason details { margin-top: 0; }
.draft {
  margin: .6rem 0; padding: .1rem .9rem; border-left: 3px solid var(--line);
  overflow-wrap: anywhere; white-space: pre-line;
}
.note summary { color: inherit; text-decoration: underline; text-underline-offset: .15em; }
.answers { display: grid; gap: .7rem; margin-top: .9rem; }
.answers button { width: 100%; }
.answers .hint { margin: .25rem 0 0; }
.answers details, .final { margin-top: .2rem; }
.final form { padding: .2rem 0 .6rem; }
.final summary { color: var(--stop); }

.check { padding-block: .65rem; border-top: 1px solid var(--line); }
.check:first-child { border-top: 0; padding-top: 0; } .check:last-child { padding-bottom: 0; }
ul.plain { list-style: none; padding: 0; margin: 0; }
.line { display: flex; flex-wrap: wrap; gap: .2rem .6rem; align-items: baseline; }
.line > * { min-width: 0; }
.check p { margin: .15rem 0; }
details { margin-top: .35rem; }
summary { cursor: pointer; color: var(--link); font-size: .9rem; padding-block: .3rem; width: fit-content; max-width: 100%; }
.evidence { font-size: .88rem; color: var(--soft); overflow-wrap: anywhere; }

.repository { scroll-margin-top: 1rem; }
.repository:has(.other:checked) { border-color: var(--link); box-shadow: inset 3px 0 0 var(--link); }
.repository p { margin: .3rem 0; }
.repository > .line { margin-bottom: .3rem; }
.commits { list-style: none; padding: 0; font-size: .92rem; }
.commits li { padding: .45rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; line-height: 1.4; }
.commits small { display: block; color: var(--soft); font-size: .84rem; }
.waves { list-style: none; display: flex; flex-wrap: wrap; gap: .35rem; padding: 0; margin: 0 0 .8rem; font-size: .92rem; }
.waves li:not(:last-child)::after { content: " →" / " then"; color: var(--soft); }

fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
fieldset + fieldset { margin-top: 1.2rem; padding-top: 1.2rem; border-top: 1px solid var(--line); }
legend { padding: 0; font-weight: 650; float: left; width: 100%; margin-bottom: .2rem; }
legend + * { clear: both; }
.change { padding: .2rem 0 .3rem; }
label { display: block; font-size: .92rem; }
label.box { display: flex; gap: .6rem; align-items: flex-start; padding-block: .45rem; }
label.box > * { min-width: 0; }
input[type=checkbox] { width: 1.25rem; height: 1.25rem; margin: .1rem 0 0; flex: none; accent-color: var(--link); }
select, textarea, input[type=datetime-local] {
  font: inherit; width: 100%; min-height: 2.75rem; margin: .25rem 0 .5rem; padding: .45rem .6rem;
  color: var(--text); background: var(--page); border: 1px solid var(--soft); border-radius: 8px;
}
input[type=datetime-local] { width: auto; display: block; max-width: 100%; }
.hint.last { margin: .8rem 0 0; }
.hint { margin: 0 0 .5rem; font-weight: 400; font-size: .86rem; color: var(--soft); }

@media (min-width: 40rem) {
  .card { padding: 1.25rem 1.5rem; }
  h1 { font-size: 1.8rem; } h2 { font-size: 1.3rem; }
  .facts { grid-template-columns: repeat(4, auto); }
  .answers > div { display: grid; grid-template-columns: 13rem 1fr; gap: 0 1rem; align-items: center; }
  .answers .hint { margin: 0; }
}
`;

export const stylesheetHash = `sha256-${createHash("sha256").update(stylesheet).digest("base64")}`;
