/** Of the console: the system's font, and light or dark as the reader's system is. */
export const style = `
:root { color-scheme: light dark; --line: light-dark(#d8dce2, #3a3f47); --soft: light-dark(#f4f5f7, #1f2227);
  --good: light-dark(#1a7f37, #4ac26b); --bad: light-dark(#c1272d, #ff7b72); --busy: light-dark(#9a6700, #d4a72c); }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; white-space: nowrap; }
td.number, time { font-variant-numeric: tabular-nums; white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
small { display: block; opacity: .75; }
pre { background: var(--soft); padding: .6rem; margin: .3rem 0; overflow: auto; max-height: 24rem; font-size: .85rem; }
summary { cursor: pointer; white-space: nowrap; }
.succeeded { color: var(--good); }
.failed, .timedOut, .aborted { color: var(--bad); }
.running { color: var(--busy); }
`;
