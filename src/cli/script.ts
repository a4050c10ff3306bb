// The repair script that run and lint are given: a file, or - for standard input.

import { UsageError } from '../base/errors.ts';
import { readNamedFile } from '../base/read-file.ts';
import type { CliContext } from './terminal.ts';

const MOST_INPUT_BYTES = 16 * 1024 * 1024;

/** @throws UsageError BAD_ARGUMENT for more on standard input than a script can have; as readNamedFile. */
export function readScript({ terminal, host }: CliContext, name: string): Uint8Array {
  if (name !== '-') return readNamedFile(host.fs, name);
  const bytes = terminal.readStdin(MOST_INPUT_BYTES);
  if (bytes.byteLength <= MOST_INPUT_BYTES) return bytes;
  throw new UsageError('BAD_ARGUMENT', `the script on standard input has more than ${MOST_INPUT_BYTES} bytes`);
}
