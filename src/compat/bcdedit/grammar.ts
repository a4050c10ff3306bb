// From bcdedit's command line to what was asked: the store, the command, its words. What shells do to such lines on the
// way is recognised, and the line as it should be typed is given back as a hint.

import { decodeUtf16le } from '../../base/text.ts';

export type BcdCommand = (typeof COMMANDS)[number];

const COMMANDS = [
  '?',
  'bootdebug',
  'bootems',
  'bootsequence',
  'copy',
  'create',
  'createstore',
  'dbgsettings',
  'debug',
  'default',
  'delete',
  'deletevalue',
  'displayorder',
  'ems',
  'emssettings',
  'enum',
  'event',
  'export',
  'hypervisorsettings',
  'import',
  'mirror',
  'set',
  'store',
  'sysstore',
  'timeout',
  'toolsdisplayorder',
] as const;

/** A command line taken apart. `words` are what follows the command, its own switches among them, in order. */
export interface BcdLine {
  /** As it was typed after /store; null: there was none. */
  readonly store: string | null;
  readonly command: Exclude<BcdCommand, 'store'>;
  readonly words: readonly string[];
  /** /v was given. */
  readonly verbose: boolean;
}

export type ParsedLine =
  | { readonly line: BcdLine }
  /** `fault`: 'switch' an unknown switch (`word`); 'missing' /store without a file; 'shell' see `hint`. */
  | { readonly fault: 'switch' | 'missing' | 'shell'; readonly word: string; readonly hint: string | null };

/** The name of a switch (/enum, -enum), in lower case; null for any other word. A path such as /mnt/x is no switch. */
export function switchName(word: string): string | null {
  const match = /^[/-]([a-z?]+)$/i.exec(word);
  return match ? match[1]!.toLowerCase() : null;
}

/**
 * Takes a command line apart. Without a command it is /enum, as bcdedit has it. A word after /store, /export, /import is
 * a path whatever it looks like.
 */
export function parseLine(argv: readonly string[]): ParsedLine {
  const accident = shellAccident(argv);
  if (accident) return accident;
  let store: string | null = null;
  let command: BcdLine['command'] | null = null;
  let verbose = false;
  const words: string[] = [];
  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i]!;
    const name = switchName(word);
    if (name === 'store' && command !== '?') {
      const path = argv[i + 1];
      if (path === undefined) return { fault: 'missing', word, hint: null };
      store = path;
      i += 1;
    } else if (command === null) {
      if (name === 'v') verbose = true;
      else if (name !== null && isCommand(name)) command = name;
      else return { fault: 'switch', word, hint: null };
    } else if (name === 'v' && command !== '?') verbose = true;
    else words.push(word);
  }
  return { line: { store, command: command ?? 'enum', words, verbose } };
}

function isCommand(name: string): name is BcdLine['command'] {
  return name !== 'store' && (COMMANDS as readonly string[]).includes(name);
}

/** What a shell made of the line: PowerShell of brace words, MSYS of switches, POSIX shells of backslashes. */
function shellAccident(argv: readonly string[]): (ParsedLine & { readonly fault: 'shell' }) | null {
  const encoded = argv.findIndex((word) => /^-encodedcommand$/i.test(word));
  if (encoded >= 0) {
    const name = decodeBase64(argv[encoded + 1] ?? '');
    const restored = [...argv.slice(0, encoded), `{${name}}`, ...withoutFormats(argv.slice(encoded + 2))];
    const hint = `PowerShell takes a bare {${name}} for a script block; quote it: ${quotedLine(restored)}`;
    return { fault: 'shell', word: argv[encoded]!, hint };
  }
  const converted = argv.findIndex((word) => msysSwitch(word) !== null);
  if (converted >= 0 && argv.every((word) => switchName(word) === null)) {
    const restored = argv.map(
      (word) => msysSwitch(word) ?? word.replace(/^([a-z]):\/$/i, (_, letter: string) => `/${letter.toLowerCase()}`),
    );
    const hint = `the shell turned /${msysSwitch(argv[converted]!)?.slice(1)} into a path; type: MSYS_NO_PATHCONV=1 ${quotedLine(restored)}`;
    return { fault: 'shell', word: argv[converted]!, hint };
  }
  const store = argv[argv.findIndex((word) => switchName(word) === 'store') + 1];
  if (store !== undefined && argv.some((word) => switchName(word) === 'store') && /^[a-z]:[^\\/]+$/i.test(store)) {
    const restored = argv.map((word) => (word === store ? store.replace(/^(.:)(boot|efi)?(.*)$/i, guessPath) : word));
    const hint = `the shell took the backslashes out of the path; quote it: ${quotedLine(restored)}`;
    return { fault: 'shell', word: store, hint };
  }
  return null;
}

function guessPath(_all: string, drive: string, folder: string | undefined, rest: string): string {
  return [drive, folder, rest].filter((part) => part).join('\\');
}

/** '/set' of 'C:/Program Files/Git/set', which is what MSYS makes of a switch: its own root before it. */
function msysSwitch(word: string): string | null {
  const match = /^[a-z]:[/\\].*[/\\]([a-z]+)$/i.exec(word);
  const name = match?.[1]?.toLowerCase();
  return name !== undefined && (COMMANDS as readonly string[]).includes(name) ? `/${name}` : null;
}

/** PowerShell adds `-inputFormat xml -outputFormat text` after a script block. */
function withoutFormats(words: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < words.length; i += 1) {
    if (/^-(?:input|output)format$/i.test(words[i]!)) i += 1;
    else kept.push(words[i]!);
  }
  return kept;
}

function quotedLine(words: readonly string[]): string {
  return ['bcdedit', ...words.map((word) => (/[{}\s\\]/.test(word) ? `"${word}"` : word))].join(' ');
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The UTF-16LE text that base64 words hold; '' for what is none. */
function decodeBase64(text: string): string {
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  for (const char of text.replace(/=+$/, '')) {
    const value = BASE64.indexOf(char);
    if (value < 0) return '';
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push((bits >> count) & 0xff);
    }
  }
  return decodeUtf16le(Uint8Array.from(bytes)).trim();
}
