// apply: a saved plan, and only that.

import { readNamedFile } from '../../base/read-file.ts';
import { prepareApply } from '../../commands/repair.ts';
import type { Plan } from '../../report.ts';
import { parsePlan } from '../../session/saved-plan.ts';
import { confirmAndCommit, refuseReadOnly } from '../ask.ts';
import { sessionOptions, type WritingOptions } from '../options.ts';
import type { CliResult } from '../print.ts';
import type { CliContext } from '../terminal.ts';

export function apply(
  context: CliContext,
  words: readonly string[],
  options: WritingOptions & { readonly windows?: string },
): CliResult {
  refuseReadOnly(context.terminal, options);
  const [file, ...volumes] = words;
  const plan = parsePlan(new TextDecoder().decode(readNamedFile(context.host.fs, file!)), file!);
  using prepared = prepareApply(context.host, {
    volumes,
    plan,
    tool: { name: 'hivemend', version: context.version },
    view: { controlSets: 'existing', create: [], ...firmwareOf(plan) },
    ...sessionOptions(options),
    ...(options.note === undefined ? {} : { note: options.note }),
  });
  return confirmAndCommit(context, prepared, volumes, options);
}

/** As it was named when the plan was made. */
function firmwareOf({ options }: Plan): { firmware?: 'bios' | 'uefi' } {
  const { firmware } = options as { readonly firmware?: unknown };
  return firmware === 'bios' || firmware === 'uefi' ? { firmware } : {};
}
