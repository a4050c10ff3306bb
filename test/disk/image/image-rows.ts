// The rows of the commit's tests as files of a volume in an image.

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { type HiveCase, ROWS, type Row, VOLUME } from '../../commit/rows.ts';
import type { NtfsImages } from '../ntfs-image.ts';

const LOG_BYTES = 64 * 1024;

export const rowNamed = (name: string): Row => ROWS.find((row) => row.name === name)!;

/** As Windows leaves logs: with room for another entry. */
export const roomy = (row: Row): Row => ({
  ...row,
  name: `${row.name}, roomy`,
  hives: row.hives.map((hive): HiveCase => {
    const logs = Object.entries(hive.logs).map(([ending, bytes]) => {
      const log = new Uint8Array(Math.max(LOG_BYTES, bytes.byteLength));
      log.set(bytes);
      return [ending, log] as const;
    });
    return { ...hive, logs: Object.fromEntries(logs) };
  }),
});
/** Every file of a row by its path in the volume. */
export function filesOfRow(row: Row): [string, Uint8Array][] {
  return row.hives.flatMap(({ path, primary, logs }) => [
    [path.replace(`${VOLUME}/`, ''), primary] as [string, Uint8Array],
    ...Object.entries(logs).map(([ending, bytes]): [string, Uint8Array] => [
      path.replace(`${VOLUME}/`, '') + ending,
      bytes,
    ]),
  ]);
}

export function ntfsOfRow(images: NtfsImages, row: Row): Uint8Array {
  const image = images.make('cuts.img', 1.25);
  const place = images.mount(image);
  for (const [path, bytes] of filesOfRow(row)) {
    fs.mkdirSync(dirname(join(place, path)), { recursive: true });
    fs.writeFileSync(join(place, path), bytes);
  }
  images.unmount(place);
  return fs.readFileSync(image);
}
