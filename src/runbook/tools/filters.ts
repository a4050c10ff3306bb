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
    switches.some((name) => !/^\/(?:[ivcnrlbex]|c:.*)$/.test(name)) ||
    (tool === 'find' && switches.some((name) => /^\/[rlbex]$/.test(name)))
  ) {
    throw new Unresolved('unknown-command', `this form of ${tool} is not read.`);
  }
  const wanted = tool === 'findstr' && literal === undefined ? pattern.split(' ').filter(Boolean) : [pattern];
  const isPattern =
    tool === 'findstr' && !switches.includes('/l') && (literal === undefined || switches.includes('/r'));
  const tests = wanted.map((word) => lineTest(word, switches, isPattern));
  const isInverse = switches.includes('/v');
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const hits = lines.filter((line) => tests.some((test) => test.test(line)) !== isInverse);
  return { exitCode: hits.length > 0 ? 0 : 1, stdout: hits.map((line) => `${line}\r\n`).join(''), stderr: '' };
}

/** findstr's expressions have `.`, `*`, `^`, `$`, classes, `\\<` and `\\>`; everything else is a letter. */
function lineTest(word: string, switches: readonly string[], isPattern: boolean): RegExp {
  const plain = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const source = isPattern
    ? word.replace(/\\[<>]|\\(.)|\[\^?\]?[^\]]*\]|[+?{}()|]/g, (all, escaped: string | undefined) => {
        if (escaped !== undefined) return plain(escaped);
        if (all.startsWith('\\')) return '\\b';
        return all.startsWith('[') ? all : `\\${all}`;
      })
    : plain(word);
  const starts = switches.includes('/b') || switches.includes('/x') ? '^' : '';
  const ends = switches.includes('/e') || switches.includes('/x') ? '$' : '';
  try {
    return new RegExp(`${starts}(?:${source})${ends}`, switches.includes('/i') ? 'i' : '');
  } catch {
    throw new Unresolved('unknown-command', `the expression '${word}' of findstr is not read.`);
  }
}
