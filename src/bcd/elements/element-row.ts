/**
 * Where a name comes from: 'D' and 'M' published source code, 'L' Microsoft's reference of bcdedit /set, 'K' no source was
 * found, '-' there is no name.
 */
export type NameSource = 'D' | 'M' | 'L' | 'K' | '-';

/** Number, bcdedit's name ('' where unknown), source of the name, Microsoft's own name ('' where unknown). */
export type ElementRow = readonly [id: number, name: string, source: NameSource, microsoftName: string];
