// The commander tree as plain data: what the reference, the man page and the completions are made from.

import type { Command, Option } from 'commander';
import { COMMANDS } from '../../src/cli/commands.ts';
import { buildProgram } from '../../src/cli/program.ts';

export interface DocOption {
  /** As declared: '-o, --output <file>'. */
  readonly flags: string;
  readonly short: string | null;
  readonly long: string;
  readonly about: string;
  /** What its argument stands for ('file', 'X:=folder'); null: it takes none. */
  readonly argument: string | null;
  readonly choices: readonly string[];
  readonly standard: string | null;
  readonly isRequired: boolean;
}

export interface DocCommand {
  readonly name: string;
  /** 'repair [options] <volumes...>'. */
  readonly usage: string;
  readonly summary: string;
  /** Lines of a POSIX shell, one scenario. */
  readonly examples: readonly string[];
  /** Its own options; those that every command has are in DocTree.common. */
  readonly options: readonly DocOption[];
}

export interface DocTree {
  readonly about: string;
  readonly commands: readonly DocCommand[];
  readonly common: readonly DocOption[];
}

/** Reads the tree; runs no command. */
export function commandTree(): DocTree {
  const program = buildProgram(
    () => {},
    async () => {},
  );
  const listed = program.commands.map((command) => ({ command, options: visible(command) }));
  const [first] = listed;
  const common = first!.options.filter(({ flags }) =>
    listed.every(({ options }) => options.some((option) => option.flags === flags)),
  );
  const isCommon = new Set(common.map(({ flags }) => flags));
  return {
    about: program.description().replaceAll('\n', ' '),
    common,
    commands: listed.map(({ command, options }) => ({
      name: command.name(),
      usage: `${command.name()} ${command.usage()}`,
      summary: command.summary(),
      examples: COMMANDS.find(({ name }) => name === command.name())!.examples,
      options: options.filter(({ flags }) => !isCommon.has(flags)),
    })),
  };
}

function visible(command: Command): DocOption[] {
  return command.options.filter((option) => !option.hidden).map(docOption);
}

function docOption(option: Option): DocOption {
  const { flags, description, defaultValue, argChoices, mandatory, short, long } = option;
  return {
    flags,
    short: short ?? null,
    long: long!,
    about: description,
    argument: /[<[](.+)[>\]]$/.exec(flags)?.[1] ?? null,
    choices: argChoices ?? [],
    standard: defaultValue === undefined ? null : String(defaultValue),
    isRequired: mandatory,
  };
}

/** Choices and default, as a tail of an option's sentence; '' where there are none. */
export function optionTail({ choices, standard, isRequired }: DocOption): string {
  const parts = [
    ...(choices.length === 0 ? [] : [`one of ${choices.join(', ')}`]),
    ...(standard === null ? [] : [`default ${standard}`]),
    ...(isRequired ? ['required'] : []),
  ];
  return parts.length === 0 ? '' : ` (${parts.join('; ')})`;
}
