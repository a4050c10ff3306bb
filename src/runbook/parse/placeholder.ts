// Placeholders that pages write in angle brackets. They are shielded before anything is parsed, since < and > are
// redirections: each character becomes one of the private use area, so that columns stay.

import { unkept } from './marks.ts';

const SHIELD_BASE = 0xe000;
const SHIELD_END = 0xe7ff;
/** Stands for the drive that holds the path after it, on whatever volume of the disk that is. */
export const ANY_DRIVE = '\ue800';

const SHIELDED = /[\ue000-\ue7ff]+/g;

/** A line with the placeholders put in that `given` names: by what stands in their brackets, in upper case. */
export function fillGiven(line: string, given: ReadonlyMap<string, string>): string {
  if (given.size === 0) return line;
  return line.replace(
    /\*{0,2}(?:(?<!<)<+ ?([A-Za-z][^<>|&"]{0,80}?) ?>+|\u2039([^\u203a]{1,80})\u203a|\[([A-Za-z][^\][]{0,80})\])\*{0,2}/g,
    (all, a?: string, b?: string, c?: string) => {
      return given.get((a ?? b ?? c ?? '').trim().toUpperCase()) ?? all;
    },
  );
}

/** Shields every placeholder of a line: `{<ID>}`, `<DRIVE LETTER>:`, `<<BROKEN DISK>>`, `**<ID>**`, `[drive letter]:`. */
export function shieldPlaceholders(line: string): string {
  const text = line
    .replace(/\*{1,2}([<\u2039\u2329\u27e8][^<>*]{1,80}[>\u203a\u232a\u27e9])\*{1,2}/g, '$1')
    .replace(/[\u2039\u2329\u27e8]([^\u203a\u232a\u27e9<>|&"]{1,80})[\u203a\u232a\u27e9]/g, '<$1>')
    .replace(/(?<![\w$\])}%])\[([^\][]*\b(?:drive|letter|volume|disk)\b[^\][]*)\](?=[:\\])/gi, '<$1>');
  return text.replace(/(?<!<)<+ ?[A-Za-z][^<>|&"]{0,80}>+/g, (match, offset: number) => {
    // `sort <in.txt >out.txt` redirects.
    if (/^<\S+\.\w{1,4}\s+>$/.test(match)) return match;
    if (/^< /.test(match) && text[offset - 1] !== '{') return match;
    return shield(match);
  });
}

function shield(text: string): string {
  return [...text]
    .map((character) => {
      const unit = character.charCodeAt(0);
      return character.length === 1 && unit <= SHIELD_END - SHIELD_BASE
        ? String.fromCharCode(SHIELD_BASE + unit)
        : '\ue03f';
    })
    .join('');
}

/** The text as it stood on the page. */
export function unshield(text: string): string {
  return unkept(text)
    .replace(SHIELDED, (run) => [...run].map((unit) => String.fromCharCode(unit.charCodeAt(0) - SHIELD_BASE)).join(''))
    .replaceAll(ANY_DRIVE, '<drive>');
}

export function hasPlaceholder(text: string): boolean {
  return text.search(SHIELDED) >= 0;
}

export type PlaceholderKind = 'loader' | 'drive' | 'hive' | 'other';

/** What a placeholder in `text` stands for, by its words and by what stands around it. */
export function placeholderKind(text: string): PlaceholderKind {
  const run = text.match(SHIELDED)?.[0] ?? '';
  const words = unshield(run).toLowerCase();
  const before = text.slice(0, text.indexOf(run));
  const after = text.slice(text.indexOf(run) + run.length);
  if (/^(?:hklm|hkey_local_machine)\\$/i.test(before)) return 'hive';
  if (/identifier|\bguid\b|boot.?loader|loader.?id/.test(words)) return 'loader';
  if (/drive|letter|volume|disk|partit|mounted/.test(words) && (/^[:\\]/.test(after) || /=$/.test(before)))
    return 'drive';
  return 'other';
}

/** The text with its first placeholder replaced. */
export function fillPlaceholder(text: string, value: string): string {
  const run = text.match(SHIELDED)?.[0] ?? '';
  const at = text.indexOf(run);
  return text.slice(0, at) + value + text.slice(at + run.length);
}

/** The path with its drive placeholder, with or without its colon, as ANY_DRIVE. */
export function driveFilled(text: string): string {
  return fillPlaceholder(text, ANY_DRIVE).replace(new RegExp(`${ANY_DRIVE}:?`), `${ANY_DRIVE}:`);
}
