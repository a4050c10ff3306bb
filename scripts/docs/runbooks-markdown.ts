// docs/runbooks.md: how a repair page is read and run, and every rule of the linter, from the tables of src/runbook/.

import { RULES, type Rule, type RuleEffect } from '../../src/runbook/rules.ts';
import { IGNORED_TOOLS, RUN_CMDLETS, RUN_TOOLS } from '../../src/runbook/tools.ts';

const HEAD = `# Runbooks: repair scripts as they are published

Made from \`src/runbook/\` by \`npm run docs\`; do not edit. \`hivemend lint\` says what is wrong with a script and needs no disk.
\`hivemend run\` does what the script says to the disk that is attached: it reads the script, runs it in memory, prints one
plan, and commits it once, with one undo.

\`\`\`sh
hivemend lint fix.cmd
hivemend run fix.cmd --drive F:=/mnt/windows --dry-run
hivemend run fix.cmd --drive F:=/mnt/windows
\`\`\`

## What is read

- .cmd and .bat files; the code blocks of a Markdown page, and commands that stand in its running text; standard input (\`-\`).
- Of a page the blocks that are for an attached disk are run, in order: those that name a mapped drive or a hive that is
  loaded from one. \`--section\` and \`--block\` choose. Blocks for the running system are listed and left out, unless
  \`--live-blocks\` is given: then "this machine" means the disk.
- Two blocks that set one value differently are alternatives: AMBIGUOUS, until \`--block\` names one, or both in their order.
- \`--drive F:=/mnt/windows\` says which volume a letter stands for; \`--volume\` names the volume whose own hives and store are
  meant where a line names none.

## What becomes of a line

| state | what it means |
|---|---|
| run | done in memory; its changes are part of the plan |
| failed | its tool ended with an error, as it would on Windows; the script goes on, as cmd.exe does |
| skipped | its control set is not on this disk (\`--verbatim\` makes it, as Windows would) |
| elsewhere | it needs a running Windows; listed, not run (\`--strict\` stops there) |
| unresolved | what is meant cannot be told: nothing of the script is written (UNRESOLVED_LINE), unless \`--skip-unresolved\` |

The plan shows each line as it stands and as it was run. Listings that a script redirects into files go to \`--out\`.

`;

const EFFECTS: Readonly<Record<RuleEffect, string>> = {
  mended: 'mended: the intent is certain, and the line that is run says it',
  refused: 'refused: nothing is guessed',
  told: 'told: a remark; the line is run as it stands, or left out as it says',
};

const words = (names: ReadonlySet<string>): string => [...names].map((name) => `\`${name}\``).join(', ');

/** The whole of docs/runbooks.md. */
export function runbooksMarkdown(): string {
  return `${HEAD}## What is done

Commands: ${words(RUN_TOOLS)}.

PowerShell cmdlets, in the shapes that repair pages use: ${words(RUN_CMDLETS)}.

Passed over, since they mean nothing to a disk: ${words(IGNORED_TOOLS)}.

Other commands that are known need a running Windows (dism, sfc, chkdsk, netsh and the like). A command that is not known is
unresolved.

## The rules

Each has a stable id, which \`lint\` and SARIF print as it is; in a report it is the finding's code, in capitals
(\`HIVE_FILE_SUFFIX\`). A comment silences it for its line and the next one, or before a fence for the whole block: \`rem hivemend-ignore cut-line\`.
\`--fail-on\` says from which severity on \`lint\` exits with 1 (default: error).

${(RULES as readonly Rule[]).map(section).join('\n')}`;
}

function section({ id, title, what, effect, severity }: Rule): string {
  return `### ${id}

${title}. (${severity}; ${EFFECTS[effect]}.)

${what.replaceAll('<', '&lt;')}
`;
}
