// Every cmdlet that is done here, by its name in lower case.

import type { HiveEdit } from '../../../../registry/edit.ts';
import type { OfflineSystem } from '../../../tools/offline-system.ts';
import { aclCmdlets } from './acl-cmdlets.ts';
import type { Cmdlet, Step } from './cmdlet.ts';
import { fileCmdlets } from './file-cmdlets.ts';
import type { FileItems } from './file-items.ts';
import { ItemCmdlets } from './item-cmdlets.ts';
import { OBJECT_CMDLETS } from './object-cmdlets.ts';
import { PRINTING_CMDLETS } from './printing-cmdlets.ts';
import { PropertyCmdlets } from './property-cmdlets.ts';
import type { Provider } from './provider.ts';
import type { RegistryKeys } from './registry-keys.ts';
import { textCmdlets } from './text-cmdlets.ts';

/** Those that work on what a pipeline carries; what is not known goes through them as it is. */
export function passesUnknown(name: string): boolean {
  return Object.hasOwn(OBJECT_CMDLETS, name) && name !== 'foreach-object';
}

/** The table over one disk; `step` is the step that a line becomes where a cmdlet does something. */
export function cmdletTable(
  system: OfflineSystem,
  keys: RegistryKeys,
  files: FileItems,
  step: Step,
  remark: Provider['remark'],
): Readonly<Record<string, Cmdlet>> {
  const edit = (edits: readonly HiveEdit[]): void => {
    system.registry.edit(edits);
  };
  const provider = { keys, files, edit, step, remark, isVerbatim: system.options.isVerbatim };
  const items = new ItemCmdlets(provider);
  return {
    ...OBJECT_CMDLETS,
    ...PRINTING_CMDLETS,
    ...aclCmdlets(system, provider),
    ...fileCmdlets(system, files, step, (call, from, to) => items.moveKey(call, from, to)),
    ...textCmdlets(system, files, step),
    ...new PropertyCmdlets(provider).cmdlets,
    ...items.cmdlets,
  };
}
