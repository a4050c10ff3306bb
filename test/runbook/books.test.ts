// Every book: what becomes of each line, and that the run changes what the dry run says and undo takes all of it back.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { prepareUndo } from '../../src/commands/undo.ts';
import { thisHost } from '../../src/host.ts';
import { snapshot } from '../cli/process.ts';
import { BOOKS, bookDisk, bookNames, bookOptions, resultOf } from './books.ts';
import { changesOf, run } from './disk.ts';

describe('books', () => {
  it('are thirty and more', () => expect(bookNames.length).toBeGreaterThanOrEqual(30));

  it.each(bookNames)('%s: the expected plan; the run is the dry run, and undo gives the disk back', (name) => {
    const expected = `${BOOKS}${name}.json`;
    expect(existsSync(expected), 'an expected result beside it').toBe(true);
    const on = bookDisk(name);
    const text = readFileSync(`${BOOKS}${name}`, 'utf8');
    const roots = on.esp === null ? [on.windows] : [on.windows, on.esp];
    const before = roots.map(snapshot);
    const dry = run(text, on, bookOptions(name));
    const planned = changesOf(dry);
    const { refusal } = dry;
    expect(resultOf(dry)).toEqual(JSON.parse(readFileSync(expected, 'utf8')));
    const { lines, done, noChange, onWindows, skipped, notUnderstood } = dry.tally;
    const wanted = dry.runbook.blocks.flatMap((block) => block.lines.filter((line) => line.text.trim() !== ''));
    expect(lines).toBe(wanted.length);
    expect(done + noChange + onWindows + skipped + notUnderstood).toBe(lines);
    expect(new Set(dry.lines.map((line) => line.line)).size).toBe(new Set(wanted.map(({ line }) => line)).size);
    dry.prepared[Symbol.dispose]();
    expect(roots.map(snapshot)).toEqual(before);
    if (refusal) return;
    const ready = run(text, on, bookOptions(name));
    const report = ready.prepared.commit();
    const written = changesOf(ready);
    ready.prepared[Symbol.dispose]();
    expect(written).toEqual(planned);
    if (report.undo === null) {
      expect(planned).toEqual([]);
      return;
    }
    expect(roots.map(snapshot)).not.toEqual(before);
    prepareUndo(thisHost(), { places: roots, id: report.undo.id }).undo();
    expect(roots.map(snapshot)).toEqual(before);
  });
});
