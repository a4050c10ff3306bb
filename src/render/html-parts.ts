// Pieces of the report's page; whatever came from a disk goes through `safe`.

import { printable } from '../base/text.ts';

/** Text for HTML; what a disk named cannot become markup, nor hide in control characters. */
export function safe(text: string): string {
  return printable(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

export const commandBox = (line: string): string => `\n<pre>${safe(line)}</pre>`;

/** `items` are HTML already. */
export function listSection(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  return `<h2>${title}</h2>\n<ul>\n${items.map((item) => `<li>${item}</li>`).join('\n')}\n</ul>`;
}

/** Two texts with the parts that differ marked: what they share at the beginning and at the end is not. */
export function markedPair(before: string, after: string): readonly [string, string] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const marked = (text: string): string => {
    const part = text.slice(start, text.length - end);
    if (part === '' || part.length === text.length) return safe(text);
    return `${safe(text.slice(0, start))}<mark>${safe(part)}</mark>${safe(text.slice(text.length - end))}`;
  };
  return [marked(before), marked(after)];
}
