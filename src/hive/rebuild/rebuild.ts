// A damaged hive made sound again, in memory: repaired in place where its base block, root and chain of bins are sound,
// else rebuilt as new through the engine. Either result is proven before anybody gets it.

import { FormatError } from '../../base/errors.ts';
import type { Engine } from '../../engine/module.ts';
import { BASE_BLOCK_SIZE_BYTES, HEADER_SIZE_BYTES, parseBaseBlockIfAny } from '../../regf/base-block.ts';
import { NIL } from '../../regf/cells.ts';
import { validate } from '../../regf/gate/validate.ts';
import { LIST, PAGE_SIZE_BYTES, SIGNATURE } from '../../regf/layout.ts';
import { encodeDescriptor, fromSddl } from '../../security/index.ts';
import { CellMap } from '../survey/cell-map.ts';
import { withDeleted } from '../survey/deleted-keys.ts';
import type { Fix, FoundAgain, Loss } from '../survey/losses.ts';
import { type Survey, surveyHive } from '../survey/survey.ts';
import { buildAsNew } from './as-new.ts';
import { canRepairInPlace, repairInPlace } from './in-place.ts';
import { proveRebuild, withBaseBlock } from './prove-rebuild.ts';
import type { LostDescriptors } from './security-ring.ts';

/** SYSTEM and Administrators have everything, nobody else anything. */
const PLAIN_SDDL = 'O:BAG:SYD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)';

export interface RebuildOptions {
  /** What messages call the hive. */
  readonly file: string;
  /** Keys without a known parent are kept below a key of their own. */
  readonly orphans: boolean;
  /** Deleted keys and values are kept, below another key of their own. */
  readonly deleted?: boolean;
  /** SAM and SECURITY: a lost descriptor becomes that of SYSTEM and Administrators alone, never the parent's. */
  readonly isSecret: boolean;
  /** Stamps keys that are made, not read. */
  readonly filetime: bigint;
}

export interface RebuiltHive {
  /** 'sound': nothing is wrong with it, and `image` is what was given. */
  readonly way: 'sound' | 'in-place' | 'as-new';
  /** Why that way, in one sentence. */
  readonly why: string;
  readonly image: Uint8Array;
  readonly losses: readonly Loss[];
  readonly foundAgain: readonly FoundAgain[];
  readonly fixes: readonly Fix[];
  /** Of the result. */
  readonly keyCount: number;
  readonly valueCount: number;
}

/** What rebuildImage gave: nothing else is put in the place of a hive. */
const rebuilt = new WeakSet<RebuiltHive>();

/** Whether `hive` is what rebuildImage returned, and so was proven. */
export const isRebuilt = (hive: RebuiltHive): boolean => rebuilt.has(hive);

/**
 * Rebuilds the image of a hive (after its logs were replayed, where they can be).
 * @throws FormatError NOT_A_HIVE where no key can be read at all, UNSUPPORTED_VERSION for a layered hive (1.6) and for
 *   versions before 1.3; InternalError where the result does not prove right. Nothing is written by this.
 */
export function rebuildImage(engine: Engine, image: Uint8Array, options: RebuildOptions): RebuiltHive {
  const hive = rebuild(engine, image, options);
  rebuilt.add(hive);
  return hive;
}

function rebuild(engine: Engine, image: Uint8Array, options: RebuildOptions): RebuiltHive {
  const header = readHeader(image, options.file);
  const reading = bestReading(image, header, options.orphans);
  const { damaged, map, minorVersion } = reading;
  const survey = options.deleted ? withDeleted(reading.survey, readable(reading), options.file) : reading.survey;
  if (survey.keyCount === 0) {
    throw new FormatError('NOT_A_HIVE', `${options.file} holds no key that can be read, so nothing can be rebuilt`);
  }
  const original = { image: damaged, minorVersion, rootCellOffset: survey.root?.cellOffset ?? null };
  const lostDescriptors = { plain: encodeDescriptor(fromSddl(PLAIN_SDDL)), isPlainForAll: options.isSecret };
  const kept = { keyCount: survey.keyCount, valueCount: survey.valueCount, foundAgain: survey.foundAgain };
  const whyNot = whyNotInPlace(header, map, survey);
  if (whyNot === null) {
    if (validate(damaged, options.file).length === 0) {
      return { ...kept, way: 'sound', why: 'nothing is wrong with it', image: damaged, losses: [], fixes: [] };
    }
    const repaired = repairInPlace(damaged, map, survey, { minorVersion, lostDescriptors });
    proveRebuild(engine, original, repaired.image, survey);
    const why = 'its base block, its root and its chain of bins are sound';
    return { ...kept, way: 'in-place', why, image: repaired.image, losses: survey.losses, fixes: repaired.fixes };
  }
  const built = asNew(engine, damaged, map, survey, { minorVersion, lostDescriptors, filetime: options.filetime });
  return { ...kept, way: 'as-new', why: whyNot, ...built };
}

/** The hive under a base block that can be read. */
function readable({ damaged, minorVersion, survey }: Reading): Uint8Array {
  return withBaseBlock(damaged, minorVersion, survey.root?.cellOffset ?? NIL);
}

interface Reading {
  readonly damaged: Uint8Array;
  readonly map: CellMap;
  readonly minorVersion: number;
  readonly survey: Survey;
}

/**
 * The hive read as its base block says; where that loses something, also as long as the file is and as the version that its
 * records tell, since the base block may be damaged or another hive's. What loses least is taken.
 */
function bestReading(image: Uint8Array, header: HeaderRead, orphans: boolean): Reading {
  const whole = wholePages(image);
  const stated = header.sizeBytes === null ? whole : image.subarray(0, header.sizeBytes);
  let best = readingOf(stated, header, orphans);
  for (const [bytes, read] of [
    [whole, header],
    [stated, { ...header, minorVersion: null }],
    [whole, { ...header, minorVersion: null }],
  ] as const) {
    if (best.survey.losses.length === 0) break;
    const other = readingOf(bytes, read, orphans);
    if (other.survey.losses.length < best.survey.losses.length) best = other;
  }
  const hiding = best.survey.losses.flatMap(({ cellOffset }) => best.map.hidingBin(cellOffset ?? 0) ?? []);
  if (hiding.length === 0) return best;
  const other = readingOf(best.damaged, { ...header, minorVersion: best.minorVersion }, orphans, new Set(hiding));
  return other.survey.losses.length < best.survey.losses.length ? other : best;
}

function readingOf(
  damaged: Uint8Array,
  header: HeaderRead,
  orphans: boolean,
  distrusted?: ReadonlySet<number>,
): Reading {
  const map = new CellMap(damaged, header.fileSizeBytes, distrusted);
  const minorVersion = header.minorVersion ?? guessMinor(map);
  const { rootCellOffset, isWhole } = header;
  const survey = surveyHive(map, { minorVersion, rootCellOffset, isRootKnown: isWhole, orphans });
  return { damaged, map, minorVersion, survey };
}

function asNew(
  engine: Engine,
  damaged: Uint8Array,
  map: CellMap,
  survey: Survey,
  options: { minorVersion: number; lostDescriptors: LostDescriptors; filetime: bigint },
): Pick<RebuiltHive, 'image' | 'losses' | 'fixes'> {
  const built = buildAsNew(engine, damaged, map, survey, options);
  const losses = [...survey.losses, ...built.losses];
  const original = {
    image: damaged,
    minorVersion: options.minorVersion,
    rootCellOffset: survey.root?.cellOffset ?? null,
  };
  proveRebuild(engine, original, built.image, { ...survey, losses });
  return { ...built, losses };
}

interface HeaderRead {
  /** Of the file, which may end within a page. */
  readonly fileSizeBytes: number;
  /** Null where the base block does not say one that can be believed. */
  readonly minorVersion: number | null;
  readonly rootCellOffset: number | null;
  /** Base block and bins, where the base block says how long they are and that much is there. */
  readonly sizeBytes: number | null;
  /** Whether its checksum is right. */
  readonly isWhole: boolean;
}

function readHeader(image: Uint8Array, file: string): HeaderRead {
  const fileSizeBytes = image.byteLength;
  const nothing = { fileSizeBytes, minorVersion: null, rootCellOffset: null, sizeBytes: null, isWhole: false };
  if (image.byteLength < HEADER_SIZE_BYTES) return nothing;
  const base = parseBaseBlockIfAny(image, file);
  if (base === null) return nothing;
  const isKnown = base.majorVersion === 1 && base.minorVersion >= 3 && base.minorVersion <= 5;
  if (!isKnown && base.isChecksumRight) {
    throw new FormatError(
      'UNSUPPORTED_VERSION',
      `${file} is of version ${base.majorVersion}.${base.minorVersion}, expected 1.3 to 1.5 to rebuild it`,
    );
  }
  const sizeBytes = BASE_BLOCK_SIZE_BYTES + base.binsSizeBytes;
  const isSizeKnown =
    base.isChecksumRight && sizeBytes <= image.byteLength && base.binsSizeBytes % PAGE_SIZE_BYTES === 0;
  return {
    fileSizeBytes,
    minorVersion: isKnown ? base.minorVersion : null,
    rootCellOffset: base.rootCellOffset,
    isWhole: base.isChecksumRight,
    sizeBytes: isSizeKnown && base.binsSizeBytes > 0 ? sizeBytes : null,
  };
}

/** As many pages as the file has, the last filled with zeros where the file is cut in it. */
function wholePages(image: Uint8Array): Uint8Array {
  const pages = Math.max(1, Math.ceil(image.byteLength / PAGE_SIZE_BYTES));
  if (image.byteLength === pages * PAGE_SIZE_BYTES) return image;
  const padded = new Uint8Array(pages * PAGE_SIZE_BYTES);
  padded.set(image);
  return padded;
}

/** Lists with hashes are of version 1.5, big data of 1.4 and later. */
function guessMinor(map: CellMap): number {
  let isBig = false;
  for (const cell of map.allocated()) {
    if (map.isRecord(cell, SIGNATURE.lh, LIST.elements)) return 5;
    isBig ||= map.isRecord(cell, SIGNATURE.db, 8);
  }
  return isBig ? 4 : 3;
}

function whyNotInPlace(header: HeaderRead, map: CellMap, survey: Survey): string | null {
  if (header.minorVersion === null) return 'its base block cannot be read';
  if (survey.root === null || survey.root.cellOffset !== header.rootCellOffset) return 'its root cannot be read';
  if (map.chainProblem !== null) return `its chain of bins is broken: ${map.chainProblem}`;
  return canRepairInPlace(survey) ? null : 'orphans or deleted records were asked for';
}
