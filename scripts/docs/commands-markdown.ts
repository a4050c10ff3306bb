// docs/commands.md, made from the commander tree and the notes on each command.

import { EXIT_CODES } from '../../src/cli/exit-code.ts';
import { COMMAND_NOTES, ENVIRONMENT } from './command-notes.ts';
import { commandTree, type DocCommand, type DocOption, optionTail } from './command-tree.ts';

/** The whole of docs/commands.md. */
export function commandsMarkdown(): string {
  const { commands, common } = commandTree();
  return `# Commands

Made from \`src/cli/program.ts\`; do not edit. \`hivemend <command> --help\` prints the options of one command. The examples
are run by the tests on a sample disk. \`<volumes...>\` are the folders where the volumes of the broken machine are mounted
(\`/mnt/windows\`, on Windows \`F:\`); several are given where the BCD store lies on another volume than Windows.

${commands.map(({ name, summary }) => `- [${name}](#${name}): ${plain(summary)}`).join('\n')}

## Options of every command

${table(common)}

With \`--json\` standard output holds one report and nothing else, an error or a wrong call included; its shape is
[schemas/report.schema.json](schemas/report.schema.json). An output file is never written on a volume that is read.

| variable | meaning |
|---|---|
${ENVIRONMENT.map(([name, meaning]) => `| \`${name}\` | ${meaning} |`).join('\n')}

${commands.map(section).join('\n')}
## Exit status

| status | meaning |
|---|---|
${EXIT_CODES.map(([code, meaning]) => `| ${code} | ${meaning} |`).join('\n')}

\`reg\` and \`bcdedit\` exit as Windows' own tools do. [errors.md](errors.md) has every error code.
`;
}

function section({ name, usage, summary, examples, options }: DocCommand): string {
  const note = COMMAND_NOTES[name];
  if (!note) throw new Error(`scripts/docs/command-notes.ts says nothing of ${name}`);
  return `## ${name}

\`hivemend ${usage}\`: ${plain(summary)}.

${note.about.join('\n\n')}

\`\`\`sh
${examples.join('\n')}
\`\`\`

${table(options)}
`;
}

function table(options: readonly DocOption[]): string {
  const rows = options.map(
    (option) => `| \`${option.flags.replaceAll('|', '\\|')}\` | ${plain(option.about + optionTail(option))} |`,
  );
  return ['| option | meaning |', '|---|---|', ...rows].join('\n');
}

/** As Markdown's own text: no table bars, no tags. */
function plain(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
