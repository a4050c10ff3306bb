// apply: a saved plan, and only that.

import { UsageError } from '../../base/errors.ts';
import { commandLine } from '../../base/quote.ts';
import { readNamedFile } from '../../base/read-file.ts';
import { statOf } from '../../base/read-folder.ts';
import { prepareApply } from '../../commands/repair.ts';
import type { Plan } from '../../report.ts';
import { parsePlan } from '../../session/saved-plan.ts';
import { confirmAndCommit, refuseReadOnly } from '../ask.ts';
import { sessionOptions, type WritingOptions } from '../options.ts';
import type { CliResult } from '../print.ts';
import { absolutePath, type CliContext } from '../terminal.ts';

export function apply(
  context: CliContext,
  words: readonly string[],
  options: WritingOptions & { readonly windows?: string },
): CliResult {
  refuseReadOnly(context.terminal, options);
  const [file, ...named] = words;
  const volumes = named.map((volume) => absolutePath(context, volume));
  refuseSwapped(context, words);
  const plan = parsePlan(new TextDecoder().decode(readNamedFile(context.host.fs, file!)), file!);
  using prepared = prepareApply(context.host, {
    volumes,
    plan,
    view: { controlSets: 'existing', create: [], ...firmwareOf(plan) },
    ...sessionOptions(options),
    ...(options.note === undefined ? {} : { note: options.note }),
  });
  return confirmAndCommit(context, prepared, volumes, options);
}

/** The plan comes first. */
function refuseSwapped({ host }: CliContext, words: readonly string[]): void {
  const isFile = (word: string): boolean => statOf(host.fs, word)?.isFile() === true;
  const plan = words.find((word) => isFile(word) && word.endsWith('.json'));
  if (plan === undefined || isFile(words[0]!)) return;
  const others = words.filter((word) => word !== plan);
  throw new UsageError('BAD_ARGUMENT', `${words[0]} is not a plan, expected the file of the plan first`, {
    hint: commandLine(['hivemend', 'apply', plan, ...others], host.style),
  });
}

/** As it was named when the plan was made. */
function firmwareOf({ options }: Plan): { firmware?: 'bios' | 'uefi' } {
  const { firmware } = options as { readonly firmware?: unknown };
  return firmware === 'bios' || firmware === 'uefi' ? { firmware } : {};
}
