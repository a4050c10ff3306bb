// find, findstr and more: text that comes through a pipe or from a file.

import type { Outcome } from '../../compat/outcome.ts';
import { Unresolved } from '../run/unresolved.ts';
import { decoded } from './file-commands.ts';
import type { OfflineSystem } from './offline-system.ts';

/** `input` is what the pipe brought; null without a pipe. Exit code 1 where nothing was found. */
export function filterCommand(
  tool: string,
  args: readonly string[],
  input: string | null,
  system: OfflineSystem,
): Outcome {
  const switches = args.filter((arg) => /^\/[a-z]/i.test(arg)).map((arg) => arg.toLowerCase());
  const words = args.filter((arg) => !/^\/[a-z]/i.test(arg));
  const literal = args
    .find((arg) => /^\/c:/i.test(arg))
    ?.slice(3)
    .replaceAll('"', '');
  const pattern = tool === 'more' ? '' : (literal ?? words.shift() ?? '');
  const text = input ?? words.map((file) => decoded(system.files.read(file))).join('');
  if (tool === 'more') return { exitCode: 0, stdout: text, stderr: '' };
  if (
    switches.some((name) => !/^\/(?:i|v|c|n|c:.*)$/.test(name)) ||
    (tool === 'findstr' && literal === undefined && /[.*^$[\]\\]/.test(pattern))
  ) {
    throw new Unresolved('unknown-command', `this form of ${tool} is not read.`);
  }
  const ignoresCase = switches.includes('/i');
  const fold = (line: string): string => (ignoresCase ? line.toLowerCase() : line);
  const wanted = tool === 'findstr' && literal === undefined ? pattern.split(' ').filter(Boolean) : [pattern];
  const isInverse = switches.includes('/v');
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const hits = lines.filter((line) => wanted.some((word) => fold(line).includes(fold(word))) !== isInverse);
  return { exitCode: hits.length > 0 ? 0 : 1, stdout: hits.map((line) => `${line}\r\n`).join(''), stderr: '' };
}
