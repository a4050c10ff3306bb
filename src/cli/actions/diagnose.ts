// diagnose: what is wrong with a disk, and the repair for it.

import { diagnose as diagnoseDisk } from '../../commands/diagnose.ts';
import { diagnoseText } from '../../render/diagnosis.ts';
import { reportExitCode } from '../exit-code.ts';
import type { CliResult } from '../print.ts';
import { type RepairOptions, repairRequest, symptomOf } from '../repair-request.ts';
import { type CliContext, wantsColour } from '../terminal.ts';

export function diagnose(context: CliContext, volumes: readonly string[], options: RepairOptions): CliResult {
  const request = repairRequest(context, volumes, options);
  const diagnosed = diagnoseDisk(context.host, { ...request, ...symptomOf(options.symptom) });
  return {
    exitCode: reportExitCode(diagnosed),
    stdout: diagnoseText(diagnosed, { colour: wantsColour(context.terminal) }),
    stderr: '',
    get report() {
      return diagnosed.report;
    },
    volumes,
  };
}
