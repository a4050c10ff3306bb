// Code of pages in other shapes than a fence with commands: indented, with what tools print in it, a .reg file.

import { expect, it } from 'vitest';
import { disk, lint, tried } from './disk.ts';

const LOAD = 'reg load HKLM\\OFF F:\\Windows\\System32\\config\\SYSTEM';
const add = (name: string): string => `reg add HKLM\\OFF\\ControlSet001\\Control\\Lsa /v ${name} /t REG_DWORD /d 1 /f`;

function names(page: string): string[] {
  const { changes, refusal, ready } = tried(page, disk(), { name: 'page.md' });
  const found = changes.flatMap((change) => (/ (\w+) = /.exec(change) ?? []).slice(1));
  const { notUnderstood } = ready.tally;
  return [...(refusal === null ? [] : [refusal]), ...(notUnderstood === 0 ? [] : ['not understood']), ...found];
}

it('a block that is indented, by blanks or a tab, and no prose that is', () => {
  const page = `Type:\n\n    ${LOAD}\n    ${add('A')}\n\n    ${add('B')}\n\n1. First\n\n    Then you ${add('no')}\n\n\t${add('C')}\n\nEnd.\n`;
  expect(names(page)).toEqual(['A', 'B', 'C']);
});

it('what tools print beside their commands', () => {
  const page = `\`\`\`cmd\nC:\\> ${LOAD}\nThe operation completed successfully.\n\nC:\\> ${add('A')}\nThe operation completed successfully.\n        1 file(s) copied.\n\`\`\`\n`;
  expect(names(page)).toEqual(['A']);
  expect(lint(page, 'page.md').filter((one) => one.includes('unknown-command'))).toEqual([]);
});

it('a .reg file is imported where it names keys of a loaded hive, and left out where it is for the running machine', () => {
  const reg = (key: string): string =>
    `\n\`\`\`reg\nWindows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\${key}\\ControlSet001\\Control\\Lsa]\n"A"=dword:00000001\n\`\`\`\n`;
  const load = `\`\`\`cmd\n${LOAD}\n\`\`\`\n`;
  expect(names(load + reg('OFF'))).toEqual(['A']);
  expect(names(load + reg('SYSTEM'))).toEqual([]);
  expect(lint(load + reg('OFF'), 'page.md').filter((one) => one.includes('unknown-command'))).toEqual([]);
});

it('a path in the data of a value does not make a line one for the running machine', () => {
  const lines = `$k = 'HKLM:\\OFF\\ControlSet001\\Control\\Lsa'\nSet-ItemProperty $k -Name A -Value 'C:\\x.sys' -Type String`;
  expect(lint(`${LOAD}\n${lines}`, 'fix.ps1').filter((one) => one.includes('live-line'))).toEqual([]);
});
