// Text in a document as libxml2 writes it.

const REFERENCES: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** What XML has no way to write, unpaired surrogates included. */
const NOT_XML = /[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const EVERY_NOT_XML = new RegExp(NOT_XML, 'gu');

/** Whether XML can hold it as it is. */
export function isXmlText(text: string): boolean {
  return !NOT_XML.test(text);
}

/** The text of an attribute; what XML cannot hold becomes U+FFFD. */
export function attributeText(text: string): string {
  return wellFormed(text).replace(/[<>&"\t\n\r]/g, (character) => REFERENCES[character]!);
}

/** The same between tags, where tabs and line feeds stay. */
export function contentText(text: string): string {
  return wellFormed(text).replace(/[<>&"\r]/g, (character) => REFERENCES[character]!);
}

/** With the space before it. */
export function attribute(name: string, text: string): string {
  return ` ${name}="${attributeText(text)}"`;
}

function wellFormed(text: string): string {
  return isXmlText(text) ? text : text.replace(EVERY_NOT_XML, '\ufffd');
}
