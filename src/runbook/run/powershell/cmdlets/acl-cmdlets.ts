// Get-Acl and Set-Acl, of keys and of files.

import { registryPath } from '../../../parse/powershell/registry-path.ts';
import { descriptorOf, setFilePermissions } from '../../../tools/icacls-command.ts';
import { keyDescriptor, setKeyPermissions } from '../../../tools/key-permissions.ts';
import type { OfflineSystem } from '../../../tools/offline-system.ts';
import { Unresolved } from '../../unresolved.ts';
import type { Value } from '../values.ts';
import type { Cmdlet, CmdletCall } from './cmdlet.ts';
import { AclObject } from './permissions.ts';
import { FILTERS, missing, PATH, type Provider, pathsOf } from './provider.ts';

export function aclCmdlets(system: OfflineSystem, { keys, files, step }: Provider): Readonly<Record<string, Cmdlet>> {
  const onDisk = (path: string): string => {
    if (!system.files.exists(path)) throw missing(path);
    return system.files.onDisk(path).path;
  };
  const getAcl = (call: CmdletCall): Value[] =>
    pathsOf(call, files).flatMap((path) => {
      const key = registryPath(path);
      if (key === null) return [new AclObject(descriptorOf(onDisk(path), system), path)];
      return keys.matching(key, false).map((at) => {
        if (at.hive.key(at.path) === null) throw missing(at.shown);
        return new AclObject(keyDescriptor(at), at.shown);
      });
    });
  const setAcl = (call: CmdletCall): Value[] => {
    const { bound } = call;
    const from = bound.has('aclobject')
      ? bound.get('aclobject')
      : (call.input?.find((item) => item instanceof AclObject) ?? null);
    if (!(from instanceof AclObject)) throw new Unresolved('powershell', 'Set-Acl needs what Get-Acl gave.');
    const { sd } = from;
    const isPiped = call.input?.includes(from) === true;
    for (const path of pathsOf(isPiped ? { ...call, input: null } : call, files)) {
      const key = registryPath(path);
      step(call, () => {
        if (key !== null) for (const at of keys.matching(key, true)) setKeyPermissions(at, sd, system);
        else {
          const place = onDisk(path);
          const before = descriptorOf(place, system);
          setFilePermissions(
            place,
            { ...before, control: sd.control, owner: sd.owner, group: sd.group, dacl: sd.dacl },
            before,
            system,
          );
        }
      });
    }
    return bound.flag('passthru') ? [from] : [];
  };
  return {
    'get-acl': {
      positional: ['path'],
      named: [...FILTERS],
      switches: ['audit', 'allcentralaccesspolicies'],
      aliases: PATH,
      run: getAcl,
    },
    'set-acl': {
      positional: ['path', 'aclobject'],
      named: [...FILTERS],
      switches: ['passthru', 'clearcentralaccesspolicy'],
      aliases: PATH,
      run: setAcl,
    },
  };
}
