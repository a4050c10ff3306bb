// docs/findings.md, made from the notes on each code.

import { FINDING_GROUPS } from '../../src/base/codes/codes.ts';
import { REBUILD_HELPS } from '../../src/base/codes/starting.ts';

const HEAD = `# Findings

Made from \`src/base/codes/\`; do not edit. A finding is a remark about data: the work goes on. It has a stable code, a
severity, one sentence, and where it was found. \`error\` breaks what was asked for, \`warning\` may, \`info\` is worth knowing.
Where a repair fixes it, the finding names it.

Errors, which end the work: [errors.md](errors.md). Codes of \`inspect --validate\`: [validation.md](validation.md). Codes of
\`lint\` and \`run\` are the ids of their rules in capitals: [runbooks.md](runbooks.md).

`;

/** The whole of docs/findings.md. */
export function findingsMarkdown(): string {
  return HEAD + FINDING_GROUPS.map(section).join('\n');
}

function section({ title, about, notes }: (typeof FINDING_GROUPS)[number]): string {
  const items = Object.entries(notes).map(([code, { severity, means, repair }]) => {
    const way = repair ?? (REBUILD_HELPS.has(code) ? '`hivemend rebuild`' : null);
    return `- \`${code}\` (${severity}): ${means}${way === null ? '' : ` Repair: ${way}.`}`;
  });
  return `## ${title}

${about}

${items.join('\n')}
`;
}
