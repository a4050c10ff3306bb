// XML as hivexml's documents need it: fast-xml-parser made strict, positions told in lines and columns. The only file
// that imports fast-xml-parser.

import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { UsageError } from '../../base/errors.ts';

/** An element with its attributes as text, references resolved. */
export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  /** All character data directly in it, one after the other. */
  readonly text: string;
  /** Where it starts, in characters from the start of the document. */
  readonly index: number;
}

/** hive, 512 keys, value and string, and room for what is refused with a better message. */
const MAX_NESTED_TAGS = 1100;
/** Where things lie in the file: hivexml writes two for each value, and nothing is made of them. */
const SKIPPED = 'byte_runs';
const POSITION = XMLParser.getMetaDataSymbol() as symbol;
const PREFIX = '@';

/** The document's root element. UsageError BAD_SYNTAX with `data` {line, column}. */
export class XmlDocument {
  readonly root: Element;
  private readonly source: string;

  /** DOCTYPE is refused, and every reference but the five names of XML and numbers of its characters. */
  constructor(source: string) {
    this.source = source.startsWith('\ufeff') ? source.slice(1) : source;
    const verdict = XMLValidator.validate(this.source);
    if (verdict !== true) throw syntaxError(verdict.err.msg, verdict.err.line, verdict.err.col);
    this.refuseDoctype();
    const roots = this.elements(this.parse());
    const [root] = roots;
    if (root === undefined) throw syntaxError('the document does not have an element', 1, 1);
    if (roots[1]) throw this.error('the document has a second root element', roots[1]);
    this.root = root;
  }

  /** The error that `what` is wrong at an element. */
  error(what: string, { index }: { readonly index: number }): UsageError {
    const before = this.source.slice(0, index);
    const lineStart = before.lastIndexOf('\n') + 1;
    return syntaxError(what, before.split('\n').length, index - lineStart + 1);
  }

  private refuseDoctype(): void {
    for (const match of this.source.matchAll(/<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<!DOCTYPE/g)) {
      if (match[0] === '<!DOCTYPE') throw this.error('the document has a DOCTYPE, expected none', match);
    }
  }

  private parse(): RawNode[] {
    const parser = new XMLParser({
      preserveOrder: true,
      ignoreAttributes: false,
      attributeNamePrefix: PREFIX,
      cdataPropName: '#cdata',
      ignoreDeclaration: true,
      ignorePiTags: true,
      trimValues: false,
      parseTagValue: false,
      parseAttributeValue: false,
      // References are resolved below: the parser's own way takes HTML's names and stops at a total length.
      processEntities: false,
      maxNestedTags: MAX_NESTED_TAGS,
      captureMetaData: true,
      jPath: false,
      updateTag: (name) => (name === SKIPPED ? false : name),
    });
    try {
      return parser.parse(this.source) as RawNode[];
    } catch (error) {
      throw syntaxError(error instanceof Error ? error.message : String(error), null, null);
    }
  }

  private elements(nodes: readonly RawNode[]): Element[] {
    const elements: Element[] = [];
    for (const node of nodes) {
      const name = elementName(node);
      if (name !== null) elements.push(this.element(name, node));
    }
    return elements;
  }

  private element(name: string, node: RawNode): Element {
    const place = { index: node[POSITION]?.startIndex ?? 0 };
    const attributes = new Map<string, string>();
    for (const [key, raw] of Object.entries(node[':@'] ?? {})) {
      // XML 1.0, 3.3.3: a line break or tab as such is a blank within an attribute.
      attributes.set(key.slice(PREFIX.length), this.resolve(raw.replace(/[\t\n]/g, ' '), place));
    }
    const content = node[name] as readonly RawNode[];
    return { name, attributes, children: this.elements(content), text: this.textOf(content, place), ...place };
  }

  private textOf(content: readonly RawNode[], place: { readonly index: number }): string {
    let text = '';
    for (const node of content) {
      if (node['#text'] !== undefined) text += this.resolve(node['#text'], place);
      for (const part of node['#cdata'] ?? []) text += part['#text'] ?? '';
    }
    return text;
  }

  private resolve(raw: string, place: { readonly index: number }): string {
    if (!raw.includes('&')) return raw;
    return raw.replace(/&([^;&]*)(;?)/g, (reference, name: string, end: string) => {
      const text = end === ';' ? (NAMED[name] ?? numbered(name)) : undefined;
      if (text === undefined)
        throw this.error(`${reference.slice(0, 20)} is not a reference that XML itself knows`, place);
      return text;
    });
  }
}

interface RawNode {
  readonly [name: string]: unknown;
  readonly [position: symbol]: { readonly startIndex?: number } | undefined;
  readonly ':@'?: Readonly<Record<string, string>>;
  readonly '#text'?: string;
  readonly '#cdata'?: readonly { readonly '#text'?: string }[];
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The character of '#10' or '#xA'; undefined where it is none that XML 1.0 allows. */
function numbered(name: string): string | undefined {
  const match = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name);
  if (!match) return undefined;
  const code = match[1] === undefined ? Number(match[2]) : Number.parseInt(match[1], 16);
  const isChar =
    code === 9 || code === 10 || code === 13 || (code >= 0x20 && code < 0xd800) || (code > 0xdfff && code < 0xfffe);
  return isChar || (code > 0xffff && code <= 0x10ffff) ? String.fromCodePoint(code) : undefined;
}

function elementName(node: RawNode): string | null {
  for (const key of Object.keys(node)) if (key !== ':@' && key !== '#text' && key !== '#cdata') return key;
  return null;
}

function syntaxError(what: string, line: number | null, column: number | null): UsageError {
  const where = line === null ? '' : ` at line ${line}, column ${column}`;
  return new UsageError('BAD_SYNTAX', `${what}${where}`, line === null ? {} : { data: { line, column } });
}
