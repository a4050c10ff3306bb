// Verify: every image that the engine made is judged before a commit, in structure by the gate, in meaning by the
// independent reader, and once more by a fresh engine.

import { InternalError, RefusedError } from '../base/errors.ts';
import { type Finding, sentenceOf } from '../base/finding.ts';
import { HiveHandle } from '../engine/handle.ts';
import type { Engine } from '../engine/module.ts';
import { BASE_BLOCK, BASE_BLOCK_SIZE_BYTES } from '../regf/base-block.ts';
import { MAX_FINDINGS } from '../regf/gate/gate.ts';
import { compareValidation, isHeaderDefect, validate, validateHeader } from '../regf/gate/validate.ts';
import type { Change } from '../registry/edit.ts';
import { proveChanges } from '../registry/proof/diff.ts';
import { openVerifierHive } from '../registry/readers/verifier-hive.ts';
import type { LoadedHive } from './open.ts';

/**
 * Proves that `result` is a sound hive that differs from what was loaded in `changes` and nothing else.
 * @returns findings about defects that were there before and stay as they were.
 * @throws RefusedError DAMAGED_HIVE when the edits touch or worsen a defect that was there; InternalError when the
 *   engine's result is not what was planned. Nothing was written in either case.
 */
export function verifyHive(
  engine: Engine,
  loaded: LoadedHive,
  result: Uint8Array,
  changes: readonly Change[],
): readonly Finding[] {
  const after = validate(result, loaded.path);
  if (after.length >= MAX_FINDINGS) {
    throw new RefusedError(
      'DAMAGED_HIVE',
      `${loaded.path} has more defects than can be compared, so it is not edited`,
      {
        hint: `hivemend inspect --validate ${loaded.path}`,
      },
    );
  }
  const comparison = compareValidation(defectsBefore(loaded, after), after);
  if (comparison.introduced.length > 0) {
    const before = validate(loaded.recovery.image, loaded.path);
    const first = comparison.introduced[0]!;
    // A key can hold a cell that it does not count (a class of length zero): deleting the key leaves it behind.
    const isLeftBehind = comparison.introduced.every((finding) => finding.code === 'CELL_LEAKED');
    if (isLeftBehind || before.some((finding) => finding.severity === 'error')) {
      throw new RefusedError(
        'DAMAGED_HIVE',
        `${loaded.path} has defects that this edit would touch: ${sentenceOf(first)}`,
        {
          hint: `hivemend inspect --validate ${loaded.path}`,
          data: { findings: comparison.introduced },
        },
      );
    }
    throw new InternalError(`the edited image of ${loaded.path} fails the gate: ${first.code}, ${sentenceOf(first)}`, {
      data: { findings: comparison.introduced },
    });
  }
  const original = openVerifierHive(loaded.name, loaded.recovery.image, loaded.path, loaded.recovery.view);
  const edited = openVerifierHive(loaded.name, result, loaded.path, loaded.recovery.view);
  proveBaseBlock(loaded, result);
  proveOrRefuse(loaded, () => proveChanges(original, edited, changes));
  HiveHandle.open(engine, result).close();
  return comparison.kept;
}

/** The defects of the original that those of the result can be compared with: the others are not asked for. */
function defectsBefore({ recovery, path }: LoadedHive, after: readonly Finding[]): readonly Finding[] {
  if (after.length === 0) return [];
  return after.every(isHeaderDefect) ? validateHeader(recovery.image, path) : validate(recovery.image, path);
}

/** No edit changes more of the base block than how long the bins are; a commit then stamps it, and says so to the log. */
function proveBaseBlock({ recovery, path }: LoadedHive, result: Uint8Array): void {
  for (let at = 0; at < BASE_BLOCK_SIZE_BYTES; at += 1) {
    const word = at & ~3;
    if (recovery.image[at] === result[at] || word === BASE_BLOCK.binsSize || word === BASE_BLOCK.checksum) continue;
    throw new InternalError(`the edited ${path} differs from its plan at byte ${at} of the base block`);
  }
}

/** Where keys of a damaged hive share cells or cannot be read whole, an edit is more than was planned: not our fault. */
function proveOrRefuse(loaded: LoadedHive, prove: () => void): void {
  try {
    prove();
  } catch (cause) {
    if (!(cause instanceof InternalError)) throw cause;
    const defects = validate(loaded.recovery.image, loaded.path).filter((finding) => finding.severity === 'error');
    if (defects.length === 0) throw cause;
    throw new RefusedError('DAMAGED_HIVE', `${loaded.path} is damaged, and ${cause.message}`, {
      hint: `hivemend inspect --validate ${loaded.path}`,
      data: { findings: defects },
      cause,
    });
  }
}
