// diagnose: what is wrong with a disk, and the repair for it.

import { diagnose as diagnoseDisk } from '../../commands/diagnose.ts';
import { diagnoseHeadline, diagnoseText } from '../../render/diagnosis.ts';
import type { CliResult } from '../print.ts';
import { type RepairOptions, repairRequest, symptomOf } from '../repair/repair-request.ts';
import { type CliContext, styleOf } from '../terminal.ts';

export function diagnose(
  context: CliContext,
  volumes: readonly string[],
  options: RepairOptions & { readonly quiet?: boolean },
): CliResult {
  const request = repairRequest(context, volumes, options);
  const diagnosed = diagnoseDisk(context.host, { ...request, ...symptomOf(options.symptom) });
  const style = styleOf(context.terminal, options);
  return {
    exitCode: diagnosed.shown.exitCode,
    stdout: options.quiet ? `${diagnoseHeadline(diagnosed.shown, style)}\n` : diagnoseText(diagnosed, style),
    stderr: '',
    get report() {
      return diagnosed.report;
    },
    volumes,
  };
}
