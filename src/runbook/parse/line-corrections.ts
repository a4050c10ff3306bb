// What is corrected in a line before it is parsed: characters that cmd.exe would misread, remains of HTML, placeholders.

import type { Remark, RuleId } from '../lint/rules.ts';
import { withoutPrivate } from './marks.ts';
import { shieldPlaceholders } from './placeholder.ts';
import type { SourceLine } from './source.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  gt: '>',
  lt: '<',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  '#39': "'",
  '#34': '"',
};
const TAG = /<\/?(?:i|b|u|em|strong|br|p|span|code|kbd|a|li|div)(?:\s[^<>]*)?\/?>/gi;

/** The line as it was meant; what was corrected is added to `remarks`. */
export function correctLine(line: SourceLine, remarks: Remark[]): SourceLine {
  let text = withoutPrivate(line.text);
  const remark = (rule: RuleId, index: number, what: string): void => {
    remarks.push({ rule, line: line.line, column: line.column + index, text: what });
  };
  const replace = (
    rule: RuleId,
    pattern: RegExp,
    by: (match: string) => string,
    what: string,
    isMeant: (at: number) => boolean = () => true,
  ): void => {
    const first = [...text.matchAll(new RegExp(pattern, 'gi'))].find((match) => isMeant(match.index));
    if (!first) return;
    remark(rule, first.index, what);
    text = text.replace(new RegExp(pattern, 'gi'), (match, ...rest) =>
      isMeant(rest.find((one): one is number => typeof one === 'number')!) ? by(match) : match,
    );
  };
  replace(
    'odd-space',
    /[\u00a0\u2000-\u200b\u202f\u205f\u3000\ufeff]/g,
    (match) => (/[\u200b\ufeff]/.test(match) ? '' : ' '),
    'A blank here is not one to cmd.exe; it is taken for one.',
  );
  replace('html-residue', TAG, () => '', 'A tag of the page stands in the command; it is dropped.');
  replace(
    'html-residue',
    /&(?:gt|lt|amp|quot|apos|nbsp|#39|#34);/gi,
    (match) => ENTITIES[match.slice(1, -1).toLowerCase()] ?? match,
    'An HTML entity stands in the command; it is read as its character.',
  );
  // Between two straight quotes a typographic one is a part of the text.
  const quotes = [...text.matchAll(/"/g)].map(({ index }) => index);
  const isBare = (at: number): boolean => quotes.length % 2 !== 0 || quotes.filter((i) => i < at).length % 2 === 0;
  replace(
    'curly-quote',
    /[\u201c-\u201f\u2033\u00ab\u00bb]/g,
    () => '"',
    'A typographic quote is read as a straight one.',
    isBare,
  );
  replace('curly-quote', /[\u2018-\u201b\u2032]/g, () => "'", 'A typographic quote is read as a straight one.', isBare);
  replace(
    'curly-quote',
    /(?<=\s)[\u2013\u2014\u2212](?=[A-Za-z])/g,
    () => '-',
    'A typographic dash before a switch is read as a hyphen.',
  );
  return { ...line, text: shieldPlaceholders(text) };
}

/** A command that a page breaks over several lines, paths on lines of their own: joined where nothing else can be meant. */
export function joinSplitLines(lines: readonly SourceLine[], remarks: Remark[]): SourceLine[] {
  const joined: SourceLine[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i]!;
    const [first, second] = [lines[i + 1], lines[i + 2]];
    if (
      /^\s*(?:copy|move|xcopy|robocopy)\s*$/i.test(line.text) &&
      first &&
      second &&
      isPath(first.text) &&
      isPath(second.text)
    ) {
      joined.push({
        ...line,
        text: [line, first, second].map(({ text }) => text.trim()).join(' '),
        endLine: second.line,
      });
      remarks.push({
        rule: 'split-line',
        line: line.line,
        column: line.column,
        text: `${line.text.trim()} and its two paths stand on three lines; they are read as one.`,
      });
      i += 2;
    } else joined.push(line);
  }
  return joined;
}

function isPath(text: string): boolean {
  return /^\s*"?(?:[A-Za-z]:|[\ue000-\ue7ff]+:?)\\[^"]*"?\s*$/.test(text);
}
