// Verify: every image that the engine made is judged before a commit, in structure by the gate, in meaning by the
// independent reader, and once more by a fresh engine.

import { bytesEqual } from '../base/bytes.ts';
import type { DefectCode } from '../base/codes/defects.ts';
import { InternalError, RefusedError, UsageError } from '../base/errors.ts';
import { type Finding, sentenceOf } from '../base/finding.ts';
import { pathWord } from '../base/quote.ts';
import { HiveHandle } from '../engine/handle.ts';
import type { Engine } from '../engine/module.ts';
import { BASE_BLOCK, BASE_BLOCK_SIZE_BYTES, parseBaseBlock } from '../regf/base-block.ts';
import { Cells } from '../regf/cells.ts';
import { MAX_FINDINGS } from '../regf/gate/gate.ts';
import { compareValidation, isHeaderDefect, validate, validateHeader } from '../regf/gate/validate.ts';
import { sharedCells } from '../regf/shared-cells.ts';
import type { Change } from '../registry/edit.ts';
import { proveChanges } from '../registry/proof/diff.ts';
import { openVerifierHive } from '../registry/readers/verifier-hive.ts';
import { parseDescriptor } from '../security/index.ts';
import type { DamagedHive } from './damaged.ts';
import type { LoadedHive, OpenHive } from './open.ts';
import { isRebuilt, type RebuiltHive } from './rebuild/rebuild.ts';
import { isSmallChange, paddedImage, wholePagesOf } from './result-image.ts';
import type { CommitTarget, HiveTarget } from './targets.ts';

/** No file that is written is larger. */
const MAX_FILE_SIZE_BYTES = 0x8000_0000;

/**
 * Something that may be written: a hive whose edits were proven, or a file, folder, move or descriptor that was checked.
 * Made here alone, and good until what it was made of is edited again, also where that is done to its bytes in memory.
 */
export class Proven {
  readonly #target: CommitTarget;
  readonly #isCurrent: () => boolean;

  private constructor(target: CommitTarget, isCurrent: () => boolean) {
    this.#target = target;
    this.#isCurrent = isCurrent;
  }

  /** Errors and findings as verifyEdited. */
  static hive(
    hive: OpenHive,
    facts: Pick<HiveTarget, 'acceptDirty' | 'originalSha256' | 'isFixedSize'>,
  ): { readonly proven: Proven; readonly findings: readonly Finding[] } {
    const findings = verifyEdited(hive);
    const result = hive.image();
    const { path, original, logs, recovery } = hive;
    const target: HiveTarget = { kind: 'hive', path, original, logs, recovery, result, ...facts };
    return { proven: new Proven(target, () => hive.holds(result)), findings };
  }

  /**
   * A hive that was rebuilt, or a sound one (of RebuiltHive's way 'sound'), to lie where `hive` lies. A repair in place of
   * at most 1 MiB of changed pages is written as an edit is, everything else as a hive in the place of another.
   * @throws InternalError for what rebuildImage did not make, or what the gate or the engine refuses.
   */
  static rebuilt(
    engine: Engine,
    hive: DamagedHive,
    rebuilt: RebuiltHive,
    { isOther = false, isFixedSize = false }: { readonly isOther?: boolean; readonly isFixedSize?: boolean } = {},
  ): Proven {
    if (!isRebuilt(rebuilt)) throw new InternalError(`the hive for ${hive.path} was not proven by a rebuild`);
    const { path, original, logs, recovery } = hive;
    // A copy: `rebuilt` shows its own to whoever asked for it.
    const result = paddedImage(
      rebuilt.image,
      Math.max(recovery?.image.byteLength ?? 0, wholePagesOf(original)),
    ).slice();
    const [defect] = validate(result, path);
    if (defect) throw new InternalError(`the rebuilt ${path} fails the gate: ${defect.code}, ${sentenceOf(defect)}`);
    HiveHandle.open(engine, result).close();
    const isInPlace =
      !isOther && rebuilt.way === 'in-place' && recovery?.isUsable === true && isSmallChange(recovery.image, result);
    const target: HiveTarget = {
      kind: 'hive',
      path,
      original,
      logs,
      recovery,
      result,
      // What no log completes is a loss that was told, and accepted, before this.
      acceptDirty: true,
      ...(isFixedSize ? { isFixedSize } : {}),
      ...(isInPlace ? {} : { isReplacement: true }),
    };
    return new Proven(target, () => true);
  }

  /**
   * A hive that was made and then edited, as a file of its own; `before` is what lies at its path (no hive, or nothing).
   * Errors and findings as verifyHive.
   */
  static made(
    engine: Engine,
    hive: OpenHive,
    before: Uint8Array | null,
    descriptor: Uint8Array | null,
  ): { readonly proven: Proven; readonly findings: readonly Finding[] } {
    const after = hive.image();
    const findings = verifyHive(engine, hive, after, hive.changes);
    const target = { kind: 'file', path: hive.path, before, after, ...(descriptor ? { descriptor } : {}) } as const;
    return { proven: new Proven(target, () => hive.holds(after)), findings };
  }

  /** `isCurrent` says whether nothing has been staged since. FormatError BAD_DESCRIPTOR; RefusedError LIMIT. */
  static staged(target: Exclude<CommitTarget, HiveTarget>, isCurrent: () => boolean): Proven {
    if (target.kind === 'descriptor') parseDescriptor(target.after);
    else if (target.kind === 'file' && (target.after?.byteLength ?? 0) > MAX_FILE_SIZE_BYTES) {
      throw new RefusedError(
        'LIMIT',
        `${target.path} would have ${target.after!.byteLength} bytes, expected at most ${MAX_FILE_SIZE_BYTES}`,
      );
    }
    return new Proven(target, isCurrent);
  }

  /** What was proven. @throws InternalError for what was not made here; UsageError BAD_ARGUMENT when it was edited since */
  static targetOf(proven: Proven): CommitTarget {
    if (!(#target in proven)) throw new InternalError('what is to be committed was not proven');
    if (!proven.#isCurrent()) {
      throw new UsageError(
        'BAD_ARGUMENT',
        `${proven.#target.path} was edited after it was proven, so nothing was written`,
        { hint: 'prove it again, then commit' },
      );
    }
    return proven.#target;
  }
}

/** As Proven.targetOf. */
export const provenTarget = (proven: Proven): CommitTarget => Proven.targetOf(proven);

/**
 * Verifies the edits of an open hive; the engine reads the result from then on, so that a large hive is there once. Errors
 * and findings as verifyHive; after an error the hive is not to be used.
 */
export function verifyEdited(hive: OpenHive): readonly Finding[] {
  const findings = checkImage(hive, hive.image(), hive.changes);
  hive.reopen();
  return findings;
}

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
  const findings = checkImage(loaded, result, changes);
  HiveHandle.open(engine, result).close();
  return findings;
}

/** What verifyHive does without the engine. */
function checkImage(loaded: LoadedHive, result: Uint8Array, changes: readonly Change[]): readonly Finding[] {
  const after = validate(result, loaded.path);
  if (after.length >= MAX_FINDINGS) {
    throw new RefusedError(
      'DAMAGED_HIVE',
      `${loaded.path} has more defects than can be compared, so it is not edited`,
      {
        hint: `hivemend inspect --validate ${pathWord(loaded.path)}`,
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
          hint: `hivemend inspect --validate ${pathWord(loaded.path)}`,
          data: { findings: comparison.introduced },
        },
      );
    }
    throw new InternalError(`the edited image of ${loaded.path} fails the gate: ${first.code}, ${sentenceOf(first)}`, {
      data: { findings: comparison.introduced },
    });
  }
  if (comparison.kept.some(({ code }) => SHARING.has(code))) refuseSharedEdit(loaded, result);
  const original = openVerifierHive(loaded.name, loaded.recovery.image, loaded.path, loaded.recovery.view);
  const edited = openVerifierHive(loaded.name, result, loaded.path, loaded.recovery.view);
  proveBaseBlock(loaded, result);
  proveOrRefuse(loaded, () => proveChanges(original, edited, changes));
  return comparison.kept;
}

/** The defects of a hive in which two structures name one cell. */
const SHARING: ReadonlySet<Finding['code']> = new Set<DefectCode>(['CELL_SHARED', 'KEY_LOOP']);

/** A verifier gives what two keys name to one of them: that the other changes with it, no difference of trees would say. */
function refuseSharedEdit({ path, recovery }: LoadedHive, result: Uint8Array): void {
  const cells = new Cells(recovery.image);
  for (const cell of sharedCells(cells, parseBaseBlock(recovery.image, path).rootCellOffset)) {
    const start = BASE_BLOCK_SIZE_BYTES + cell;
    const end = start + 4 + cells.contentSizeBytes(cell);
    if (bytesEqual(recovery.image.subarray(start, end), result.subarray(start, end))) continue;
    throw new RefusedError(
      'DAMAGED_HIVE',
      `${path} is damaged: two places of the hive share the cell at ${cell}, which this edit would change`,
      { hint: `hivemend inspect --validate ${pathWord(path)}`, data: { cellOffset: cell } },
    );
  }
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
      hint: `hivemend inspect --validate ${pathWord(loaded.path)}`,
      data: { findings: defects },
      cause,
    });
  }
}
