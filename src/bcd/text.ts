// Elements as people read and type them, in bcdedit's words.

import { printable } from '../base/text.ts';
import type { ElementData } from './data.ts';
import { elementData } from './data.ts';
import type { Device, DeviceElement, DeviceIdentity } from './device.ts';
import { encodeDevice, encodeRamdisk, identityText, isSamePartition, parseIdentity } from './device.ts';
import type { ElementInfo } from './elements/elements.ts';
import { elementKeyName } from './elements/elements.ts';
import { valueOfWord, valueWord } from './elements/value-names.ts';
import { aliasOf, DEFAULT_ALIAS, idOf } from './objects.ts';
import type { BcdElement } from './store.ts';

/** The partition behind a drive letter; null where it is not known. */
export type PartitionLookup = (letter: string) => DeviceIdentity | null;

/** How identifiers and partitions are shown. */
export interface TextStyle {
  /** GUIDs in full, without aliases. */
  readonly verbose: boolean;
  /** A script reads it on: nothing but what bcdedit prints. */
  readonly isForScript?: boolean;
  /** What {default} names, so that it can be shown as {default}; null: nothing. */
  readonly defaultId: string | null;
  readonly partition: PartitionLookup;
}

/** The name that /enum prints: bcdedit's, else custom:<number>. */
export function elementLabel(element: BcdElement): string {
  return element.info.name ?? `custom:${elementKeyName(element.id).toUpperCase()}`;
}

/** An identifier as /enum prints it. */
export function idText(id: string, style: TextStyle): string {
  const name = aliasOf(id) ?? (id === style.defaultId ? '{default}' : null);
  return style.verbose || name === null ? printable(id) : name;
}

/** An element's data as lines; one for most, one an entry for lists. Data from the disk are made safe to print. */
export function elementLines(info: ElementInfo, data: ElementData, style: TextStyle): readonly string[] {
  switch (data.format) {
    case 'boolean':
      return [data.value ? 'Yes' : 'No'];
    case 'integer':
      return [integerText(info, data.value)];
    case 'integer-list':
      return data.value.map((value) => `0x${value.toString(16)}`);
    case 'string':
      return [printable(data.value)];
    case 'guid':
      return [idText(data.value.toLowerCase(), style)];
    case 'guid-list':
      return data.value.map((id) => idText(id.toLowerCase(), style));
    case 'device':
      return [deviceText(data.value, style)];
    case 'malformed':
      return [`(malformed, ${data.bytes.byteLength} bytes of type ${data.type})`];
  }
}

function integerText(info: ElementInfo, value: bigint): string {
  if (info.name === 'hostip') return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  return valueWord(info, value) ?? (info.name === null ? `0x${value.toString(16)}` : value.toString());
}

/** A device as bcdedit prints it; a partition without a known drive letter by its identity, as --partition takes it. */
export function deviceText({ device, optionsId }: DeviceElement, style: TextStyle): string {
  if (device.kind === 'partition') return `partition=${placeText(device, style)}`;
  if (device.kind !== 'file' && device.kind !== 'ramdisk' && device.kind !== 'vhd') return placeText(device, style);
  const options = optionsId === null ? '' : `,${idText(optionsId, style)}`;
  return `${device.kind}=[${placeText(device.parent, style)}]${printable(device.path)}${options}`;
}

function placeText(device: Device, style: TextStyle): string {
  switch (device.kind) {
    case 'boot':
      return 'boot';
    case 'partition':
      return letterOf(device.partition, style.partition) ?? identityText(device.partition);
    case 'locate':
      if (device.element !== null) return `locate=custom:${elementKeyName(device.element)}`;
      return device.path ? `locate=${printable(device.path)}` : 'locate';
    case 'other':
      return 'unknown';
    default:
      return deviceText({ device, optionsId: null }, style);
  }
}

function letterOf(partition: DeviceIdentity, lookup: PartitionLookup): string | null {
  for (const letter of 'CDEFGHIJKLMNOPQRSTUVWXYZAB') {
    const known = lookup(letter);
    if (known && isSamePartition(known, partition)) return `${letter}:`;
  }
  return null;
}

/** Why typed text is not data of an element. */
export type TextFault = 'boolean' | 'integer' | 'identifier' | 'device' | 'no-identity' | 'count' | 'unsupported';

export type ParsedText = { readonly data: ElementData } | { readonly fault: TextFault };

const TRUE_WORDS = ['1', 'on', 'yes', 'true'];
const FALSE_WORDS = ['0', 'off', 'no', 'false'];

/** The data that typed words mean for an element. {default} stands for `defaultId` in identifiers. */
export function parseElement(info: ElementInfo, words: readonly string[], style: TextStyle): ParsedText {
  const [word] = words;
  if (word === undefined) return { fault: 'count' };
  if (info.format === 'guid-list') return parseIds(words, style);
  if (info.format === 'integer-list') return parseIntegers(words);
  if (words.length > 1) return { fault: 'count' };
  switch (info.format) {
    case 'boolean': {
      if (TRUE_WORDS.includes(word.toLowerCase())) return { data: elementData.boolean(true) };
      return FALSE_WORDS.includes(word.toLowerCase()) ? { data: elementData.boolean(false) } : { fault: 'boolean' };
    }
    case 'integer': {
      const value = parseInteger(info, word);
      return value === null ? { fault: 'integer' } : { data: elementData.integer(value) };
    }
    case 'string':
      return { data: elementData.string(word) };
    case 'guid': {
      const id = parseId(word, style);
      return id === null ? { fault: 'identifier' } : { data: elementData.guid(id) };
    }
    case 'device':
      return parseDevice(word, style);
    default:
      return { fault: 'unsupported' };
  }
}

/** A word of the element, a decimal or 0x number of 64 bits, or an address for hostip. */
function parseInteger(info: ElementInfo, word: string): bigint | null {
  const named = valueOfWord(info, word);
  if (named !== null) return named;
  const address = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(word);
  if (info.name === 'hostip' && address) {
    const parts = address.slice(1).map(BigInt);
    return parts.every((part) => part < 256n) ? parts.reduce((sum, part) => (sum << 8n) | part, 0n) : null;
  }
  if (!/^(?:\d{1,20}|0x[0-9a-f]{1,16})$/i.test(word)) return null;
  const value = BigInt(word);
  return value < 1n << 64n ? value : null;
}

function parseId(word: string, style: TextStyle): string | null {
  const id = idOf(word);
  return id === DEFAULT_ALIAS ? style.defaultId : id;
}

function parseIds(words: readonly string[], style: TextStyle): ParsedText {
  const ids = words.map((word) => parseId(word, style));
  return ids.every((id) => id !== null) ? { data: elementData.guids(ids) } : { fault: 'identifier' };
}

function parseIntegers(words: readonly string[]): ParsedText {
  const numbers = words.flatMap((word) => word.split(',')).filter((word) => word !== '');
  if (!numbers.every((word) => /^(?:\d{1,19}|0x[0-9a-f]{1,16})$/i.test(word))) return { fault: 'integer' };
  return { data: elementData.integers(numbers.map(BigInt)) };
}

/** boot, partition=X: or ramdisk=[boot|X:]path,{options} with the letter's identity known, or partition= with the identity itself. Others are read and kept, but never made. */
function parseDevice(word: string, style: TextStyle): ParsedText {
  const lookup = style.partition;
  if (word.toLowerCase() === 'boot') return plainDevice({ kind: 'boot' });
  const named = /^(?:partition|hd_partition)=((?:gpt|mbr):.+)$/i.exec(word);
  const given = named ? parseIdentity(named[1]!) : null;
  if (given) return plainDevice({ kind: 'partition', partition: given });
  const ramdisk = /^ramdisk=\[(boot|[a-z]:)\\?\](\\?[^,]+)(?:,(\{[^{}]+\}))?$/i.exec(word);
  if (ramdisk) return parseRamdisk(ramdisk, style);
  const partition = /^(?:partition|hd_partition)=([a-z]):\\?$/i.exec(word);
  if (!partition) return { fault: /^(?:file|ramdisk|vhd|locate)\b/i.test(word) ? 'unsupported' : 'device' };
  const identity = lookup(partition[1]!.toUpperCase());
  return identity ? plainDevice({ kind: 'partition', partition: identity }) : { fault: 'no-identity' };
}

function parseRamdisk([, place, path, options]: RegExpExecArray, style: TextStyle): ParsedText {
  const isBoot = /^boot$/i.test(place!);
  const identity = isBoot ? null : style.partition(place![0]!.toUpperCase());
  if (!isBoot && !identity) return { fault: 'no-identity' };
  const optionsId = options === undefined ? null : parseId(options, style);
  if (options !== undefined && optionsId === null) return { fault: 'identifier' };
  const parent: Device & { readonly kind: 'boot' | 'partition' } = identity
    ? { kind: 'partition', partition: identity }
    : { kind: 'boot' };
  const bytes = encodeRamdisk(parent, `\\${path!.replace(/^\\/, '')}`, optionsId);
  return bytes ? { data: elementData.device(bytes) } : { fault: 'device' };
}

function plainDevice(device: Device & { readonly kind: 'boot' | 'partition' }): ParsedText {
  const bytes = encodeDevice(device);
  return bytes ? { data: elementData.device(bytes) } : { fault: 'device' };
}
