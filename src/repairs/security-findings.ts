// What a plan does to the machine's security: a finding for each edit that declares it, with the lines that revert it.

import { toHex } from '../base/bytes.ts';
import type { Finding } from '../base/finding.ts';
import { upcase } from '../base/text.ts';
import type { Change, Edit, HiveEdit, State } from '../registry/edit.ts';
import type { Hive } from '../registry/hive.ts';
import { readData, regValue } from '../registry/value.ts';
import type { PlannedEdit } from './model.ts';
import { elementTitle } from './revert/bcd-place.ts';
import { revertLines } from './revert/revert.ts';
import { keyText } from './rules.ts';
import type { MachineView } from './view.ts';

/** One finding for each of `edits` that raises or lowers security. */
export function securityFindings(view: MachineView, repair: string, edits: readonly PlannedEdit[]): Finding[] {
  return edits.flatMap((planned) => {
    const { security, edit } = planned;
    if (!security) return [];
    const lowers = security.effect === 'lowers';
    return [
      {
        code: lowers ? 'SECURITY_LOWERED' : 'SECURITY_RAISED',
        severity: lowers ? 'warning' : 'info',
        security: security.effect,
        repair,
        revert: revertLines([{ edit, before: stateBefore(view, edit), after: null }]),
        where: whereOf(view, edit),
        text: `${placeOf(edit)}: ${security.text}`,
      },
    ];
  });
}

/**
 * The same for changes that a script made: what they do to security is what `declared` (edits of repairs that would write
 * the same) says of them.
 */
export function securityOfChanges(
  view: MachineView,
  changes: readonly Change[],
  declared: readonly PlannedEdit[],
): Finding[] {
  const known = new Map(declared.map((planned) => [sameEdit(planned.edit), planned.security]));
  return changes.flatMap((change) => {
    const security = known.get(sameEdit(change.edit));
    if (!security) return [];
    const lowers = security.effect === 'lowers';
    return [
      {
        code: lowers ? 'SECURITY_LOWERED' : 'SECURITY_RAISED',
        severity: lowers ? 'warning' : 'info',
        security: security.effect,
        revert: revertLines([change]),
        where: whereOf(view, change.edit),
        text: `${placeOf(change.edit)}: ${security.text}`,
      },
    ];
  });
}

/** Two edits that write the same to one place have one such name, whatever the case of their names. */
function sameEdit(edit: Edit): string {
  const place = 'key' in edit ? [edit.key.hive, ...edit.key.path, 'name' in edit ? edit.name : ''] : [edit.path];
  const data =
    edit.op === 'set-value' ? [edit.value.type, edit.value.hex] : edit.op === 'set-security' ? [edit.sdHex] : [];
  return [edit.op, ...place.map(upcase), ...data].join('\n');
}

function whereOf(view: MachineView, edit: Edit): Finding['where'] {
  if (!('key' in edit)) return { file: edit.path };
  const { hive, path } = edit.key;
  const file = view.hives.find((condition) => condition.hive === hive)?.file ?? hive;
  return { file, key: keyText(hive, path) };
}

function placeOf(edit: Edit): string {
  if (!('key' in edit)) return edit.path;
  const element = edit.key.hive === 'BCD' ? elementTitle(edit.key.path) : null;
  if (element !== null) return element;
  const key = keyText(edit.key.hive, edit.key.path);
  return 'name' in edit ? `${key}\\${edit.name}` : key;
}

function hiveNamed(view: MachineView, name: string): Hive | null {
  return [view.system, view.software, view.bcd?.hive ?? null].find((hive) => hive?.name === name) ?? null;
}

/** What stands at the place of an edit now, as far as a command can bring it back: a value, or a file's descriptor. */
function stateBefore(view: MachineView, edit: Edit): State {
  if (edit.op === 'set-security') {
    const bytes = view.files?.descriptor(edit.path) ?? null;
    return bytes ? { sdHex: toHex(bytes) } : null;
  }
  if (!('key' in edit) || !isValueEdit(edit)) return null;
  const value = hiveNamed(view, edit.key.hive)?.value(edit.key.path, edit.name) ?? null;
  const data = value ? readData(value) : null;
  return value && data ? { value: regValue(value.type, data) } : null;
}

const isValueEdit = (edit: HiveEdit): edit is HiveEdit & { op: 'set-value' | 'delete-value' } =>
  edit.op === 'set-value' || edit.op === 'delete-value';
