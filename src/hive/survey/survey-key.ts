// What a key of a damaged hive has beside its record: its class name, its security descriptor, and the hash that its
// parent's list keeps of its name.

import { upcase, upcaseUnit } from '../../base/text.ts';
import { MAX_KEY_NAME_UNITS, NK, NK_FLAG } from '../../regf/layout.ts';
import type { CellMap } from './cell-map.ts';
import type { Ledger } from './ledger.ts';
import type { ReadKey } from './read-key.ts';
import { readClass, readDescriptor } from './records.ts';

type OwnParts = Pick<ReadKey, 'classBytes' | 'descriptor' | 'isClassShared'>;

/** Reads both, and notes what is lost of them. */
export function readOwnParts(map: CellMap, ledger: Ledger, cellOffset: number, path: readonly string[]): OwnParts {
  const [classCell, securityCell] = [NK.class, NK.security].map((field) => map.cells.u32(cellOffset, field));
  const classBytes = readClass(map, cellOffset);
  const isWhole = classBytes !== null && classBytes !== 'bad';
  const isClassShared = isWhole && (ledger.isOfKeys(classCell!) || !ledger.claim(classCell!));
  const isKept = isWhole && (!isClassShared || ledger.mayShare(classBytes.byteLength));
  if (classBytes === 'bad' || isKept !== isWhole) {
    const why = isWhole ? "its class is another's" : 'its class is not whole';
    ledger.lose({ what: 'class', cellOffset: classCell!, path, why });
  }
  const descriptor = readDescriptor(map, securityCell!);
  if (descriptor === null) {
    const why = 'its security record cannot be read';
    ledger.lose({ what: 'descriptor', how: 'replaced', cellOffset: securityCell!, path, why });
  }
  return { classBytes: isKept ? classBytes : null, descriptor, isClassShared };
}

/** 1 / 37 modulo 2 to the 32: a hash is a sum of units times powers of 37. */
const INVERSE_OF_37 = 0x914c_1bad;
const BACKSLASH = 0x5c;

/**
 * Holds the name of a key, the last of `path`, against the hash that a list keeps of it. Where one other character would
 * fit, the name was damaged, and Windows does not find the key by the name that it had; else which of the two is wrong
 * cannot be told.
 */
export function checkName(
  map: CellMap,
  ledger: Ledger,
  cellOffset: number,
  path: readonly string[],
  hash: number,
): void {
  const name = upcase(path.at(-1)!);
  let own = 0;
  for (let i = 0; i < name.length; i += 1) own = (Math.imul(own, 37) + name.charCodeAt(i)) | 0;
  if (own === (hash | 0)) return;
  const had = nameOfHash(name, (hash - own) | 0) ?? nameOfLength(map, cellOffset, hash | 0);
  if (had === null) {
    ledger.again(cellOffset, path, 'its list keeps the hash of another name: one of the two was damaged');
    return;
  }
  const why = `its list keeps the hash of ${had}: the name was damaged, and the key stands under what is left`;
  ledger.lose({ what: 'key', how: 'replaced', cellOffset, path: [...path.slice(0, -1), had], name: had, why });
  ledger.again(cellOffset, path, `its name was damaged: its list keeps the hash of ${had}`);
}

/** The upper-cased name of another length, in the same cell, that has the hash; else null. */
function nameOfLength({ cells }: CellMap, cellOffset: number, hash: number): string | null {
  const isByte = (cells.u16(cellOffset, NK.flags) & NK_FLAG.compressedName) !== 0;
  const step = isByte ? 1 : 2;
  const bytes = cells.content(cellOffset)!;
  let [own, name] = [0, ''];
  for (let at = NK.name; at + step <= bytes.byteLength && name.length < MAX_KEY_NAME_UNITS; at += step) {
    const unit = upcaseUnit(isByte ? bytes[at]! : cells.u16(cellOffset, at));
    own = (Math.imul(own, 37) + unit) | 0;
    name += String.fromCharCode(unit);
    if (own === hash) return name;
  }
  return null;
}

/** The upper-cased name whose hash differs by `difference`, where one character makes it; else null. */
function nameOfHash(name: string, difference: number): string | null {
  let change = difference;
  for (let i = name.length - 1; i >= 0; i -= 1) {
    const unit = name.charCodeAt(i) + change;
    if (unit >= 0x20 && unit <= 0xff && unit !== BACKSLASH && upcaseUnit(unit) === unit) {
      return name.slice(0, i) + String.fromCharCode(unit) + name.slice(i + 1);
    }
    change = Math.imul(change, INVERSE_OF_37);
  }
  return null;
}
