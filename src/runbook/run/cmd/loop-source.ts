// Where the items of for come from: the list, files and folders of the disk, numbers, and what a command prints.

import { unknownIn } from '../../parse/marks.ts';
import type { ForNode } from '../../parse/script.ts';
import { decoded } from '../../tools/file-commands.ts';
import type { Streams } from '../redirections.ts';
import { AskedElsewhere, Unresolved } from '../unresolved.ts';
import type { CmdState } from './cmd-state.ts';
import { listItems, loopSource, numbers, textItems } from './loop-items.ts';

export class LoopItems {
  private readonly shell: Pick<CmdState, 'late' | 'typed' | 'runner'>;

  constructor(shell: Pick<CmdState, 'late' | 'typed' | 'runner'>) {
    this.shell = shell;
  }

  /** Each item is the values of the loop's variable and of those after it. @throws Unresolved; RefusedError LIMIT */
  of(node: ForNode): string[][] {
    const { files } = this.shell.runner.system;
    const set = this.shell.late(node.set);
    const unknown = unknownIn(set) ?? unknownIn(this.shell.late(node.options));
    if (unknown !== null) throw new Unresolved('unset-variable', `${unknown} is not known here.`);
    switch (node.mode) {
      case 'numbers':
        return numbers(set);
      case 'text':
        return textItems(this.shell.late(node.options), this.text(node, set));
      case 'list':
        return listItems(set).flatMap((item) =>
          /[*?]/.test(item)
            ? files
                .matching(item)
                .filter(({ path }) => !files.isFolder(path))
                .map(({ shown }) => [shown])
            : [[item]],
        );
      case 'folders':
        return listItems(set).flatMap((item) =>
          /[*?]/.test(item)
            ? files
                .matching(item)
                .filter(({ path }) => files.isFolder(path))
                .map(({ shown }) => [shown])
            : [[item]],
        );
      case 'tree':
        return this.tree(this.shell.late(node.options), listItems(set));
    }
  }

  /** for /r: each folder below the root, and in it what the set names. */
  private tree(root: string, set: readonly string[]): string[][] {
    const { files } = this.shell.runner.system;
    const { path, shown } = files.onDisk(root === '' ? '.' : root.replace(/[\\/]$/, ''));
    const folders = files.below(path, shown).filter((entry) => files.isFolder(entry.path));
    return folders.flatMap((folder) =>
      set.flatMap((item) => {
        const name = `${folder.shown.replace(/\\$/, '')}\\${item.replaceAll('"', '')}`;
        if (!/[*?]/.test(item)) return [[name]];
        return files
          .matching(name)
          .filter((entry) => !files.isFolder(entry.path))
          .map((entry) => [entry.shown]);
      }),
    );
  }

  private text(node: ForNode, set: string): string {
    const source = loopSource(set, node.options);
    if (source.from === 'text') return source.text;
    const { recorder, system } = this.shell.runner;
    if (source.from === 'files') return source.names.map((name) => decoded(system.files.read(name))).join('');
    const before = recorder.steps.length;
    const streams: Streams = { stdout: '', stderr: '', input: null };
    this.shell.typed(source.text, node.at, streams);
    const bad = recorder.steps.slice(before).find(({ state }) => state === 'notUnderstood' || state === 'onWindows');
    const why = bad ? `what '${bad.effective}' prints is not known here.` : '';
    if (bad?.state === 'onWindows') throw new AskedElsewhere('unset-variable', why);
    if (bad) throw new Unresolved('unset-variable', why);
    return streams.stdout;
  }
}
