// What is made from the code is what the code says now, and the tables behind it are whole.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commandTree } from '../../scripts/docs/command-tree.ts';
import { pages } from '../../scripts/docs/pages.ts';
import { FINDING_GROUPS } from '../../src/base/codes/codes.ts';
import { DEFECTS } from '../../src/base/codes/defects.ts';
import { ERROR_CODES } from '../../src/base/errors.ts';
import { diagnoseMachine } from '../../src/repairs/diagnose.ts';
import { planOptions } from '../../src/repairs/plan.ts';
import { profileNamed } from '../../src/repairs/profiles.ts';
import { RULES } from '../../src/runbook/lint/rules.ts';
import { CAUSES } from '../repairs/cause-table.ts';
import { Disk } from '../repairs/disks.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const made = pages();

describe('made pages (npm run docs)', () => {
  it.each(Object.keys(made))('%s is what the code says', (path) => {
    expect(read(path)).toBe(made[path]);
  });
});

it('what is made is in the package', () => {
  const { files } = JSON.parse(read('package.json')) as { files: string[] };
  expect(Object.keys(made).filter((path) => !files.includes(path.split('/')[0]!))).toEqual([]);
});

/** All of src/ but the table of error codes. */
const source = readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('base/errors.ts'))
  .map((name) => read(`src/${name}`))
  .join('\n');
const errorCodes: readonly string[] = Object.values(ERROR_CODES).flat();
const notes = FINDING_GROUPS.flatMap((group) => Object.entries(group.notes).map(([code, note]) => ({ code, ...note })));

describe('docs/errors.md', () => {
  it('has no code that nothing raises', () => {
    expect(errorCodes.filter((code) => code !== 'INVARIANT' && !isRaised(code))).toEqual([]);
  });

  /** As the code of an error that is made, there or in a function that is given it. */
  function isRaised(code: string): boolean {
    return new RegExp(`(Error|refused|refusal|wrong|fail\\w*)\\(\\s*'${code}'`).test(source);
  }
});

describe('docs/findings.md', () => {
  /** Without the tables themselves; that no code is without a line is what the type FindingCode holds. */
  const raising = readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.replaceAll('\\', '/').startsWith('base/codes/'))
    .map((name) => read(`src/${name}`))
    .join('\n');

  it('has no code that nothing raises', () => {
    const ofRules = RULES.map(({ id }) => id.toUpperCase().replaceAll('-', '_'));
    const codes = [...notes.map(({ code }) => code), ...Object.keys(DEFECTS)];
    expect(codes.filter((code) => !raising.includes(`'${code}'`))).toEqual([]);
    expect(codes.filter((code) => ofRules.includes(code))).toEqual([]);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('says the severity, and the repair, that the findings of each known cause bear', () => {
    const options = planOptions(profileNamed('rdp-internal-error'), {});
    const wrong = new Set<string>();
    for (const { damage } of CAUSES) {
      for (const { code, severity, repair } of diagnoseMachine(new Disk(damage).view(), options).findings) {
        const note = notes.find((candidate) => candidate.code === code);
        if (!note) wrong.add(`${code} has no line`);
        else if (!note.severity.split(/, | or /).includes(severity)) wrong.add(`${code} is ${severity}`);
        else if ((note.repair ?? null) !== (repair ?? null)) wrong.add(`${code} is fixed by ${repair}`);
      }
    }
    expect([...wrong]).toEqual([]);
  });
});

describe('completions', () => {
  const complete = (...line: string[]): string[] => {
    const script = fileURLToPath(new URL('completions/hivemend.bash', root));
    const program = `. '${script}'; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hivemend; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const run = spawnSync('bash', ['-c', program, 'bash', 'hivemend', ...line], { encoding: 'utf8' });
    expect(run.stderr).toBe('');
    return run.stdout.split('\n').filter((word) => word !== '');
  };

  it.skipIf(spawnSync('bash', ['--version']).error !== undefined)('bash: commands, options and choices', () => {
    expect(complete('')).toEqual(expect.arrayContaining(commandTree().commands.map(({ name }) => name)));
    expect(complete('rep')).toEqual(['repair']);
    expect(complete('repair', '--as')).toEqual(['--as-published']);
    expect(complete('diagnose', '--pl')).toEqual([]);
    expect(complete('export', '--format', 'x')).toEqual(['xml']);
  });

  it('name every command and option in every shell', () => {
    for (const path of Object.keys(made).filter((name) => name.startsWith('completions/'))) {
      for (const { name, options } of commandTree().commands) {
        expect(made[path]).toContain(name);
        for (const { long } of options)
          expect(made[path]).toContain(path.endsWith('.fish') ? ` -l ${long.slice(2)} ` : long);
      }
    }
  });
});

it('the man page is one', () => {
  const man = spawnSync('groff', ['-man', '-ww', '-Tutf8', fileURLToPath(new URL('man/hivemend.1', root))], {
    encoding: 'utf8',
  });
  if (man.error) return;
  expect(man.stderr).toBe('');
  expect(man.stdout).toContain('on the Windows volume');
});
