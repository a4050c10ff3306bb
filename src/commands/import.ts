// import: a .reg file or an XML document into a hive, as edits, or into a new hive.

import { UsageError } from '../base/errors.ts';
import { upcase } from '../base/text.ts';
import { resolveControlSet } from '../compat/reg/names.ts';
import type { Engine } from '../engine/module.ts';
import { longRootName, namesOfKey, prefixResolver, regFileEdits } from '../formats/reg/edits.ts';
import { parseRegFile, type RegFile } from '../formats/reg/reader.ts';
import { buildHive, hivexmlEdits, parseHivexml } from '../formats/xml/hivexml.ts';
import { hiveKind, usualPrefix } from '../hive/kind.ts';
import type { HiveEdit } from '../registry/edit.ts';
import type { Hive } from '../registry/hive.ts';
import { PLAIN_KEY_SDDL } from '../registry/key-tree.ts';
import { WorkingHive } from '../registry/working/working-hive.ts';
import { encodeDescriptor, fromSddl } from '../security/index.ts';

export interface ImportOptions {
  /** .reg: the key that stands for the hive's root; by default where Windows shows a hive of its kind, or '\'. */
  readonly prefix?: string;
  /** .reg: the ANSI code page of a file without a mark; a TextDecoder label. */
  readonly codePage?: string;
}

/** XML begins with '<', after a mark and blanks; nothing else that is imported does. */
export function isXml(bytes: Uint8Array): boolean {
  const start = new TextDecoder().decode(bytes.subarray(0, 256));
  return /^\s*</.test(start);
}

/** hivexml writes UTF-8; text that is not is refused rather than read with signs in place of what stood there. */
function xmlText(file: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file);
  } catch (cause) {
    throw new UsageError('BAD_SYNTAX', 'the XML file is not UTF-8, which hivexml and hivemend export write', { cause });
  }
}

/**
 * The edits that bring a file into `hive`. CurrentControlSet is the one that Select names. UsageError BAD_SYNTAX with
 * line and column, BAD_PATH for a key outside the prefix, BAD_ARGUMENT.
 */
export function importEdits(file: Uint8Array, hive: Hive, options: ImportOptions = {}): HiveEdit[] {
  if (isXml(file)) return hivexmlEdits(parseHivexml(xmlText(file)), hive.name);
  const parsed = parseRegFile(file, codePageOf(options));
  const prefixes = options.prefix === undefined ? ['', usualPrefix(hiveKind(hive))] : [options.prefix];
  const resolve = prefixResolver(hive.name, prefixes);
  return regFileEdits(parsed, (key) => {
    const { hive: name, path } = resolve(key);
    return { hive: name, path: resolveControlSet(hive, path) };
  });
}

function codePageOf(options: ImportOptions): { codePage?: string } {
  return options.codePage === undefined ? {} : { codePage: options.codePage };
}

export interface NewHiveImport extends ImportOptions {
  /** What KeyPath.hive is to say of it. */
  readonly name: string;
  /** 3 or 5; XML that names its own needs none, for a .reg file 5 unless said otherwise. */
  readonly minor?: number;
  /** Stamps what the file gives no time. */
  readonly filetime: bigint;
}

/** A new hive that holds what a file says; the caller closes it. Errors as importEdits and WorkingHive.create. */
export function importNewHive(engine: Engine, file: Uint8Array, options: NewHiveImport): WorkingHive {
  const { name, filetime } = options;
  if (isXml(file)) {
    const parsed = parseHivexml(xmlText(file));
    return buildHive(engine, parsed, {
      name,
      filetime,
      ...(options.minor === undefined ? {} : { minor: options.minor }),
    });
  }
  const parsed = parseRegFile(file, codePageOf(options));
  const resolve = prefixResolver(name, [options.prefix ?? commonPrefix(parsed)]);
  const security = encodeDescriptor(fromSddl(PLAIN_KEY_SDDL));
  const working = WorkingHive.create(engine, { name, minor: options.minor ?? 5, rootName: 'ROOT', security, filetime });
  try {
    working.apply(regFileEdits(parsed, resolve), filetime);
    return working;
  } catch (error) {
    working.close();
    throw error;
  }
}

/**
 * Where a .reg file's keys have their hive's root: HKEY_LOCAL_MACHINE\SYSTEM, HKEY_USERS\.DEFAULT, HKEY_CURRENT_USER,
 * '' for hivexregedit's bare paths. UsageError BAD_ARGUMENT where they belong to several hives.
 */
function commonPrefix(file: RegFile): string {
  const prefixes = new Map<string, string>();
  for (const { key } of file.actions) {
    const names = namesOfKey(key);
    const root = names[0] === undefined ? null : longRootName(names[0]);
    const depth = root === null ? 0 : root === 'HKEY_LOCAL_MACHINE' || root === 'HKEY_USERS' ? 2 : 1;
    const prefix = names.slice(0, depth).join('\\');
    prefixes.set(upcase(prefix), prefix);
  }
  const [first = ''] = prefixes.values();
  if (prefixes.size <= 1) return first;
  throw new UsageError(
    'BAD_ARGUMENT',
    `the .reg file has keys of several hives: ${[...prefixes.values()].join(', ')}`,
    {
      hint: '--prefix says which key is the root of the hive',
    },
  );
}
