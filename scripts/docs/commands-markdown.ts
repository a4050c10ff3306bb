// docs/commands.md, made from the commander tree and the notes on each command.

import { ASKING, COMMAND_NOTES, ENVIRONMENT } from './command-notes.ts';
import { commandTree, type DocCommand, type DocOption, optionTail } from './command-tree.ts';
import { grouped } from './group.ts';

/** The whole of docs/commands.md. */
export function commandsMarkdown(): string {
  const { commands, common } = commandTree();
  const shared = sharedOptions(commands);
  return `# Commands

Made from \`src/cli/program.ts\`; do not edit. \`hivemend <command> --help\` prints the options of one command. The examples
are run by the tests on a sample disk. \`<volumes...>\` are the folders where the volumes of the broken machine are mounted
(\`/mnt/windows\`, on Windows \`F:\`), devices or disk images; give several where the BCD store is on another volume than Windows.

${commands.map(({ name, summary }) => `- [${name}](#${name}): ${plain(summary)}`).join('\n')}

${ASKING} The exit statuses are in [errors.md](errors.md#exit-status).

## Options of every command

${list(common)}

With \`--json\` standard output holds one report and nothing else, an error or a wrong call included; its shape is
[schemas/report.schema.json](schemas/report.schema.json). An output file is never written on a volume that is read.

Variables of the environment:

${ENVIRONMENT.map(([name, meaning]) => `- \`${name}\`: ${meaning}`).join('\n')}

## Options of several commands

${sharedParts(commands, shared).join('\n\n')}

${commands.map((command) => section(command, shared.map(item))).join('\n')}`;
}

/** Those that several commands have in the same words; one whose words differ is told at each. */
function sharedOptions(commands: readonly DocCommand[]): DocOption[] {
  const all = commands.flatMap(({ options }) => options);
  const count = (text: string): number => all.filter((option) => item(option) === text).length;
  const first = all.filter((option, i) => all.findIndex((other) => item(other) === item(option)) === i);
  const repeated = first.filter((option) => count(item(option)) > 1);
  return repeated.filter(({ long }) => repeated.filter((option) => option.long === long).length === 1);
}

/** The shared options, under the names of the commands that have them. */
function sharedParts(commands: readonly DocCommand[], shared: readonly DocOption[]): string[] {
  const names = (option: DocOption): string =>
    commands
      .filter(({ options }) => options.map(item).includes(item(option)))
      .map(({ name }) => name)
      .join(', ');
  return [...grouped(shared, names)].map(([heading, options]) => `**${heading}**\n\n${list(options)}`);
}

function section({ name, usage, examples, options }: DocCommand, shared: readonly string[]): string {
  const note = COMMAND_NOTES[name];
  if (!note) throw new Error(`scripts/docs/command-notes.ts says nothing of ${name}`);
  const own = options.filter((option) => !shared.includes(item(option)));
  const hasShared = own.length < options.length;
  return `## ${[
    name,
    `\`hivemend ${usage}\``,
    ...note.about,
    `\`\`\`sh\n${examples.join('\n')}\n\`\`\``,
    ...(own.length === 0 ? [] : [list(own)]),
    ...(hasShared ? ['[And the shared ones.](#options-of-several-commands)'] : []),
  ].join('\n\n')}
`;
}

function list(options: readonly DocOption[]): string {
  return options.map(item).join('\n');
}

function item(option: DocOption): string {
  return `- \`${option.flags}\`: ${plain(option.about + optionTail(option))}`;
}

/** As Markdown's own text, without tags. */
function plain(text: string): string {
  return text.replaceAll('<', '&lt;');
}
