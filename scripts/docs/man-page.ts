// man/hivemend.1, made from the commander tree.

import { EXIT_CODES } from '../../src/cli/exit-code.ts';
import { TOOL } from '../../src/report.ts';
import { ASKING, COMMAND_NOTES, ENVIRONMENT } from './command-notes.ts';
import { commandTree, type DocCommand, type DocOption, optionTail } from './command-tree.ts';

/** The whole page, in the man macros. No date stands in it, so that the same commands make the same bytes. */
export function manPage(): string {
  const { about, commands, common } = commandTree();
  return `${[
    '.\\" Made from src/cli/commands.ts and options.ts by scripts/docs.mjs; do not edit.',
    `.TH HIVEMEND 1 "" "hivemend ${TOOL.version}" "User Commands"`,
    '.SH NAME',
    'hivemend \\- repair Windows disks offline, from another machine',
    '.SH SYNOPSIS',
    ...commands.flatMap(({ usage }) => [
      `.B hivemend ${roff(usage.split(' ')[0]!)}`,
      roff(usage.replace(/^\S+ /, '')),
      '.br',
    ]),
    '.SH DESCRIPTION',
    roff(about),
    '.PP',
    'A rescue, with the disk mounted at /mnt/windows:',
    '.PP',
    '.nf',
    ...['diagnose', 'repair', 'undo'].map((name) => roff(`    hivemend ${name} /mnt/windows`)),
    '.fi',
    '.PP',
    roff(ASKING),
    '.SH COMMANDS',
    ...commands.flatMap(commandPart),
    '.SH OPTIONS OF EVERY COMMAND',
    ...common.flatMap(optionPart),
    ...optionPart(HELP),
    '.SH EXIT STATUS',
    ...EXIT_CODES.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, roff(meaning)]),
    '.PP',
    '.B reg',
    'and',
    '.B bcdedit',
    'exit as the tools of Windows do.',
    '.SH ENVIRONMENT',
    ...ENVIRONMENT.flatMap(([name, meaning]) => ['.TP', `.B ${roff(name)}`, roff(meaning)]),
    '.SH FILES',
    '.TP',
    roff('\\hivemend\\<id>'),
    'on the Windows volume: the journal of a commit, which undo works from. For a bare hive it is',
    roff('<file>.hivemend/<id>,'),
    'and with',
    '.B \\-\\-state\\-dir',
    'it lies there.',
  ].join('\n')}\n`;
}

const HELP: DocOption = {
  flags: '-h, --help',
  short: '-h',
  long: '--help',
  about: 'list the options of the command',
  argument: null,
  choices: [],
  standard: null,
  isRequired: false,
};

function commandPart({ name, usage, summary, examples, options }: DocCommand): string[] {
  return [
    `.SS hivemend ${roff(usage)}`,
    roff(`${summary[0]!.toUpperCase()}${summary.slice(1)}.`),
    ...(COMMAND_NOTES[name]?.about ?? []).flatMap((paragraph) => ['.PP', roff(plain(paragraph))]),
    '.PP',
    '.nf',
    ...examples.map((line) => roff(`    ${line}`)),
    '.fi',
    ...options.flatMap(optionPart),
  ];
}

function optionPart(option: DocOption): string[] {
  return ['.TP', `.B ${roff(option.flags)}`, roff(option.about + optionTail(option))];
}

/** Without Markdown's marks. */
function plain(text: string): string {
  return text.replaceAll('`', '').replaceAll(/\[([^\]]+)\]\([^)]+\)/g, 'docs/$1');
}

/** Backslashes and hyphens as roff wants them; a line that begins like a request is guarded. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');
}
