// A registry context of hives in memory, for tests of the reg commands.

import { NotFoundError, UsageError } from '../../../src/base/errors.ts';
import type { Outcome } from '../../../src/compat/outcome.ts';
import type { RegistryContext, ResolvedKey } from '../../../src/compat/reg/context.ts';
import { parseNamedKey, resolveControlSet } from '../../../src/compat/reg/names.ts';
import { reg } from '../../../src/compat/reg/reg.ts';
import type { HiveEdit } from '../../../src/registry/edit.ts';
import { saveKeyImage } from '../../../src/registry/key-tree.ts';
import { openVerifierHive } from '../../../src/registry/readers/verifier-hive.ts';
import { WorkingHive } from '../../../src/registry/working/working-hive.ts';
import { encodeDescriptor, fromSddl } from '../../../src/security/index.ts';
import { fixtureEngine } from '../../fixture-hives.ts';

export const NOW = 133_500_000_000_000_000n;

/** Hives under HKEY_LOCAL_MACHINE, files by name, and answers to what is asked. */
export class MemoryRegistry implements RegistryContext, Disposable {
  readonly hives = new Map<string, WorkingHive>();
  readonly files = new Map<string, Uint8Array>();
  readonly questions: string[] = [];
  readonly keepsBindings = true;
  /** Null: nobody can be asked. */
  answer: boolean | null = null;

  constructor(...names: string[]) {
    for (const name of names) this.hives.set(name, emptyHive(name));
  }

  get isInteractive(): boolean {
    return this.answer !== null;
  }

  confirm(question: string): boolean {
    this.questions.push(question);
    return this.answer ?? false;
  }

  resolve(keyText: string): ResolvedKey {
    const { root, names } = parseNamedKey(keyText);
    if (root === null) throw new UsageError('BAD_PATH', `${keyText} begins with no root key`);
    const working = names[0] === undefined ? undefined : this.hives.get(names[0].toUpperCase());
    if (working === undefined) throw new NotFoundError('HIVE_NOT_FOUND', `${keyText} is in no hive that is here`);
    return {
      hive: working.hive,
      path: resolveControlSet(working.hive, names.slice(1)),
      shown: [root, ...names].join('\\'),
    };
  }

  roots(): readonly string[] {
    return [...this.hives.keys()].map((name) => `HKEY_LOCAL_MACHINE\\${name}`);
  }

  bind(keyText: string, file: string): void {
    const [name = ''] = parseNamedKey(keyText).names;
    const image = this.readFile(file);
    this.hives.set(
      name.toUpperCase(),
      WorkingHive.open(fixtureEngine(), name.toUpperCase(), { image, view: 'primary' }),
    );
  }

  unbind(keyText: string): boolean {
    return this.hives.delete((parseNamedKey(keyText).names[0] ?? '').toUpperCase());
  }

  saveKey({ hive, path }: ResolvedKey): Uint8Array {
    return saveKeyImage(fixtureEngine(), hive.key(path)!, { minor: 5, filetime: NOW });
  }

  readHive(file: string): ReturnType<typeof openVerifierHive> {
    return openVerifierHive(file, this.readFile(file), file, 'primary');
  }

  readFile(file: string): Uint8Array {
    const bytes = this.files.get(file);
    if (bytes === undefined) throw new NotFoundError('FILE_NOT_FOUND', `${file} does not exist`);
    return bytes;
  }

  fileExists(file: string): boolean {
    return this.files.has(file);
  }

  writeFile(file: string, bytes: Uint8Array): void {
    this.files.set(file, bytes);
  }

  edit(edits: readonly HiveEdit[]): ReturnType<WorkingHive['apply']> {
    return [...this.hives].flatMap(([name, working]) =>
      working.apply(
        edits.filter((edit) => edit.key.hive === name),
        NOW,
      ),
    );
  }

  /** Runs one command line split at blanks, quotes keeping theirs. */
  run(line: string): Outcome {
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
    return reg(words, this);
  }

  /** What a command prints; fails the test where it did not succeed. */
  ok(line: string): string {
    const { exitCode, stdout, stderr } = this.run(line);
    if (exitCode !== 0) throw new Error(`${line}: ${exitCode} ${stderr}`);
    return stdout;
  }

  [Symbol.dispose](): void {
    for (const hive of this.hives.values()) hive.close();
  }
}

function emptyHive(name: string): WorkingHive {
  const security = encodeDescriptor(fromSddl('O:BAG:SYD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)'));
  return WorkingHive.create(fixtureEngine(), { name, minor: 5, rootName: name, security, filetime: NOW });
}
