// Text in XML: what it can hold, and what is written in its place where it cannot.

/** Anything that is not simply itself in an attribute: markup, control characters, surrogates, non-characters. */
const SPECIAL = /[<>&"\u0000-\u001f\ud800-\udfff\ufffe\uffff]/;
/** What no XML 1.0 document can hold. */
const FORBIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const EVERY_FORBIDDEN = new RegExp(FORBIDDEN, 'g');

const REFERENCES: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

export function isXmlText(text: string): boolean {
  return !SPECIAL.test(text) || !FORBIDDEN.test(text);
}

/** The text of an attribute's value, of text that XML can hold. */
export function attributeText(text: string): string {
  return SPECIAL.test(text) ? text.replace(/[<>&"\t\n\r]/g, (character) => REFERENCES[character]!) : text;
}

/** The text of an element's content, of text that XML can hold: line feeds and tabs stay. */
export function contentText(text: string): string {
  return SPECIAL.test(text) ? text.replace(/[<>&"\r]/g, (character) => REFERENCES[character]!) : text;
}

/** The text of an attribute that holds a name: what XML cannot hold becomes U+FFFD. */
export function xmlName(name: string): string {
  return SPECIAL.test(name) ? attributeText(name.replace(EVERY_FORBIDDEN, '\ufffd')) : name;
}
