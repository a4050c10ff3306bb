// Commands of cmd.exe that change nothing but the script itself: set, echo, goto, call, exit, cd, setlocal.

import type { CheckedCommand } from '../../lint/checked-command.ts';
import { toolName } from '../../lint/tools.ts';
import { unkept } from '../../parse/marks.ts';
import type { CommandNode } from '../../parse/script.ts';
import { decoded } from '../../tools/file-commands.ts';
import type { OfflineSystem } from '../../tools/offline-system.ts';
import { Jump, Lost } from '../jump.ts';
import type { Streams } from '../redirections.ts';
import { Unresolved } from '../unresolved.ts';
import { BadSum, calculate } from './arithmetic.ts';
import type { CmdState } from './cmd-state.ts';
import { resolved } from './conditions.ts';

type Shell = Pick<CmdState, 'environment' | 'runner' | 'typed' | 'call' | 'shift' | 'hasLabel' | 'powershell'>;

/** Commands that leave errorlevel as it is. */
const SILENT = new Set([
  'echo',
  'set',
  'setlocal',
  'endlocal',
  'goto',
  'call',
  'exit',
  'shift',
  'pause',
  'cls',
  'title',
]);

export class Builtins {
  private readonly shell: Shell;
  /** The last command said nothing about errorlevel. */
  keepsErrorlevel = false;

  constructor(shell: Shell) {
    this.shell = shell;
  }

  /** False where `command` is none of these. */
  run(command: CheckedCommand, node: CommandNode, streams: Streams): boolean {
    this.keepsErrorlevel = SILENT.has(command.tool);
    const rest = node.text.replace(/^[\s,;=]*[A-Za-z]+/, '');
    const { environment } = this.shell;
    switch (command.tool) {
      case 'set':
        streams.stdout += this.set(rest.replace(/^[ \t]+/, ''), node);
        return true;
      case 'echo':
        streams.stdout += echoed(rest);
        return true;
      case 'setlocal':
        environment.save();
        if (/\bdisabledelayedexpansion\b/i.test(rest)) environment.isDelayed = false;
        else if (/\benabledelayedexpansion\b/i.test(rest)) environment.isDelayed = true;
        return true;
      case 'endlocal':
        environment.restore();
        return true;
      case 'shift':
        this.shell.shift(Number(/\/([0-8])/.exec(rest)?.[1] ?? 0));
        return true;
      case 'goto':
        return this.jump(
          rest
            .trim()
            .replace(/^:/, '')
            .split(/[\s,;=]/)[0]!
            .toLowerCase(),
          node,
        );
      case 'call':
        this.shell.call(rest.trim(), node, streams);
        return true;
      case 'choice':
        this.choice(node);
        return true;
      case 'exit': {
        const code = /\d+\s*$/.exec(rest)?.[0];
        if (code !== undefined) environment.errorlevel = Number(code);
        this.shell.runner.recorder.touch(node);
        throw new Jump(null, !/\/b\b/i.test(rest));
      }
      case 'cd':
      case 'chdir':
      case 'pushd':
      case 'popd':
        this.changeFolder(command, rest);
        return true;
      case 'start':
        return this.start(rest, node, streams);
      case 'cmd':
        return this.inner(/\/[ckr]\b\s*(.*)$/is.exec(rest)?.[1] ?? null, node, streams);
      case 'powershell':
      case 'pwsh':
        return this.powershell(command, node, streams);
      default:
        return false;
    }
  }

  /** choice asks a person; --set choice=<number> is the answer. */
  private choice(node: CommandNode): void {
    const { environment, runner } = this.shell;
    const given = runner.system.given('choice');
    this.keepsErrorlevel = true;
    environment.errorlevel = given !== null && /^\d+$/.test(given) ? Number(given) : null;
    if (environment.errorlevel !== null) return;
    runner.recorder.refuse(
      node,
      node.source,
      'placeholder',
      'it asks a person: give the number of the answer with --set choice=<number>.',
    );
  }

  /** start ["title"] [switches] command: one that is done here is done at once. */
  private start(rest: string, node: CommandNode, streams: Streams): boolean {
    const head = /^\s*(?:"[^"]*"\s*)?(?:\/(?:d\s*(?:"[^"]*"|\S+)|\w+)\s+)*/i.exec(rest)![0];
    const command = rest.slice(head.length);
    const tool = toolName(/^"?([^\s"]+)/.exec(command)?.[1] ?? '');
    if (!/^(?:reg|regedit|bcdedit|icacls|takeown|copy|xcopy|robocopy)$/.test(tool)) return false;
    this.keepsErrorlevel = true;
    this.shell.typed(command, node.at, streams);
    return true;
  }

  /** cmd /c "line": the outermost quotes are taken off. */
  private inner(text: string | null, node: CommandNode, streams: Streams): boolean {
    if (text === null) return true;
    this.keepsErrorlevel = true;
    const bare = text.trim();
    const { environment } = this.shell;
    const { isDelayed } = environment;
    const how = /\/v(?::(on|off))?\s/i.exec(node.text.slice(0, node.text.length - text.length));
    if (how) environment.isDelayed = how[1]?.toLowerCase() !== 'off';
    this.shell.typed(/^".*"$/s.test(bare) ? bare.slice(1, -1) : bare, node.at, streams);
    environment.isDelayed = isDelayed;
    return true;
  }

  private powershell(command: CheckedCommand, node: CommandNode, streams: Streams): boolean {
    const words = command.words.map(({ text }) => text);
    const at = words.findIndex((word) => /^[-/](?:c|command)$/i.test(word));
    const bare = words.findIndex(
      (word, i) =>
        i > 0 && !/^[-/]/.test(word) && !/^[-/](?:executionpolicy|ep|ex|version|windowstyle|w)$/i.test(words[i - 1]!),
    );
    const from = at >= 0 ? at + 1 : bare;
    const isFile = words.some((word) => /^[-/](?:f|file|e|ec|encodedcommand)$/i.test(word));
    if (from <= 0 || isFile || /\.ps1$/i.test(words[from] ?? '')) {
      this.shell.runner.recorder.refuse(
        node,
        node.source,
        'powershell',
        'the script that this line starts is not read.',
      );
      this.shell.environment.errorlevel = null;
    } else {
      const text = words
        .slice(from)
        .join(' ')
        .replace(/^& *\{(.*)\}$/s, '$1');
      this.shell.environment.errorlevel = this.shell.powershell(unkept(text), node.at, streams);
    }
    this.keepsErrorlevel = true;
    return true;
  }

  private changeFolder(command: CheckedCommand, rest: string): void {
    const { files } = this.shell.runner.system;
    const drive = /^[A-Za-z]:\\?$/.exec(command.words[0]!.text)?.[0];
    const target =
      drive ??
      unkept(rest)
        .replace(/^\s*\/d\b/i, '')
        .trim()
        .replaceAll('"', '');
    if (command.tool === 'popd') files.popFolder();
    else if (command.tool === 'pushd') files.pushFolder(target);
    else if (target !== '') files.changeFolder(target.slice(0, 2) === target ? target.slice(0, 2) : target);
  }

  private jump(label: string, node: CommandNode): never {
    this.shell.runner.recorder.touch(node);
    if (label === 'eof') throw new Jump(null);
    if (!this.shell.hasLabel(label)) {
      this.shell.runner.recorder.refuse(node, node.source, 'not-found-label', `there is no label :${label}.`);
      throw new Lost(node.at);
    }
    throw new Jump(label);
  }

  /** What `set` prints; values and sums are put into the environment, what is not read becomes a step. */
  private set(text: string, node: CommandNode): string {
    const { environment, runner } = this.shell;
    const refuse = (rule: 'placeholder' | 'bad-syntax', why: string): string => {
      runner.recorder.refuse(node, node.source, rule, why);
      return '';
    };
    if (/^\/p\b/i.test(text)) {
      const name = /^\/p\s+"?([^="]+)=/i.exec(text)?.[1]?.trim() ?? '';
      // `set /p "=text"<nul` only prints.
      if (name === '' && /^\/p\s+"?=/i.test(text)) return text.replace(/^\/p\s+"?=/i, '').replace(/"\s*$/, '');
      const given = lineFrom(node, runner.system) ?? runner.system.given(name);
      if (given !== null) {
        environment.set(name, given);
        return '';
      }
      environment.forget(name);
      return refuse('placeholder', `it asks a person for ${name}: give it with --set ${name}=<value>.`);
    }
    if (/^\/a\b/i.test(text)) {
      const sum = text.slice(2).replaceAll('"', '');
      try {
        calculate(resolved(sum), {
          get: (name) => {
            const value = environment.get(name);
            return value === null ? null : resolved(value);
          },
          set: (name, value) => environment.set(name, value),
        });
        return '';
      } catch (error) {
        if (!(error instanceof BadSum) && !(error instanceof Unresolved)) throw error;
        for (const [, name] of sum.matchAll(/([A-Za-z_]\w*)\s*(?:[-+*/%&^|]|<<|>>)?=(?!=)/g)) environment.forget(name!);
        const why = error instanceof BadSum ? `cmd.exe refuses this sum: ${error.message}.` : error.message;
        return refuse('bad-syntax', why);
      }
    }
    // In quotes the value ends at the last quote; without them every blank belongs to it.
    const quoted = /^"(.*)"[^"]*$/s.exec(text);
    const bare = quoted ? quoted[1]! : text.replace(/^"/, '');
    const cut = bare.indexOf('=');
    if (cut <= 0) {
      const lines = environment.listed(bare.trim());
      environment.errorlevel = lines.length > 0 ? 0 : 1;
      return lines.map((line) => `${line}\r\n`).join('');
    }
    environment.set(bare.slice(0, cut), bare.slice(cut + 1));
    return '';
  }
}

/** The first line of the file that `set /p X=<file` reads; null where none is read. */
function lineFrom(node: CommandNode, system: OfflineSystem): string | null {
  const from = node.redirects.find(({ mode }) => mode === 'read')?.target.text.replaceAll('"', '');
  if (from === undefined || /^nul$/i.test(from)) return null;
  return decoded(system.files.read(from)).split(/\r?\n/)[0] ?? '';
}

function echoed(rest: string): string {
  if (/^\s*(?:on|off)?\s*$/i.test(rest)) return '';
  return `${rest.slice(1)}\r\n`;
}
