// export --jobs: the same bytes as one thread writes, and what a database makes of them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { buildFixture, FIXTURES } from '../fixture-hives.ts';
import { hivemendProcess, makeDisk, put, scratch } from './process.ts';

/** Every fixture twice, and a hive that ends in its header. */
function folderOfHives(): string {
  const folder = scratch();
  for (const name of FIXTURES) {
    put(folder, `a/${name}`, name);
    put(folder, `b/${name}`, name);
  }
  put(folder, 'b/broken', buildFixture('SOFTWARE').subarray(0, 4096));
  return folder;
}

describe('export --jobs', () => {
  it.each(['jsonl', 'timesketch', 'bodyfile'])('%s: the same bytes, remarks and status as one thread', (format) => {
    const folder = folderOfHives();
    const [one, many] = [1, 3].map((jobs) => hivemendProcess(['export', '--format', format, `--jobs=${jobs}`, folder]));
    expect(one!.stdout.length).toBeGreaterThan(10_000);
    expect(many!.stdout === one!.stdout).toBe(true);
    expect(many!.stderr).toBe(one!.stderr);
    expect(many!.stderr).toContain('broken');
    expect([one!.status, many!.status]).toEqual([1, 1]);
  });

  it('takes more threads than there are hives, and passes the filters on', () => {
    const folder = folderOfHives();
    const filters = ['--match', '**\\Terminal Server', '--since', '2001-01-01T00:00:00Z', '--deleted'];
    const [one, many] = [1, 64].map((jobs) => hivemendProcess(['export', folder, `--jobs=${jobs}`, ...filters]));
    expect(one!.stdout).toContain('Terminal Server');
    expect(many!.stdout === one!.stdout).toBe(true);
    expect(many!.stderr).toBe(one!.stderr);
  });

  it('is refused for a form that holds one hive, and for no thread at all', () => {
    const folder = folderOfHives();
    expect(hivemendProcess(['export', '--format', 'xml', '--jobs', '2', folder]).status).toBe(2);
    expect(hivemendProcess(['export', '--jobs', '0', folder]).status).toBe(2);
    expect(hivemendProcess(['export', '--jobs', '2', join(folder, 'absent')]).status).toBe(3);
  });

  it('passes the journal of a repaired disk by: its bytes begin as a hive does', () => {
    const disk = makeDisk();
    hivemendProcess(['repair', disk, '--yes']);
    const { stdout, status } = hivemendProcess(['export', disk, '--jobs', '2']);
    expect(status).toBe(0);
    expect(stdout.match(/^\{"record":"hive"/gm)).toHaveLength(3);
  });

  it('loads into DuckDB as it is', async () => {
    const folder = folderOfHives();
    const file = join(scratch(), 'hives.jsonl');
    expect(hivemendProcess(['export', '--jobs', '2', folder, '-o', file]).status).toBe(1);
    const counted = new Map<string, number>();
    for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) {
      const { record } = JSON.parse(line) as { record: string };
      counted.set(record, (counted.get(record) ?? 0) + 1);
    }
    const database = await DuckDBInstance.create(':memory:');
    const connection = await database.connect();
    try {
      const rows = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson();
      await connection.run(`create table record as select * from read_json('${file}', format = 'newline_delimited')`);
      const kinds = await rows('select record, count(*)::int from record group by record order by record');
      expect(kinds).toEqual([...counted].sort());
      expect(counted.get('hive')).toBe(2 * FIXTURES.length);
      expect(counted.get('error')).toBe(1);
      const ports = await rows(
        `select distinct data::varchar, type from record where record = 'value' and name = 'PortNumber' and path like '%RDP-Tcp'`,
      );
      expect(ports).toEqual([['3389', 'REG_DWORD']]);
    } finally {
      connection.closeSync();
      database.closeSync();
    }
  });
});
