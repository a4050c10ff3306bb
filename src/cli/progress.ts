// One line on standard error that says what long work is at, on a terminal only.

import { printable } from '../base/text.ts';
import type { Terminal } from './terminal.ts';

const WIDTH = 78;

export interface ProgressLine {
  show(text: string): void;
  clear(): void;
}

export function progressLine(terminal: Terminal): ProgressLine {
  if (!terminal.isStderrTty || terminal.isStdoutTty) return { show: () => {}, clear: () => {} };
  return {
    show: (text) => terminal.stderr(`\r${printable(text).slice(0, WIDTH).padEnd(WIDTH)}`),
    clear: () => terminal.stderr(`\r${' '.repeat(WIDTH)}\r`),
  };
}
