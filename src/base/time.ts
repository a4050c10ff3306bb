// FILETIME: 100-nanosecond intervals since 1601-01-01 UTC, unsigned 64 bits.

const UNIX_EPOCH_FILETIME = 116_444_736_000_000_000n;
const INTERVALS_PER_MS = 10_000n;
/** 9999-12-31T23:59:59.9999999Z: what lies beyond has no ISO form. */
const LAST_ISO_FILETIME = 2_650_467_743_999_999_999n;

/** ISO 8601 in UTC with seven digits of the second, or null beyond the year 9999. */
export function filetimeToIso(filetime: bigint): string | null {
  if (filetime < 0n || filetime > LAST_ISO_FILETIME) return null;
  const sinceUnix = filetime - UNIX_EPOCH_FILETIME;
  let ms = sinceUnix / INTERVALS_PER_MS;
  let rest = sinceUnix % INTERVALS_PER_MS;
  if (rest < 0n) {
    rest += INTERVALS_PER_MS;
    ms -= 1n;
  }
  const iso = new Date(Number(ms)).toISOString();
  return `${iso.slice(0, -1)}${rest.toString().padStart(4, '0')}Z`;
}

/** For people, to the minute: '2026-11-28 16:45 UTC'. Zero is a time that nobody set. */
export function timeText(filetime: bigint): string {
  if (filetime === 0n) return 'not set';
  const iso = filetimeToIso(filetime);
  return iso === null ? filetime.toString() : `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** The FILETIME of an ISO 8601 time (date alone is midnight UTC), or null where it is not one. */
export function isoToFiletime(iso: string): bigint | null {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,7}))?(Z|[+-]\d\d:\d\d)?)?$/.exec(iso);
  if (!match) return null;
  const [, date, clock = '00:00:00', fraction = '', zone = 'Z'] = match;
  const ms = Date.parse(`${date}T${clock}${zone}`);
  if (Number.isNaN(ms)) return null;
  return BigInt(ms) * INTERVALS_PER_MS + BigInt(fraction.padEnd(7, '0') || '0') + UNIX_EPOCH_FILETIME;
}

/** The FILETIME of a number of milliseconds since 1970 (what a JavaScript clock gives). */
export function msToFiletime(ms: number): bigint {
  return BigInt(Math.trunc(ms)) * INTERVALS_PER_MS + UNIX_EPOCH_FILETIME;
}

/** The number of milliseconds since 1970 of a FILETIME; what is smaller than one is dropped. */
export function filetimeToMs(filetime: bigint): number {
  return Number((filetime - UNIX_EPOCH_FILETIME) / INTERVALS_PER_MS);
}
