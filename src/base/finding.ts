/** A remark about data that is odd; the work goes on. Codes are stable UPPER_SNAKE words. */
export interface Finding {
  readonly code: string;
  readonly severity: 'info' | 'warning' | 'error';
  /** Set where the finding is about a change that raises or lowers the machine's security. */
  readonly security?: 'raises' | 'lowers';
  /** The name of the repair that would mend it. */
  readonly repair?: string;
  /** The lines that take the change back. */
  readonly revert?: readonly string[];
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
