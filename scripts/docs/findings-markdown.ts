// docs/findings.md, made from the notes on each code.

import { FINDING_GROUPS } from '../../src/base/codes/codes.ts';
import { REBUILD_HELPS } from '../../src/base/codes/starting.ts';

const HEAD = `# Findings

Made from \`src/base/codes/\`; do not edit. A finding is a remark about data: the work goes on. It has a code,
which is stable, a severity, one sentence, and where it was found (file, and offset or key where there is one). \`error\`
breaks what was asked for, \`warning\` may, \`info\` is worth knowing. Where a repair fixes it, the finding names it.

Errors, which end the work, are in [errors.md](errors.md); the codes of \`inspect --validate\` in
[validation.md](validation.md); those of \`lint\` and \`run\` are the ids of their
rules in capitals: [runbooks.md](runbooks.md).

`;

/** The whole of docs/findings.md. */
export function findingsMarkdown(): string {
  return HEAD + FINDING_GROUPS.map(section).join('\n');
}

function section({ title, about, notes }: (typeof FINDING_GROUPS)[number]): string {
  const hasRepairs = Object.values(notes).some(({ repair }) => repair !== undefined);
  const rows = Object.entries(notes).map(([code, { severity, means, repair }]) => {
    const cells = [`\`${code}\``, severity, means];
    return `| ${[...cells, ...(hasRepairs ? [repair ?? (REBUILD_HELPS.has(code) ? '`hivemend rebuild`' : '')] : [])].join(' | ')} |`;
  });
  const head = ['code', 'severity', 'what it means', ...(hasRepairs ? ['repair'] : [])];
  return `## ${title}

${about}

| ${head.join(' | ')} |
|${'---|'.repeat(head.length)}
${rows.join('\n')}
`;
}
