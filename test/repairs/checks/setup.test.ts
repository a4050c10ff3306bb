import { expect, it } from 'vitest';
import { diagnoseMachine } from '../../../src/repairs/diagnose.ts';
import { planOptions } from '../../../src/repairs/plan.ts';
import { profileNamed } from '../../../src/repairs/profiles.ts';
import { type Damage, Disk, KEYS, MACHINE_GUID } from '../disks.ts';
import type { Tree } from '../memory-hive.ts';

const USER = { Microsoft: { 'Windows NT': { CurrentVersion: { ProfileList: { 'S-1-5-21-1-2-3-1001': {} } } } } };
const WHOLE = {
  [KEYS]: [`f686aace6942fb7f7ceb231212eef4a4_${MACHINE_GUID}`],
  '\\Windows\\System32\\ntdll.dll': [],
  '\\Windows\\System32\\termsrv.dll': [],
};

it.each<readonly [title: string, setup: Tree, more: Damage, codes: readonly string[]]>([
  ['the command of its own set-up left behind', { SetupType: 0, CmdLine: 'setup -newsetup' }, {}, []],
  ['no command', { SetupType: 2, CmdLine: '' }, {}, ['error SETUP_COMMAND_MISSING']],
  ['a command that is gone', { SetupType: 1, CmdLine: 'C:\\gone\\fix.cmd /x' }, {}, ['error SETUP_COMMAND_MISSING']],
  [
    'a command that is gone from System32',
    { SetupType: 2, CmdLine: 'oobe\\windeploy.exe' },
    { files: WHOLE },
    ['error SETUP_COMMAND_MISSING'],
  ],
  ['the same where only hives are known', { SetupType: 2, CmdLine: 'oobe\\windeploy.exe' }, {}, ['info SETUP_PENDING']],
  [
    'a prepared image',
    { SetupType: 2, SystemSetupInProgress: 1, OOBEInProgress: 1, CmdLine: 'oobe\\windeploy.exe' },
    { files: { ...WHOLE, '\\Windows\\System32\\oobe\\windeploy.exe': [] }, software: USER },
    ['info SETUP_PENDING'],
  ],
  [
    'set-up running on a machine with users',
    { SystemSetupInProgress: 1 },
    { software: USER },
    ['error SETUP_IN_PROGRESS'],
  ],
  ['set-up running on a machine without users', { SystemSetupInProgress: 1 }, {}, ['warning SETUP_IN_PROGRESS']],
  [
    'a command that is there',
    { SetupType: 2, CmdLine: 'cmd.exe /c x' },
    { files: { ...WHOLE, '\\Windows\\System32\\cmd.exe': [] } },
    ['warning SETUP_IN_PROGRESS'],
  ],
])('%s', (_title, setup, more, codes) => {
  const options = planOptions(profileNamed('rdp-internal-error'), {});
  const { findings } = diagnoseMachine(new Disk({ ...more, system: { Setup: setup } }).view(), options);
  expect(findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual(codes);
});
