import { createHash } from 'node:crypto';

/** Of the parts one after the other, as lower-case hex. */
export function sha256(...parts: readonly Uint8Array[]): string {
  return sha256OfParts(parts);
}

export function sha256OfParts(parts: Iterable<Uint8Array>): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
