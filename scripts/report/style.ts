/** Red is for what the load does not want, and for nothing else. Colours are chosen for light, dark and paper; each has a contrast of 4.5 at least. */
export const style = `
:root { --paper: #fff; --ink: #1c1c1c; --faint: #595959; --rule: #d0d0d0; --bad: #b3261e; --starter: #7a5200; --yours: #1a56b0; --solution: #1e7a3c; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16181b; --ink: #e8e8e8; --faint: #b0b0b0; --rule: #45484d; --bad: #ff8a80; --starter: #e3b341; --yours: #8ab4ff; --solution: #7ddb9a; }
}
@media print {
  :root { --paper: #fff; --ink: #000; --faint: #333; --rule: #999; --bad: #b3261e; --starter: #7a5200; --yours: #1a56b0; --solution: #1e7a3c; }
  section { break-inside: avoid; }
  details:not([open]) { display: none; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 50rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.2; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
figure { margin: 0; } figcaption { color: var(--faint); font-size: .9rem; margin-top: .4rem; }
.chart svg { width: 100%; height: auto; font-size: 11px; overflow: visible; --plot-background: var(--paper); }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; }
.swatch { width: 36px; height: 6px; vertical-align: middle; }
.swatch line { stroke-width: 3; }
.swatch .starter { stroke: var(--starter); }
.swatch .yours { stroke: var(--yours); stroke-dasharray: 7 3; }
.swatch .solution { stroke: var(--solution); stroke-dasharray: 2 3; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { text-align: right; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid var(--rule); }
td, thead th { white-space: nowrap; }
tr > :last-child { padding-right: 0; }
th:first-child { text-align: left; font-weight: normal; padding-left: 0; white-space: nowrap; }
thead th { font-weight: 600; color: var(--ink); }
.remarks { font-size: .9rem; padding-left: 1.2rem; }
.missed { color: var(--bad); font-weight: 600; }
td.missed { white-space: normal; min-width: 6rem; }
.verdict { font-size: 1.1rem; font-weight: 600; margin: .5rem 0; }
/* Each picture is there 720 wide and 360 wide, and one of them is shown. Both shrink with the page; their text must not, below 11 px. */
.chart .narrow { display: none; }
@media (max-width: 800px) { .chart svg, .chart svg text { font-size: 14px; } }
@media (max-width: 620px) { .chart .wide { display: none; } .chart .narrow { display: block; } th:first-child { white-space: normal; min-width: 7rem; } }
summary { cursor: pointer; margin-top: .5rem; color: var(--faint); font-size: .9rem; }
`;
