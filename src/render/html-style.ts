// How the report's page looks: on a wide screen, on a narrow one, in light, in dark, and on paper.

const LIGHT =
  'color-scheme: light; --back: #ffffff; --text: #1c1f23; --line: #c8ccd0; --dim: #57606a; --box: #f4f5f7; --bad: #b3261e; --warn: #8a5a00; --good: #1a6b2f; --mark: #ffe9a8;';
const DARK =
  'color-scheme: dark; --back: #14171a; --text: #e6e8ea; --line: #3d444d; --dim: #9aa4ae; --box: #1e2328; --bad: #ff8a80; --warn: #f0b429; --good: #7bd88f; --mark: #574300;';

/** The whole style sheet; names from a disk may be long and without a space, so that every text may break anywhere. */
export const STYLE = `
:root { ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; background: var(--back); color: var(--text); overflow-wrap: anywhere; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0; }
mark { background: var(--mark); color: inherit; border-radius: 2px; } .foot { margin-top: 2.5rem; }
h2 { font-size: 1.15rem; margin: 1.6rem 0 .5rem; padding-bottom: .2rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.1rem 0 .2rem; }
p, ul { margin: .3rem 0; } ul { padding-left: 1.2rem; } li { margin: .3rem 0; }
code, pre { font: 13px/1.45 ui-monospace, 'DejaVu Sans Mono', Consolas, monospace; unicode-bidi: isolate; }
pre { margin: .3rem 0; padding: .4rem .6rem; background: var(--box); border-radius: 4px; white-space: pre-wrap; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th, td { padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--dim); font-weight: 600; }
th.place { color: var(--text); font-weight: 400; background: var(--box); padding-left: .4rem; }
table.changes th:first-child:not(.place) { width: 26%; } table.pairs th { width: 10rem; } table.checks th:first-child { width: 13.5rem; } table.checks th:nth-child(2) { width: 9rem; }
.dim { color: var(--dim); }
.error, .broken, .failed, .findings, .damaged { color: var(--bad); } .warning, .remark, .partly, .blocked, .incomplete { color: var(--warn); }
.info, .unknown { color: var(--dim); } .ok, .unchanged, .clear, .fixed { color: var(--good); }
.finding { margin: .7rem 0; padding-left: .7rem; border-left: 3px solid; } .finding > * { color: var(--text); }
.finding .severity { color: inherit; font-weight: 600; } .finding .dim { color: var(--dim); }
@media screen and (max-width: 40rem) {
  body { margin: 1rem auto; } h1 { font-size: 1.15rem; } h2 { margin-top: 1.1rem; } .finding { margin: .45rem 0; }
  thead { display: none; } table, tbody, tr, th, td { display: block; width: auto !important; }
  th, td { border-bottom: 0; padding: .1rem 0; } tr { border-bottom: 1px solid var(--line); padding: .3rem 0; }
  td[data-head]::before { content: attr(data-head) ' '; color: var(--dim); }
}
@media print {
  :root { ${LIGHT} }
  @page { margin: 15mm; }
  body { margin: 0; max-width: none; padding: 0; font-size: 10pt; } code, pre { font-size: 8.5pt; }
  pre, th.place { border: 1px solid var(--line); }
  h2, h3, th.place { break-after: avoid; } tr, .finding { break-inside: avoid; }
}
`;
