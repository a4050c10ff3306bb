// Characters of the private use area that stand for what a script leaves open, so that no parser takes it for its own:
// placeholders of pages (placeholder.ts), variables that stay as they are written, and values that are not known.

const KEPT_BASE = 0xec00;
const KEPT_SIZE = 0x400;
const KEPT = /[\uec00-\uefff]+/g;
const UNKNOWN_START = '\ue910';
const UNKNOWN_END = '\ue911';
const UNKNOWN = /\ue910[^\ue911]*\ue911/g;

/** `text` (`%SystemRoot%`, `%1`) so that it passes every parser as letters do. */
export function kept(text: string): string {
  return [...text]
    .map((character) => {
      const unit = character.charCodeAt(0);
      return String.fromCharCode(KEPT_BASE + (character.length === 1 && unit < KEPT_SIZE ? unit : 0x3f));
    })
    .join('');
}

/** Kept text as it was written. */
export function unkept(text: string): string {
  return text.replace(KEPT, (run) => decode(run)).replace(UNKNOWN, (run) => run.slice(1, -1));
}

function decode(run: string): string {
  return [...run].map((unit) => String.fromCharCode(unit.charCodeAt(0) - KEPT_BASE)).join('');
}

/** Names of the variables that stay as they are written in `text`; '1' of an argument. */
export function keptNames(text: string): string[] {
  return (text.match(KEPT) ?? []).flatMap((run) =>
    [...decode(run).matchAll(/%(?:~[a-z$:]*)?([0-9*])|%([^%:]+)(?::[^%]*)?%/gi)].map((match) => match[1] ?? match[2]!),
  );
}

/** `text` with each kept variable replaced. */
export function replaceKept(text: string, by: (name: string, all: string) => string): string {
  return text.replace(KEPT, (run) =>
    decode(run).replace(
      /%(?:~[a-z$:]*)?([0-9*])|%([^%:]+)(?::[^%]*)?%/gi,
      (all, digit: string | undefined, name: string | undefined) => by(name ?? digit ?? '', all),
    ),
  );
}

/** A value that nobody here knows; `name` says whose. */
export function unknownValue(name: string): string {
  return `${UNKNOWN_START}${name.replace(/[\ue910\ue911]/g, '')}${UNKNOWN_END}`;
}

/** Whose value in `text` is not known; null where all of it is. */
export function unknownIn(text: string): string | null {
  const start = text.indexOf(UNKNOWN_START);
  return start < 0 ? null : text.slice(start + 1, text.indexOf(UNKNOWN_END, start));
}

/** Private characters that stand in a file of their own accord mean nothing here. */
export function withoutPrivate(text: string): string {
  return text.replace(/[\ue000-\uefff]/g, '?');
}
