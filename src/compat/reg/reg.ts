// reg: reg.exe's commands on hives of a disk. The grammar, the look and the exit codes are the original's.

import { HivemendError } from '../../base/errors.ts';
import type { Outcome } from '../outcome.ts';
import {
  checkKeyName,
  NOT_FOUND_TEXT,
  parseRegArguments,
  REG_GRAMMAR,
  type RegArguments,
  RegFailure,
  type RegVerb,
  regUsage,
} from './arguments.ts';
import { regCompare } from './compare.ts';
import type { RegistryContext } from './context.ts';
import { regExport, regImport, regLoad, regRestore, regSave, regUnload } from './files.ts';
import { regQuery } from './query.ts';
import { CANCELED_TEXT, regAdd, regCopy, regDelete } from './write.ts';

/**
 * Runs one reg command; `argv` is what follows `reg`. What reg.exe fails with (1, or 2 for a difference) is in the
 * outcome; what only hivemend knows is thrown: RefusedError, FormatError, CommitError, EngineError, InternalError.
 */
export function reg(argv: readonly string[], context: RegistryContext): Outcome {
  const verb = argv[0]?.toLowerCase() ?? '/?';
  if (verb === '/?' || verb === '-?' || verb === 'help') return { exitCode: 0, stdout: regUsage(null), stderr: '' };
  if (verb === 'flags')
    return failed('The flags of keys are not changed on a disk.', 'they steer the virtualization of a running Windows');
  if (!isVerb(verb)) return failed('Invalid syntax.\nType "REG /?" for usage.', `${argv[0]} is none of reg's commands`);
  try {
    const args = parseRegArguments(verb, argv.slice(1));
    if (args === null) return { exitCode: 0, stdout: regUsage(verb), stderr: '' };
    checkKeys(args);
    return run(args, context);
  } catch (error) {
    if (error instanceof RegFailure) return failed(error.message, error.hint);
    if (!(error instanceof HivemendError)) throw error;
    if (error.code === 'KEY_NOT_FOUND' || error.code === 'VALUE_NOT_FOUND') return failed(NOT_FOUND_TEXT, null);
    if (error.kind !== 'UsageError' && error.kind !== 'NotFoundError') throw error;
    return failed(`${error.message}.`, error.hint ?? null);
  }
}

function isVerb(verb: string): verb is RegVerb {
  return Object.hasOwn(REG_GRAMMAR, verb);
}

function failed(message: string, hint: string | null): Outcome {
  return { exitCode: 1, stdout: '', stderr: `ERROR: ${message}\n${hint === null ? '' : `hint: ${hint}\n`}` };
}

function checkKeys(args: RegArguments): void {
  REG_GRAMMAR[args.verb].names.forEach((name, i) => {
    if (name.startsWith('KeyName')) checkKeyName(args.verb, args.names[i]!);
  });
}

function run(args: RegArguments, context: RegistryContext): Outcome {
  switch (args.verb) {
    case 'query':
      return { stderr: '', ...regQuery(args, context) };
    case 'compare':
      return { stderr: '', ...regCompare(args, context) };
    case 'export':
      return regExport(args, context);
    case 'add':
      return written(regAdd(args, context));
    case 'delete':
      return written(regDelete(args, context));
    case 'copy':
      return written(regCopy(args, context));
    case 'import':
      return written(regImport(args, context));
    case 'save':
      return written(regSave(args, context));
    case 'restore':
      return written(regRestore(args, context));
    case 'load':
      return written(regLoad(args, context));
    case 'unload':
      return written(regUnload(args, context));
  }
}

function written(stdout: string): Outcome {
  return { exitCode: stdout === CANCELED_TEXT ? 1 : 0, stdout, stderr: '' };
}
