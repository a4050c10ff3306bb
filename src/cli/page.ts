// page: writes the browser page, which shows and diagnoses hives on a machine that has nothing but a browser.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NotFoundError } from '../base/errors.ts';
import { readWholeFile } from '../base/read-file.ts';
import { writeOutputFile } from './output.ts';
import { blankReport, type CliResult } from './print.ts';
import type { CliContext } from './terminal.ts';

/** The page itself, where the program is a single file; otherwise it lies beside the program. */
declare const HIVEMEND_PAGE: string | undefined;

export function page(
  context: CliContext,
  _words: readonly string[],
  options: { readonly output: string; readonly force?: boolean },
): CliResult {
  const { host } = context;
  writeOutputFile(host, options.output, pageBytes(context), { force: options.force === true, volumes: [] });
  return {
    exitCode: 0,
    stdout: `${options.output}: open it in a browser. It needs no network, and sends nothing.\n`,
    stderr: '',
    report: blankReport(context, 'page'),
  };
}

function pageBytes({ host }: CliContext): Uint8Array {
  if (typeof HIVEMEND_PAGE === 'string') return new TextEncoder().encode(HIVEMEND_PAGE);
  const place = join(fileURLToPath(import.meta.url), '..', 'hivemend.html');
  try {
    return readWholeFile(host.fs, place);
  } catch (error) {
    throw new NotFoundError('FILE_NOT_FOUND', `the page is not part of this installation: ${place}`, {
      hint: 'npm run build:page',
      cause: error,
    });
  }
}
