// Cmdlets that tell a person something, wait, or set up what a disk does not have.

import { itemsOf, textOf, type Value } from '../values.ts';
import type { Cmdlet, CmdletCall } from './cmdlet.ts';

/** What a person reads; nothing goes on but for Write-Output. */
const said: Cmdlet = {
  positional: ['object'],
  isLoose: true,
  named: [
    'foregroundcolor',
    'backgroundcolor',
    'separator',
    'message',
    'messagedata',
    'category',
    'activity',
    'status',
    'percentcomplete',
    'id',
    'currentoperation',
    'tags',
    'level',
    'exception',
    'errorid',
    'targetobject',
    'width',
    'property',
  ],
  switches: ['nonewline', 'completed', 'autosize', 'wrap'],
  run: () => [],
};

const passes = { run: ({ input }: CmdletCall) => [...(input ?? [])] };

function writeOutput({ bound, input }: CmdletCall): Value[] {
  const given = ['inputobject', 'b', 'c', 'd', 'e']
    .filter((name) => bound.has(name))
    .flatMap((name) => itemsOf(bound.get(name)));
  return [...(input ?? []), ...given];
}

export const PRINTING_CMDLETS: Readonly<Record<string, Cmdlet>> = {
  'write-output': { positional: ['inputobject', 'b', 'c', 'd', 'e'], switches: ['noenumerate'], run: writeOutput },
  'write-host': said,
  'write-warning': said,
  'write-verbose': said,
  'write-debug': said,
  'write-information': said,
  'write-progress': said,
  'write-eventlog': { ...said, named: [...said.named!, 'logname', 'source', 'eventid', 'entrytype'] },
  'log-output': said,
  'log-info': said,
  'log-warning': said,
  'log-error': said,
  'log-debug': said,
  'out-host': said,
  'out-default': said,
  'out-null': { positional: ['inputobject'], run: () => [] },
  'out-string': {
    named: ['width'],
    switches: ['stream'],
    run: ({ input }) => [(input ?? []).map((item) => textOf(item)).join('\r\n')],
  },
  'format-table': { ...passes, positional: ['property'], switches: ['autosize', 'wrap', 'hidetableheaders'] },
  'format-list': { ...passes, positional: ['property'], switches: ['force'] },
  'start-sleep': { positional: ['seconds'], named: ['milliseconds'], run: () => [] },
  'start-transcript': {
    positional: ['path'],
    named: ['outputdirectory'],
    switches: ['append', 'force', 'noclobber'],
    run: () => [],
  },
  'stop-transcript': { run: () => [] },
  'set-strictmode': { named: ['version'], switches: ['off'], run: () => [] },
  'clear-host': { run: () => [] },
  'set-executionpolicy': { positional: ['executionpolicy', 'scope'], switches: ['force'], run: () => [] },
  'import-module': {
    positional: ['name'],
    named: ['requiredversion', 'minimumversion'],
    switches: ['force', 'global', 'disablenamechecking'],
    run: () => [],
  },
  'remove-module': { positional: ['name'], switches: ['force'], run: () => [] },
  'get-vm': { positional: ['name'], run: () => [] },
  'get-module': { positional: ['name'], switches: ['listavailable'], run: () => [] },
};
