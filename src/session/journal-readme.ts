// README.txt of a journal: for whoever finds the folder on a disk and knows nothing of it.

import type { Tool } from '../report.ts';

export function journalReadme(facts: {
  readonly id: string;
  readonly startedAt: string;
  readonly tool: Tool;
  /** The volume or file that was changed, as it was named then. */
  readonly where: string;
}): string {
  return [
    'This folder was made by hivemend, an offline editor of Windows registry hives and BCD stores.',
    `Commit ${facts.id}, begun ${facts.startedAt}, version ${facts.tool.version}.`,
    '',
    'It holds the bytes that stood in each changed file before and after, so that the change can be taken back.',
    'SYSTEM hives hold secrets of the machine: this folder is readable by SYSTEM and Administrators only. Keep it so.',
    '',
    'To take the change back, before Windows has started from this disk:',
    `    hivemend undo ${facts.where} ${facts.id}`,
    'After Windows has started, its registry has moved on; then take back the values alone:',
    `    hivemend undo ${facts.where} ${facts.id} --values`,
    'Inside the running Windows, after-boot.cmd has the same as reg, sc, bcdedit and icacls lines.',
    'When all is well and nothing is to be taken back, remove it:',
    `    hivemend undo ${facts.where} --forget ${facts.id}`,
    '',
    'report.json says what was changed and why.',
    '',
  ].join('\r\n');
}
