// The rules and their page say the same.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { RULES } from '../../src/runbook/lint/rules.ts';

const page = readFileSync(new URL('../../docs/runbooks.md', import.meta.url), 'utf8');
const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((text) => [text.split('\n')[0]!, text] as const),
);
const EFFECTS = { corrected: 'Corrected', refused: 'Refused', noted: 'Noted' } as const;

it.each(RULES.map((rule) => [rule.id, rule] as const))('%s has a section that is true', (id, rule) => {
  const text = sections.get(id) ?? '';
  expect(text).toContain(`${EFFECTS[rule.effect]}, ${rule.severity}. ${rule.title}.`);
  expect(text).toContain(rule.what);
});

it('no section is about a rule that does not exist', () => {
  expect([...sections.keys()]).toEqual(RULES.map((rule) => rule.id));
});

it('links lead to sections', () => {
  for (const [, target] of page.matchAll(/\]\(#([a-z0-9-]+)\)/g)) expect([...sections.keys()]).toContain(target);
});
