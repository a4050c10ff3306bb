// The commands of the shell: each line is looked at, staged or committed over one session. Nothing here knows a terminal.

import { HivemendError, RefusedError, UsageError } from '../../base/errors.ts';
import { printable, upcase } from '../../base/text.ts';
import type { Change, HiveEdit } from '../../registry/edit.ts';
import type { Key, Value } from '../../registry/hive.ts';
import { parseDescriptor, toSddl } from '../../security/index.ts';
import type { Session } from '../../session/session.ts';
import { ShellPaths } from './shell-paths.ts';
import { changesText, found, hexText, listing, wholeText } from './show.ts';
import { dataOf, quoted, wordsOf } from './words.ts';

/** What the shell is over, and what it hands on: the commit and the undo are the command line's own. */
export interface ShellTarget {
  open(): Session;
  /** The session's name of a bare hive; null over volumes. */
  readonly only: string | null;
  readonly isReadOnly: boolean;
  /** Proves, shows the plan, asks and commits; returns what was said. */
  commit(session: Session, note: string | undefined): string;
  undo(): string;
}

interface Command {
  readonly use: string;
  readonly about: string;
  readonly isWriting?: boolean;
  run(shell: Shell, words: readonly string[]): string;
}

/** A session at a prompt. */
export class Shell implements Disposable {
  readonly target: ShellTarget;
  at: readonly string[] = [];
  session: Session;
  paths: ShellPaths;
  isEnded = false;

  constructor(target: ShellTarget) {
    this.target = target;
    this.session = target.open();
    this.paths = new ShellPaths(this.session, target.only);
  }

  get prompt(): string {
    const staged = this.session.changes.length;
    return `${printable(this.at.join('\\')) || '\\'}${staged === 0 ? '' : ` (${staged} staged)`}> `;
  }

  /** Runs one command and returns what it prints. @throws what the command throws */
  run(line: string): string {
    const [name = '', ...words] = wordsOf(line);
    if (name === '') return '';
    const command = name.toLowerCase() === 'quit' ? EXIT : COMMANDS[name.toLowerCase()];
    if (!command) throw new UsageError('BAD_SYNTAX', `unknown command "${printable(name)}"`, { hint: 'help' });
    if (command.isWriting && this.target.isReadOnly) {
      throw new RefusedError('READ_ONLY', `the shell was started to read only, so ${name} is refused`);
    }
    return command.run(this, words);
  }

  /** For readline: what the last word of a line can become, and that word. */
  complete(line: string): [string[], string] {
    const [, before, last] = /^(.*?)((?:[^\s"']|"[^"]*"?|'[^']*'?)*)$/s.exec(line) as unknown as [
      string,
      string,
      string,
    ];
    const start = last.replace(/["']/g, '');
    if (before.trim() === '') return [Object.keys(COMMANDS).filter((name) => name.startsWith(start)), last];
    const cut = start.lastIndexOf('\\') + 1;
    const names = this.paths.names(this.at, start.slice(0, cut).replace(/(?<=.)\\$/, '') || '.');
    const fits = (name: string): boolean => upcase(name).startsWith(upcase(start.slice(cut)));
    const keys = this.paths.below(cut === 1 && start.startsWith('\\') ? [] : names).filter(fits);
    const values = cut > 0 ? [] : this.valueNames().filter(fits);
    const whole = [...keys.map((name) => `${start.slice(0, cut)}${name}\\`), ...values];
    return [whole.filter((name) => printable(name) === name).map(quoted), last];
  }

  names(path: string | undefined): readonly string[] {
    return path === undefined ? this.at : this.paths.names(this.at, path);
  }

  key(path?: string): Key {
    return this.paths.key(this.names(path)).key;
  }

  value(name: string): Value {
    const value = this.key().value(name === '(Default)' ? '' : name);
    if (value) return value;
    throw new UsageError(
      'BAD_VALUE',
      `the value ${printable(name)} does not exist in ${printable(this.at.join('\\')) || 'the root'}`,
      { hint: 'ls' },
    );
  }

  /** Makes edits of one hive and says what they changed. */
  stage(path: string | undefined, make: (key: HiveEdit['key']) => HiveEdit): string {
    const names = this.names(path);
    const key = this.paths.keyPath(names);
    if (key === null) throw new UsageError('BAD_PATH', 'this is above the hives, expected a key in one');
    const changes: readonly Change[] = this.session.apply([make(key)]);
    return changes.length === 0 ? 'nothing to change\n' : changesText(changes);
  }

  /** Drops what was staged, and reads the disk again. */
  reopen(): void {
    this.session.close();
    this.session = this.target.open();
    this.paths = new ShellPaths(this.session, this.target.only);
    try {
      if (this.paths.keyPath(this.at) !== null) this.key();
    } catch (error) {
      if (!(error instanceof HivemendError)) throw error;
      this.at = [];
    }
  }

  [Symbol.dispose](): void {
    this.session.close();
  }

  private valueNames(): readonly string[] {
    try {
      return this.key()
        .values()
        .map(({ name }) => name);
    } catch {
      return [];
    }
  }
}

const EXIT: Command = {
  use: 'exit',
  about: 'leave (also: quit); what is staged is dropped',
  run: (shell) => {
    shell.isEnded = true;
    return '';
  },
};

const COMMANDS: Readonly<Record<string, Command>> = {
  ls: {
    use: 'ls [key]',
    about: 'list keys and values',
    run: (shell, [path]) => listing(shell.paths, shell.names(path)),
  },
  cd: {
    use: 'cd [key]',
    about: 'go to a key; .. is one up, \\ the top',
    run: (shell, [path = '\\']) => {
      const names = shell.names(path);
      if (shell.paths.keyPath(names) !== null) shell.paths.key(names);
      shell.at = names;
      return '';
    },
  },
  pwd: { use: 'pwd', about: 'where you are', run: (shell) => `\\${printable(shell.at.join('\\'))}\n` },
  cat: {
    use: 'cat <value>',
    about: 'show a value whole',
    run: (shell, words) => `${wholeText(shell.value(need(words, 0, 'cat <value>')))}\n`,
  },
  hex: {
    use: 'hex <value>',
    about: 'show its bytes',
    run: (shell, words) => hexText(shell.value(need(words, 0, 'hex <value>')).data()),
  },
  sddl: {
    use: 'sddl [key]',
    about: "show a key's security descriptor",
    run: (shell, [path]) => {
      const descriptor = shell.key(path).security();
      return descriptor === null ? 'no security descriptor\n' : `${toSddl(parseDescriptor(descriptor))}\n`;
    },
  },
  find: {
    use: 'find <text> [key]',
    about: 'search names and text below a key',
    run: (shell, [text, path]) => found(shell.paths, need([text ?? ''], 0, 'find <text>'), shell.names(path)),
  },
  set: {
    use: 'set <value> <type> <data>',
    about: 'stage a value: sz, expand, multi, dword, qword, hex',
    isWriting: true,
    run: (shell, words) => {
      const name = need(words, 0, 'set <value> <type> <data>');
      const value = dataOf(need(words, 1, 'set <value> <type> <data>'), words.slice(2));
      return shell.stage(undefined, (key) => ({ op: 'set-value', key, name: name === '(Default)' ? '' : name, value }));
    },
  },
  add: {
    use: 'add <key>',
    about: 'stage a new key',
    isWriting: true,
    run: (shell, words) => shell.stage(need(words, 0, 'add <key>'), (key) => ({ op: 'create-key', key })),
  },
  rm: {
    use: 'rm <value> | rm -r <key>',
    about: 'stage the removal of a value, or of a key and all below it',
    isWriting: true,
    run: (shell, words) => {
      const name = need(words, words[0] === '-r' ? 1 : 0, 'rm <value> | rm -r <key>');
      if (words[0] !== '-r') {
        const { name: stored } = shell.value(name);
        return shell.stage(undefined, (key) => ({ op: 'delete-value', key, name: stored }));
      }
      shell.key(name);
      return shell.stage(name, (key) => ({ op: 'delete-key', key }));
    },
  },
  mv: {
    use: 'mv <key> <new name>',
    about: 'stage another name for a key',
    isWriting: true,
    run: (shell, words) => {
      const newName = need(words, 1, 'mv <key> <new name>');
      return shell.stage(words[0], (key) => ({ op: 'rename-key', key, newName }));
    },
  },
  diff: {
    use: 'diff',
    about: 'show what is staged',
    run: ({ session }) => (session.changes.length === 0 ? 'nothing is staged\n' : changesText(session.changes)),
  },
  reset: {
    use: 'reset',
    about: 'drop what is staged and read the disk again',
    run: (shell) => {
      shell.reopen();
      return '';
    },
  },
  commit: {
    use: 'commit [note]',
    about: 'write what is staged: plan, question, journal',
    isWriting: true,
    run: (shell, words) => {
      if (shell.session.changes.length === 0) return 'nothing is staged\n';
      const said = shell.target.commit(shell.session, words.length === 0 ? undefined : words.join(' '));
      shell.reopen();
      return said;
    },
  },
  undo: {
    use: 'undo',
    about: 'undo the newest commit on the disk',
    isWriting: true,
    run: (shell) => {
      if (shell.session.changes.length > 0) {
        throw new UsageError('BAD_ARGUMENT', 'changes are staged, so nothing is undone', { hint: 'reset, then undo' });
      }
      const said = shell.target.undo();
      shell.reopen();
      return said;
    },
  },
  help: { use: 'help', about: 'this list', run: () => helpText() },
  exit: EXIT,
};

function helpText(): string {
  const lines = Object.values(COMMANDS).map(({ use, about }) => `  ${use.padEnd(27)}${about}`);
  return `${lines.join('\n')}\nQuotes keep spaces together: cd "Terminal Server". The Tab key completes.\n`;
}

function need(words: readonly string[], index: number, use: string): string {
  const word = words[index];
  if (word !== undefined && word !== '') return word;
  throw new UsageError('BAD_SYNTAX', 'the command is not complete', { hint: use });
}
