// The hive that keeps a repair from being made: the first of those that it needs in which anything is wrong.

import { FormatError, NotFoundError } from '../../base/errors.ts';
import type { Host } from '../../host.ts';
import { LOGON_HIVES } from '../../repairs/view.ts';
import { expectMachine } from '../../session/machine-view.ts';
import type { RepairRequest } from '../repair.ts';
import { type PreparedRebuild, prepareRebuild } from './rebuild.ts';

const NEEDED = ['SYSTEM', 'SOFTWARE', ...LOGON_HIVES] as const;

/** What a rebuild would make of it, to be disposed of; null where no hive is damaged. @throws as prepareRebuild */
export function damagedHive(
  host: Host,
  request: RepairRequest,
): { readonly hive: string; readonly prepared: PreparedRebuild } | null {
  for (const hive of NEEDED) {
    const prepared = tryPrepare(host, { ...request, hive, orphans: false, acceptLoss: false });
    if (prepared === null) continue;
    if (prepared.facts.way === 'sound') {
      prepared[Symbol.dispose]();
      continue;
    }
    // The wrong disk is not rebuilt either.
    if (request.expect !== undefined && prepared.machine !== null) expectMachine(prepared.machine, request.expect);
    return { hive, prepared };
  }
  return null;
}

function tryPrepare(host: Host, request: Parameters<typeof prepareRebuild>[1]): PreparedRebuild | null {
  try {
    return prepareRebuild(host, request);
  } catch (error) {
    if (error instanceof NotFoundError && error.code === 'HIVE_NOT_FOUND') return null;
    // A layer of a container image: no rebuild is offered of what nothing here writes.
    if (error instanceof FormatError && error.code === 'UNSUPPORTED_VERSION') return null;
    throw error;
  }
}
