import type { FindingCode } from './codes/codes.ts';

/** How bad a number is: what the data states, and what the facts need. Both in the unit that the text says. */
export interface Measure {
  readonly stated: number;
  readonly needed: number;
}

/** A remark about data that is odd; the work goes on. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: 'info' | 'warning' | 'error';
  /** Set where the finding is about a change that raises or lowers the machine's security. */
  readonly security?: 'raises' | 'lowers';
  /** The name of the repair that would fix it. */
  readonly repair?: string;
  /** The lines that revert the change. */
  readonly revert?: readonly string[];
  /** The control sets in which it stands alike ('ControlSet001'); the place is that of the one that boots next. */
  readonly controlSets?: readonly string[];
  /** Set where the finding is about a number, so that two of them can be compared. */
  readonly measure?: Measure;
  readonly where: Where;
  /** One sentence: subject, found, expected. */
  readonly text: string;
}

/** Where in a file a finding lies; `offset` is a file offset in bytes unless the text says otherwise. */
export interface Where {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly offset?: number;
  readonly key?: string;
}

/** The sentence of a finding about a record of a hive, which has an offset, with the key that it is of. */
export function sentenceOf({ where, text }: Finding): string {
  if (where.offset === undefined || where.key === undefined) return text;
  return `${where.key === '' ? 'the root key' : where.key}: ${text}`;
}

/** A finding on a file as a whole. */
export function remark(code: FindingCode, severity: Finding['severity'], file: string, text: string): Finding {
  return { code, severity, where: { file }, text };
}
