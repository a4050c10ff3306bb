// Reads hivexml's documents, plain ones and those with our lossless attributes, into plain records.

import { fromHex } from '../../base/bytes.ts';
import { HivemendError } from '../../base/errors.ts';
import { decodeUtf16le, encodeUtf16le, upcase } from '../../base/text.ts';
import { isoToFiletime, msToFiletime } from '../../base/time.ts';
import type { RegValue } from '../../registry/edit.ts';
import { encodeDescriptor, fromSddl } from '../../security/index.ts';
import { type Element, XmlDocument } from './document.ts';
import { ATTRIBUTE, ATTRIBUTES, dataOfValue, NAMESPACE } from './types-in-words.ts';

export interface ParsedValue {
  readonly name: string;
  readonly value: RegValue;
  /** The vk flags; null: as the name needs. */
  readonly flags: number | null;
}

export interface ParsedKey {
  readonly name: string;
  /** FILETIME; null where the document has none. */
  readonly lastWritten: bigint | null;
  /** UTF-16LE; null: none. */
  readonly classBytes: Uint8Array | null;
  /** The self-relative descriptor; null: the parent's. */
  readonly security: Uint8Array | null;
  /** The nk flags; null: as the name and place need. */
  readonly flags: number | null;
  readonly values: readonly ParsedValue[];
  readonly subkeys: readonly ParsedKey[];
}

export interface ParsedHivexml {
  /** The minor version that the document names; null: none. */
  readonly minor: number | null;
  /** The base block's last-written FILETIME; null: none. */
  readonly lastWritten: bigint | null;
  readonly root: ParsedKey;
}

/**
 * Reads a document. UsageError BAD_SYNTAX, with `data` {line, column}, for what is no such document and for what plain
 * XML cannot name (a value of an unknown type without its number, a name that holds a replacement character): never
 * guesses. Elements and attributes that are not hivexml's or ours are refused.
 */
export function parseHivexml(text: string): ParsedHivexml {
  const reader = new Reader(new XmlDocument(text));
  return reader.hive();
}

class Reader {
  private readonly document: XmlDocument;

  constructor(document: XmlDocument) {
    this.document = document;
  }

  hive(): ParsedHivexml {
    const { root } = this.document;
    if (root.name !== 'hive') throw this.document.error(`the document is a <${root.name}>, expected a <hive>`, root);
    this.check(root, ATTRIBUTES.hive, ['mtime', 'node']);
    const namespace = root.attributes.get('xmlns:hm');
    if (namespace !== undefined && namespace !== NAMESPACE) {
      throw this.document.error(`the prefix hm stands for ${namespace}, expected ${NAMESPACE}`, root);
    }
    const nodes = root.children.filter(({ name }) => name === 'node');
    const [node] = nodes;
    if (node === undefined || nodes.length > 1) {
      throw this.document.error(`the hive has ${nodes.length} root keys, expected one <node>`, nodes[1] ?? root);
    }
    return {
      minor: this.number(root, ATTRIBUTE.minor),
      lastWritten: this.time(root),
      root: this.key(node, true),
    };
  }

  private key(element: Element, isRoot: boolean): ParsedKey {
    this.check(element, isRoot ? ATTRIBUTES.root : ATTRIBUTES.node, ['mtime', 'node', 'value']);
    const values: ParsedValue[] = [];
    const subkeys: ParsedKey[] = [];
    for (const child of element.children) {
      if (child.name === 'value') values.push(this.value(child));
      else if (child.name === 'node') subkeys.push(this.key(child, false));
    }
    this.refuseTwins(element, 'value', values);
    this.refuseTwins(element, 'node', subkeys);
    return {
      name: this.nameOf(element, 'name'),
      lastWritten: this.time(element),
      classBytes: this.classOf(element),
      security: this.securityOf(element),
      flags: this.number(element, ATTRIBUTE.flags),
      values,
      subkeys,
    };
  }

  private value(element: Element): ParsedValue {
    this.check(element, ATTRIBUTES.value, ['string']);
    const isDefault = element.attributes.get('default') === '1';
    if (isDefault === element.attributes.has('key')) {
      throw this.document.error('a value needs either key="its name" or default="1"', element);
    }
    const strings = element.children.map((child) => {
      this.check(child, [], []);
      return child.text;
    });
    const read = dataOfValue({
      type: element.attributes.get('type'),
      encoding: element.attributes.get('encoding'),
      text: element.attributes.get('value'),
      strings,
      number: this.number(element, ATTRIBUTE.type),
      bytes: this.hex(element, ATTRIBUTE.hex),
    });
    if (typeof read === 'string') throw this.document.error(read, element);
    const name = isDefault ? '' : this.nameOf(element, 'key');
    return { name, value: read, flags: this.number(element, ATTRIBUTE.flags) };
  }

  /** No hive holds two values or subkeys of one name in a key (damaged ones do, and cannot be built again). */
  private refuseTwins(element: Element, kind: string, named: readonly { readonly name: string }[]): void {
    const seen = new Set<string>();
    const twin = named.findIndex(({ name }) => seen.size === seen.add(upcase(name)).size);
    if (twin < 0) return;
    const children = element.children.filter(({ name }) => name === kind);
    throw this.document.error(`the key holds a second <${kind}> "${named[twin]?.name}"`, children[twin] ?? element);
  }

  /** Nothing but these attributes and children; text only where there are no children. */
  private check(element: Element, attributes: readonly string[], children: readonly string[]): void {
    const isDeclared = this.document.root.attributes.has('xmlns:hm');
    for (const name of element.attributes.keys()) {
      if (name.startsWith('hm:') && !isDeclared) {
        throw this.document.error(`<hive> does not have xmlns:hm="${NAMESPACE}", but ${name} is used`, element);
      }
      if (!attributes.includes(name))
        throw this.document.error(`<${element.name}> has an unknown attribute ${name}`, element);
    }
    for (const child of element.children) {
      if (!children.includes(child.name))
        throw this.document.error(`<${element.name}> holds an unknown <${child.name}>`, child);
    }
    if (children.length > 0 && element.text.trim() !== '') {
      throw this.document.error(
        `<${element.name}> holds the text "${element.text.trim().slice(0, 20)}", expected none`,
        element,
      );
    }
  }

  private nameOf(element: Element, attribute: string): string {
    const exact = this.hex(element, ATTRIBUTE.name);
    if (exact !== null) return decodeUtf16le(exact);
    const name = element.attributes.get(attribute);
    if (name === undefined)
      throw this.document.error(`<${element.name}> does not have an attribute ${attribute}`, element);
    if (name.includes('\ufffd')) {
      throw this.document.error(
        `the name "${name}" holds U+FFFD, which stands for what XML cannot name, without ${ATTRIBUTE.name}`,
        element,
      );
    }
    return name;
  }

  private classOf(element: Element): Uint8Array | null {
    const text = element.attributes.get(ATTRIBUTE.className);
    return text === undefined ? this.hex(element, ATTRIBUTE.classHex) : encodeUtf16le(text);
  }

  private securityOf(element: Element): Uint8Array | null {
    const sddl = element.attributes.get(ATTRIBUTE.sddl);
    if (sddl === undefined) return this.hex(element, ATTRIBUTE.security);
    try {
      return encodeDescriptor(fromSddl(sddl));
    } catch (error) {
      if (error instanceof HivemendError) throw this.document.error(error.message, element);
      throw error;
    }
  }

  private time(element: Element): bigint | null {
    const exact = element.attributes.get(ATTRIBUTE.time);
    if (exact !== undefined) {
      if (/^\d{1,20}$/.test(exact) && BigInt(exact) < 1n << 64n) return BigInt(exact);
      throw this.document.error(
        `${ATTRIBUTE.time}="${exact}" is not a FILETIME, expected a decimal number below 2^64`,
        element,
      );
    }
    const mtime = element.children.find(({ name }) => name === 'mtime');
    if (mtime === undefined) return null;
    const filetime = isoToFiletime(mtime.text.trim()) ?? farFiletime(mtime.text.trim());
    if (filetime === null || filetime < 0n) {
      throw this.document.error(`"${mtime.text}" is not a time, expected one like 2024-03-01T12:00:00Z`, mtime);
    }
    return filetime;
  }

  private number(element: Element, attribute: string): number | null {
    const text = element.attributes.get(attribute);
    if (text === undefined) return null;
    const number = /^(?:\d+|0x[0-9a-fA-F]+)$/.test(text) ? Number(text) : Number.NaN;
    if (number <= 0xffff_ffff) return number;
    throw this.document.error(`${attribute}="${text}" is not a number from 0 to 4294967295`, element);
  }

  private hex(element: Element, attribute: string): Uint8Array | null {
    const text = element.attributes.get(attribute);
    if (text === undefined) return null;
    const bytes = fromHex(text.replace(/\s/g, ''));
    if (bytes !== null) return bytes;
    throw this.document.error(`${attribute} is not pairs of hex digits`, element);
  }
}

/** hivexml writes years of five digits; a FILETIME holds them up to 60056. */
function farFiletime(text: string): bigint | null {
  const match = /^(\d{5})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/.exec(text);
  if (!match) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return msToFiletime(Date.UTC(year, month - 1, day, hour, minute, second));
}
