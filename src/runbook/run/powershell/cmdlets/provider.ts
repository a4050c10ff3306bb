// What the cmdlets on keys, values and files have in common: paths, steps, and what they say of what is not there.

import type { HiveEdit } from '../../../../registry/edit.ts';
import type { Remark } from '../../../lint/rules.ts';
import { ToolFailure, Unresolved } from '../../unresolved.ts';
import { known, oneValue, PsObject, textOf, type Value } from '../values.ts';
import type { CmdletCall, Step } from './cmdlet.ts';
import type { FileItems } from './file-items.ts';
import type { RegistryKeys } from './registry-keys.ts';

export const PATH = { literalpath: 'path', pspath: 'path', lp: 'path' } as const;
export const FILTERS = ['filter', 'include', 'exclude', 'credential'] as const;

export interface Provider {
  readonly keys: RegistryKeys;
  readonly files: FileItems;
  readonly edit: (edits: readonly HiveEdit[]) => void;
  readonly step: Step;
  readonly remark: (remark: Remark) => void;
  /** What PowerShell does is done to the letter. */
  readonly isVerbatim: boolean;
}

/** The paths of a call: given, or of what the pipe brings. */
export function pathsOf({ bound, input }: CmdletCall, files: FileItems): string[] {
  const from = bound.has('path') ? bound.get('path') : oneValue(input ?? []);
  const all = Array.isArray(from) ? from : from === null ? [] : [from];
  if (all.length === 0 && input === null) throw new Unresolved('cut-line', '-path is missing.');
  return all.flatMap((item) => files.ofEachUser(files.located(pathOf(known(item)))));
}

/** A path, or the object that has one. */
function pathOf(value: Value): string {
  if (!(value instanceof PsObject)) return textOf(value);
  const path = value.properties.get('PSPath') ?? value.properties.get('FullName') ?? value.properties.get('Path');
  return path === null ? textOf(value) : textOf(known(path));
}

export function missing(shown: string): ToolFailure {
  return new ToolFailure(`Cannot find path '${shown}' because it does not exist.`);
}

/** A control set that is not there: the edit is left out further on, with its own remark. */
export function isNewControlSet(at: ReturnType<RegistryKeys['resolve']>): boolean {
  return /^ControlSet\d{3}$/i.test(at.path[0] ?? '') && at.hive.key([at.path[0]!]) === null;
}
