import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { profileSchema } from '../../scripts/docs/profile-schema.ts';
import { repairsMarkdown } from '../../scripts/docs/repairs-markdown.ts';
import { REPAIRS } from '../../src/repairs/fixes/index.ts';
import { parseProfile } from '../../src/repairs/profile-file.ts';

const doc = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

it('docs/repairs.md is what the repairs say of themselves', () => {
  expect(doc('repairs.md')).toBe(repairsMarkdown());
});

it('docs/profile.schema.json is what the repairs and their options say', () => {
  expect(JSON.parse(doc('profile.schema.json'))).toEqual(profileSchema());
});

it('every repair has a name of its own and says what it is for', () => {
  expect(new Set(REPAIRS.map((repair) => repair.name)).size).toBe(REPAIRS.length);
  for (const repair of REPAIRS) {
    expect(repair.name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(repair.about.length).toBeGreaterThan(40);
  }
});

it('the profile in docs/repairs.md is one', () => {
  const profile = parseProfile(/```json\n([\s\S]*?)```/.exec(doc('repairs.md'))![1]!, 'docs/repairs.md');
  expect(profile.values[0]?.path).toEqual(['{CS}', 'Control', 'Terminal Server']);
});
