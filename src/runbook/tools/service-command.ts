// sc and Set-Service on the services of a disk: the keys that the service control manager reads at the next start.

import type { Outcome } from '../../compat/outcome.ts';
import type { HiveEdit } from '../../registry/edit.ts';
import { dword, expandSz, readDword, readString, sz } from '../../registry/value.ts';
import { ToolFailure, Unresolved } from '../run/unresolved.ts';
import type { OfflineSystem } from './offline-system.ts';

const STARTS: Readonly<Record<string, number>> = {
  boot: 0,
  system: 1,
  auto: 2,
  automatic: 2,
  'delayed-auto': 2,
  automaticdelayedstart: 2,
  demand: 3,
  manual: 3,
  disabled: 4,
};
const TYPES: Readonly<Record<string, number>> = { kernel: 1, filesys: 2, rec: 8, own: 0x10, share: 0x20 };
const START_NAMES = ['BOOT_START', 'SYSTEM_START', 'AUTO_START', 'DEMAND_START', 'DISABLED'];
const NO_SERVICE = '[SC] OpenService FAILED 1060:\n\nThe specified service does not exist as an installed service.\n';

/** `args` begin with sc's verb. */
export function serviceCommand(args: readonly string[], system: OfflineSystem): Outcome {
  const [verb = '', name, ...rest] = args;
  if (name === undefined) throw new Unresolved('cut-line', `sc ${verb} does not have a service.`);
  const { hive, path } = serviceKey(name, system);
  const key = hive.key(path);
  if (key === null) throw new ToolFailure(NO_SERVICE, 1060);
  if (verb.toLowerCase() !== 'config') {
    const start = readDword(key.value('Start'));
    const lines = [
      `SERVICE_NAME: ${name}`,
      `        TYPE               : ${(readDword(key.value('Type')) ?? 0).toString(16)}`,
      `        START_TYPE         : ${start ?? '?'}   ${START_NAMES[start ?? -1] ?? ''}`,
      `        BINARY_PATH_NAME   : ${readString(key.value('ImagePath')) ?? ''}`,
      `        SERVICE_START_NAME : ${readString(key.value('ObjectName')) ?? ''}`,
      '        STATE              : 1  STOPPED',
    ];
    return { exitCode: 0, stdout: lines.map((line) => `${line}\r\n`).join(''), stderr: '' };
  }
  system.registry.edit(configEdits({ hive: hive.name, path }, optionsOf(rest)));
  return { exitCode: 0, stdout: '[SC] ChangeServiceConfig SUCCESS\r\n', stderr: '' };
}

/** The service's key in the control set that the machine will start with. */
function serviceKey(name: string, system: OfflineSystem) {
  return system.registry.resolve(`HKLM\\SYSTEM\\CurrentControlSet\\Services\\${name}`);
}

/** `start= auto`, and `start=auto` as newer versions of sc take it. */
function optionsOf(words: readonly string[]): Map<string, string> {
  const options = new Map<string, string>();
  for (let i = 0; i < words.length; i += 1) {
    const match = /^([a-z]+)=(.*)$/i.exec(words[i]!);
    if (!match) throw new Unresolved('bad-syntax', `sc config does not take '${words[i]}'.`);
    let value = match[2]!;
    if (value === '') {
      i += 1;
      const next = words[i];
      if (next === undefined) throw new Unresolved('cut-line', `sc config has nothing after ${match[1]}=.`);
      value = next;
    }
    options.set(match[1]!.toLowerCase(), value);
  }
  if (options.size === 0) throw new Unresolved('cut-line', 'sc config has nothing to set.');
  return options;
}

function configEdits(
  key: { readonly hive: string; readonly path: readonly string[] },
  options: ReadonlyMap<string, string>,
): HiveEdit[] {
  const set = (name: string, value: ReturnType<typeof dword>): HiveEdit => ({ op: 'set-value', key, name, value });
  return [...options].flatMap(([name, value]): HiveEdit[] => {
    switch (name) {
      case 'start': {
        const start = STARTS[value.toLowerCase()];
        if (start === undefined) throw new Unresolved('bad-syntax', `'${value}' is not a way to start a service.`);
        const isDelayed = /delayed/i.test(value);
        return [set('Start', dword(start)), ...(isDelayed ? [set('DelayedAutostart', dword(1))] : [])];
      }
      case 'type': {
        const type = TYPES[value.toLowerCase()];
        if (type === undefined) throw new Unresolved('bad-syntax', `'${value}' is not a type of a service.`);
        return [set('Type', dword(type))];
      }
      case 'obj':
        return [set('ObjectName', sz(value))];
      case 'binpath':
        return [set('ImagePath', expandSz(value))];
      case 'displayname':
        return [set('DisplayName', sz(value))];
      default:
        throw new Unresolved('bad-syntax', `sc config ${name}= is not done on a disk.`);
    }
  });
}
