// Every UTF-16 unit, and every pair that does not show, through each way in which text from a disk leaves: nothing that
// obeys, hides or turns text around comes out as it is, and what a program reads back is the same text.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { printable } from '../../../src/base/text.ts';
import { exportHives } from '../../../src/commands/export.ts';
import { editHive } from '../../../src/commands/hive-file.ts';
import { bodyfileLine, KEY_WRITTEN, timesketchLine } from '../../../src/formats/lines/timeline.ts';
import { thisHost } from '../../../src/host.ts';
import type { HiveEdit } from '../../../src/registry/edit.ts';
import { scratch } from '../../cli/process.ts';
import { buildFixture } from '../../fixture-hives.ts';

/** As Unicode has it, which ours does not read: controls, marks of direction, what is ignored, no characters, halves. */
const UNSAFE =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\p{Cs}\ufff9-\ufffb]/u;

const units = Array.from({ length: 0x1_0000 }, (_, unit) => String.fromCharCode(unit));
const unsafePairs = Array.from({ length: 0x10_0000 }, (_, i) => String.fromCodePoint(0x1_0000 + i)).filter((pair) =>
  UNSAFE.test(pair),
);
/** Each for itself: no half meets another. */
const all = [...units, ...unsafePairs].map((text) => `a${text}`);

/** Lines of a form's own are no part of what is escaped. */
const isSafe = (text: string): boolean => !UNSAFE.test(text.replaceAll('\n', ''));

it('printable() lets nothing of it through', () => {
  expect(unsafePairs.length).toBeGreaterThan(4000);
  expect(all.filter((text) => !isSafe(printable(text)) || printable(text).includes('\n'))).toEqual([]);
  // And letters stay letters.
  expect(printable('aé漢\u{1f600} ب')).toBe('aé漢\u{1f600} ب');
});

it.each([
  ['timesketch', timesketchLine],
  ['bodyfile', bodyfileLine],
] as const)('%s lets nothing of it through, in any field', (format, lineOf) => {
  const wrong = all.filter((text) => {
    const event = { source: text, at: 133_000_000_000_000_000n, path: [text], what: text, cellOffset: 1, detail: text };
    const lines = [lineOf(event)!, lineOf({ ...event, what: KEY_WRITTEN })!];
    if (!lines.every((line) => isSafe(line) && line.indexOf('\n') === line.length - 1)) return true;
    if (format === 'bodyfile') return !lines.every((line) => line.split('|').length === 11);
    return (JSON.parse(lines[0]!) as { timestamp_desc: string }).timestamp_desc !== text;
  });
  expect(wrong).toEqual([]);
});

function hiveOfAll(): { readonly bytes: Uint8Array; readonly texts: readonly string[] } {
  const key = { hive: 'HIVE', path: ['Unseen'] };
  const edits: HiveEdit[] = [{ op: 'create-key', key }];
  const texts: string[] = [];
  for (let from = 0; from < all.length; from += 4000) {
    // A name ends at no NUL, and what is stored with one is read up to it.
    const text = all
      .slice(from, from + 4000)
      .join('')
      .replaceAll('\0', '');
    texts.push(text);
    const hex = Buffer.from(`${text}\0`, 'utf16le').toString('hex');
    edits.push({ op: 'set-value', key, name: text, value: { type: 1, hex } });
  }
  for (const text of all
    .filter((one) => !/[\0\\]/.test(one))
    .filter((one) => UNSAFE.test(one))
    .slice(0, 400)) {
    edits.push({ op: 'create-key', key: { hive: 'HIVE', path: ['Unseen', text] } });
  }
  return { bytes: editHive(buildFixture('SOFTWARE'), edits).bytes, texts };
}

it.each([
  ['by the engine', thisHost()],
  ['in TypeScript', { fs: thisHost().fs, style: thisHost().style }],
] as const)('JSON lines let nothing of it through, %s', (_, host) => {
  const { bytes, texts } = hiveOfAll();
  const path = join(scratch(), 'SOFTWARE');
  writeFileSync(path, bytes);
  let lines = '';
  exportHives(host, [path], { format: 'jsonl' }, (chunk) => {
    lines += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
  });
  expect(isSafe(lines)).toBe(true);
  const values = lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { record: string; path: string; name: string; data: unknown })
    .filter((record) => record.record === 'value' && record.path === 'Unseen');
  expect(new Set(values.map(({ name }) => name))).toEqual(new Set(texts));
  expect(new Set(values.map(({ data }) => data))).toEqual(new Set(texts));
});
