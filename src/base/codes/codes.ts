// Every code that a finding may have, with what it means: docs/findings.md and docs/validation.md are these tables.

import type { DefectCode } from './defects.ts';
import type { FindingNote } from './note.ts';
import { READING } from './reading.ts';
import { REBUILDING } from './rebuilding.ts';
import { REMOTE_DESKTOP } from './remote-desktop.ts';
import type { RunbookCode } from './runbook.ts';
import { STARTING } from './starting.ts';
import { WRITING } from './writing.ts';

interface FindingGroup {
  readonly title: string;
  readonly about: string;
  readonly notes: Readonly<Record<string, FindingNote>>;
}

/** All but the gate's defects and the linter's rules, which have pages of their own. */
export const FINDING_GROUPS: readonly FindingGroup[] = [
  {
    title: 'Diagnosis: the disk, the start of Windows, the machine',
    about: 'From diagnose and repair. The exit status of diagnose is 1 where there is an `error`.',
    notes: STARTING,
  },
  {
    title: 'Diagnosis: Remote Desktop',
    about: 'From diagnose and repair, as above.',
    notes: REMOTE_DESKTOP,
  },
  {
    title: 'Reading hives and logs',
    about:
      'From recovery and from every command that reads a hive. `inspect --validate` has codes of its own: [validation.md](validation.md).',
    notes: READING,
  },
  {
    title: 'Rebuilding a damaged hive',
    about: 'From rebuild; [rebuild.md](rebuild.md) has the losses, which are no findings.',
    notes: REBUILDING,
  },
  {
    title: 'Writing and undo',
    about: 'From commands that write. [safety.md](safety.md) has the order of a commit.',
    notes: WRITING,
  },
];

/** Stable UPPER_SNAKE words. */
export type FindingCode =
  | keyof typeof STARTING
  | keyof typeof REMOTE_DESKTOP
  | keyof typeof READING
  | keyof typeof REBUILDING
  | keyof typeof WRITING
  | DefectCode
  | RunbookCode;
