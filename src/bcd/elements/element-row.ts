/** Where a name comes from: 'D' and 'M' published source code, 'K' no source was found, '-' there is no name. */
export type NameSource = 'D' | 'M' | 'K' | '-';

/** Number, bcdedit's name ('' where unknown), source of the name, Microsoft's own name ('' where unknown). */
export type ElementRow = readonly [id: number, name: string, source: NameSource, microsoftName: string];
