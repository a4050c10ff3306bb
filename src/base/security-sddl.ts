// SDDL, the text of a security descriptor.

import type { SecurityDescriptor } from './security-descriptor.ts';

export interface SddlOptions {
  /** Which names the rights get: files' (FA, FR), registry keys' (KA, KR), or none of either. Default 'file'. */
  readonly rights?: 'file' | 'key';
}

/** The text of a descriptor. What SDDL has no word for is written as bytes (see fromSddl). */
export declare function toSddl(sd: SecurityDescriptor, options?: SddlOptions): string;

/**
 * The descriptor of a text.
 * @throws UsageError BAD_SYNTAX with the column.
 */
export declare function fromSddl(text: string): SecurityDescriptor;
