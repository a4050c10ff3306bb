// Builds hives of documents, and edits that bring documents into hives.

import { toHex } from '../../base/bytes.ts';
import { UsageError } from '../../base/errors.ts';
import { decodeUtf16le } from '../../base/text.ts';
import type { Engine } from '../../engine/module.ts';
import type { HiveEdit } from '../../registry/edit.ts';
import type { Key } from '../../registry/hive.ts';
import { WorkingHive } from '../../registry/working/working-hive.ts';
import { encodeDescriptor, fromSddl } from '../../security/index.ts';
import type { ParsedHivexml, ParsedKey } from './reader.ts';

export interface BuildOptions {
  /** What KeyPath.hive is to say of it. */
  readonly name: string;
  /** For a document that names none. */
  readonly minor?: number;
  /** Stamps what the document gives no time. */
  readonly filetime: bigint;
}

/** The root's descriptor where the document has none: what Windows gives the roots of SYSTEM and SOFTWARE. */
const ROOT_SDDL = 'O:BAG:SYD:P(A;CI;KR;;;BU)(A;CI;KA;;;BA)(A;CI;KA;;;SY)(A;CI;KA;;;CO)';

const KEY_PREDEFINED = 0x40;
/** The flag that says how the name is stored is the engine's to set. */
const KEY_COMP_NAME = 0x20;
const VALUE_COMP_NAME = 0x1;
const FIRST_BIN_OFFSET = 4096;
const NK_FLAGS_OFFSET = 6;
const VK_FLAGS_OFFSET = 20;

/**
 * A new hive of a document; the caller closes it. Flags are as the document says, but for the one that tells how a name
 * is stored, which the name decides. UsageError BAD_ARGUMENT where neither the document nor the options name a minor
 * version, BAD_VALUE for names, descriptors and flags that no hive can have; RefusedError LIMIT.
 */
export function buildHive(engine: Engine, parsed: ParsedHivexml, options: BuildOptions): WorkingHive {
  const minor = parsed.minor ?? options.minor;
  if (minor === undefined) {
    throw new UsageError('BAD_ARGUMENT', 'the document does not say which minor version the hive has', {
      hint: 'give --minor 3 for a BCD store, --minor 5 for SYSTEM or SOFTWARE',
    });
  }
  const built = WorkingHive.create(engine, {
    name: options.name,
    minor,
    rootName: parsed.root.name,
    security: parsed.root.security ?? encodeDescriptor(fromSddl(ROOT_SDDL)),
    filetime: parsed.lastWritten ?? options.filetime,
  });
  try {
    built.apply(hivexmlEdits(parsed, options.name), options.filetime);
    const image = built.image();
    if (!setFlags(image, built.hive.root, parsed.root)) return built;
    built.close();
    return WorkingHive.open(engine, options.name, { image, view: 'primary' });
  } catch (error) {
    built.close();
    throw error;
  }
}

/** The edits that bring a document into an existing hive, its root at `at`: keys are made, values set, nothing deleted. */
export function hivexmlEdits(parsed: ParsedHivexml, hive: string, at: readonly string[] = []): HiveEdit[] {
  const edits: HiveEdit[] = [];
  const times: HiveEdit[] = [];
  collect(parsed.root, hive, at, edits, times);
  // Last, because making a key stamps its parent.
  return [...edits, ...times];
}

function collect(from: ParsedKey, hive: string, path: readonly string[], edits: HiveEdit[], times: HiveEdit[]): void {
  const key = { hive, path };
  edits.push({ op: 'create-key', key });
  if (from.classBytes !== null) edits.push({ op: 'set-class', key, className: decodeUtf16le(from.classBytes) });
  if (from.security !== null) edits.push({ op: 'set-key-security', key, sdHex: toHex(from.security) });
  for (const { name, value } of from.values) edits.push({ op: 'set-value', key, name, value });
  if (from.lastWritten !== null) times.push({ op: 'set-key-time', key, filetime: from.lastWritten.toString() });
  for (const subkey of from.subkeys) collect(subkey, hive, [...path, subkey.name], edits, times);
}

/** Writes the document's flags into an image that was just built; whether there were any to write. */
function setFlags(image: Uint8Array, key: Key, from: ParsedKey): boolean {
  let isChanged = false;
  const view = new DataView(image.buffer, image.byteOffset);
  const set = (offset: number, flags: number): void => {
    view.setUint16(FIRST_BIN_OFFSET + offset, flags, true);
    isChanged = true;
  };
  const flags = from.flags === null ? key.flags : (from.flags & ~KEY_COMP_NAME) | (key.flags & KEY_COMP_NAME);
  if (flags & KEY_PREDEFINED || flags > 0xffff) {
    throw new UsageError('BAD_VALUE', `the key ${from.name} has flags 0x${flags.toString(16)}, which cannot be built`);
  }
  if (flags !== key.flags) set(key.cellOffset + NK_FLAGS_OFFSET, flags);
  for (const wanted of from.values) {
    const value = wanted.flags === null ? null : key.value(wanted.name);
    if (value === null || wanted.flags === null) continue;
    const valueFlags = (wanted.flags & ~VALUE_COMP_NAME) | (value.flags & VALUE_COMP_NAME);
    if (valueFlags !== value.flags) set(value.cellOffset + VK_FLAGS_OFFSET, valueFlags);
  }
  for (const wanted of from.subkeys) {
    const subkey = key.subkey(wanted.name);
    if (subkey !== null && setFlags(image, subkey, wanted)) isChanged = true;
  }
  return isChanged;
}
