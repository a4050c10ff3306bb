// The schemas that ship: their members are those of the interfaces, and what the commands really print fits them.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hivemend, makeDisk, SYSTEM_PATH, scratch } from '../cli/process.ts';
import { schemaErrors } from '../json-schema.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const schemaOf = (name: string) => JSON.parse(read(`docs/schemas/${name}.schema.json`));
const report = schemaOf('report');
const plan = schemaOf('plan');

/** Names of an interface's members as they are written, '?' with them. */
function members(file: string, name: string): string[] {
  const body = new RegExp(`export interface ${name}[^{]*\\{([\\s\\S]*?)\\n\\}`).exec(read(file))?.[1];
  if (body === undefined) throw new Error(`${file} has no interface ${name}`);
  return [...body.matchAll(/^ {2}readonly (\w+\??):/gm)].map((match) => match[1]!).sort();
}

function declared(schema: { properties: object; required: string[] }): string[] {
  return Object.keys(schema.properties)
    .map((name) => (schema.required.includes(name) ? name : `${name}?`))
    .sort();
}

describe('members', () => {
  it.each([
    ['Tool', 'src/report.ts'],
    ['Time', 'src/report.ts'],
    ['Machine', 'src/report.ts'],
    ['ControlSetInfo', 'src/report.ts'],
    ['Target', 'src/report.ts'],
    ['RepairOutcome', 'src/report.ts'],
    ['UndoRef', 'src/report.ts'],
    ['PermissionListings', 'src/report.ts'],
    ['ErrorJson', 'src/base/errors.ts'],
    ['Where', 'src/base/finding.ts'],
    ['Change', 'src/registry/edit.ts'],
    ['KeyPath', 'src/registry/edit.ts'],
    ['RegValue', 'src/registry/edit.ts'],
    ['KeyRecord', 'src/registry/edit.ts'],
    ['PlannedChange', 'src/repairs/plan.ts'],
    ['Summary', 'src/report.ts'],
    ['SummaryCause', 'src/report.ts'],
    ['Verdict', 'src/repairs/verdicts.ts'],
  ])('%s are those of %s', (name, file) => {
    expect(declared(report.$defs[name])).toEqual(members(file, name));
  });

  it('Report, Plan and Finding, with what diagnose and the command line add', () => {
    const added = ['checks?', 'data?', 'plan?'];
    expect(declared(report)).toEqual([...members('src/report.ts', 'Report'), ...added].sort());
    expect(declared(plan)).toEqual(members('src/report.ts', 'Plan'));
    const diagnosis = members('src/repairs/model.ts', 'Diagnosis').map((name) => `${name}?`);
    expect(declared(report.$defs.Finding)).toEqual([...members('src/base/finding.ts', 'Finding'), ...diagnosis].sort());
  });

  it('every kind of edit', () => {
    const ops = [...read('src/registry/edit.ts').matchAll(/\{ readonly op: ([^;]+);/g)].flatMap((match) =>
      [...match[1]!.matchAll(/'([^']+)'/g)].map((op) => op[1]!),
    );
    const known = report.$defs.Edit.oneOf.flatMap(
      (edit: { properties: { op: { enum: string[] } } }) => edit.properties.op.enum,
    );
    expect(known.sort()).toEqual(ops.sort());
  });
});

describe('what the commands print', () => {
  const fits = async (args: readonly string[]): Promise<void> => {
    const run = await hivemend([...args, '--json']);
    expect(schemaErrors(report, run.report()), args.join(' ')).toEqual([]);
  };

  it('reports of a whole rescue, of refusals, and of reading', async () => {
    const disk = makeDisk();
    const hive = join(disk, SYSTEM_PATH);
    const folder = scratch();
    mkdirSync(join(folder, 'state'));
    await fits(['diagnose', disk]);
    await fits(['repair', disk]);
    await fits(['repair', disk, '--dry-run', '--note', 'x']);
    await fits(['repair', disk, '--nonsense']);
    await fits(['diagnose', folder]);
    const key = 'HKLM\\SYSTEM\\ControlSet001\\Control\\CrashControl';
    await fits(['reg', '--volume', disk, 'query', 'HKLM\\SYSTEM\\Select']);
    await fits(['reg', '--volume', disk, '--state-dir', join(folder, 'state'), 'delete', key, '/f']);
    await fits(['bcdedit', '--volume', disk, '/enum']);
    await fits(['repair', disk, '--yes']);
    await fits(['undo', disk, '--list']);
    await fits(['undo', disk, '--dry-run']);
    await fits(['undo', disk, '--values', '--yes']);
    await fits(['inspect', hive, '--validate', '--changes']);
    await fits(['export', hive, '-o', join(folder, 'out.jsonl')]);
    await fits(['recover', hive, '-o', join(folder, 'recovered')]);
    await fits(['diff', hive, join(folder, 'recovered')]);
    writeFileSync(join(folder, 'fix.cmd'), `reg add ${key} /v X /t REG_DWORD /d 1 /f\r\n`);
    await fits(['lint', join(folder, 'fix.cmd')]);
    await fits(['run', join(folder, 'fix.cmd'), '--volume', disk, '--dry-run']);
  });

  it('a plan, and a report file', async () => {
    const disk = makeDisk();
    const folder = scratch();
    const file = join(folder, 'plan.json');
    await hivemend(['repair', disk, '--plan', file, '--report', join(folder, 'report.json')]);
    const saved = JSON.parse(readFileSync(file, 'utf8'));
    expect(schemaErrors(plan, saved)).toEqual([]);
    expect(saved.edits.length).toBeGreaterThan(5);
    expect(schemaErrors(report, JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')))).toEqual([]);
    expect(schemaErrors(plan, { ...saved, edits: [{ op: 'set-value' }] })).not.toEqual([]);
  });
});
