// docs/errors.md, made from the table of codes and their notes.

import { ERROR_NOTES, KIND_NOTES } from '../../src/base/codes/error-notes.ts';
import { ERROR_CODES, type ErrorCode, type ErrorKind } from '../../src/base/errors.ts';
import { EXIT_CODES } from '../../src/cli/exit-code.ts';

const HEAD = `# Errors and exit statuses

Made from \`src/base/errors.ts\`; do not edit. An error has a kind (who must act), a stable code, a message of one sentence,
mostly a hint (the next command to type), and \`data\` for programs. On a terminal the code stands in brackets behind the
message. With \`--json\` the report has it as \`error\`; the library throws it (\`error.kind\`, \`error.code\`, \`error.exitCode\`,
\`error.toJSON()\`). Remarks about odd data, where the work goes on, are [findings](findings.md).

`;

/** The whole of docs/errors.md. */
export function errorsMarkdown(): string {
  const exits = EXIT_CODES.map(([code, meaning]) => `- ${code}: ${meaning}`).join('\n');
  const kinds = (Object.keys(ERROR_CODES) as ErrorKind[]).map(kindSection).join('\n');
  return `${HEAD}## Exit status

${exits}

Diagnose exits 1 where SYSTEM, SOFTWARE or the boot store may hold a cause and was not read, and not for every check that
could not run. \`repair\`, \`apply\` and \`run\` exit 1 while a cause is left, also where there was nothing to write. With
\`--only\`, \`--skip\` or \`apply\`, only causes that the call covers count as left. A dry run exits 5 where the command itself
would be refused, else 0.

\`reg\` and \`bcdedit\` exit as Windows' own tools do where those would have run; what only hivemend can meet (a dirty
volume, a damaged hive, a failed commit) exits by this list there too.

${kinds}`;
}

function kindSection(kind: ErrorKind): string {
  const { exit, who } = KIND_NOTES[kind];
  const items = (ERROR_CODES[kind] as readonly ErrorCode[]).map((code) => {
    const { means, next } = ERROR_NOTES[code];
    return `- \`${code}\`: ${means} Next: ${next}`;
  });
  return `## ${kind} (exit ${exit})

${who}

${items.join('\n')}
`;
}
