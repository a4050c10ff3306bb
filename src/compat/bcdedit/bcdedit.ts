// bcdedit's grammar on a store that is a file: one command line in, edits and bcdedit's own text out.

import { RefusedError } from '../../base/errors.ts';
import { guidFromBytes } from '../../base/guid.ts';
import { pathWord } from '../../base/quote.ts';
import type { DeviceIdentity } from '../../bcd/device.ts';
import { replaceStore } from '../../bcd/edits.ts';
import { ELEMENT } from '../../bcd/elements/element-numbers.ts';
import type { BcdObject } from '../../bcd/store.ts';
import { BcdStore, textOf } from '../../bcd/store.ts';
import type { StoreJson } from '../../bcd/store-json.ts';
import { storeJson } from '../../bcd/store-json.ts';
import type { TextStyle } from '../../bcd/text.ts';
import { recover } from '../../regf/logs/recover.ts';
import type { Change, HiveEdit } from '../../registry/edit.ts';
import type { Hive } from '../../registry/hive.ts';
import { openVerifierHive } from '../../registry/readers/verifier-hive.ts';
import type { WorkingHive } from '../../registry/working/working-hive.ts';
import type { Outcome } from '../outcome.ts';
import { copyCommand, createCommand, deleteCommand } from './entries.ts';
import { enumText, selectObjects } from './enum.ts';
import type { BcdLine } from './grammar.ts';
import { parseLine } from './grammar.ts';
import { helpText } from './help.ts';
import type { BcdAnswer, BcdJob } from './job.ts';
import { answer, failure } from './job.ts';
import { bootManagerCommand, deleteValueCommand, orderCommand, setCommand, switchCommand } from './set.ts';
import { debugSettingsCommand, emsSettingsCommand } from './settings.ts';
import { TEXT } from './text.ts';

/** What a bcdedit command needs of its caller; the CLI and the runbook interpreter each give one. */
export interface BcdContext {
  /** The store of /store, as it was typed; null: no /store was given, so the store of the volumes at hand. */
  store(pathText: string | null): WorkingHive;
  /** A new, empty store in a file; false where one is there already. */
  createStore(pathText: string): boolean;
  /** Plans the edits and applies them to the hive in memory. */
  edit(working: WorkingHive, edits: readonly HiveEdit[]): readonly Change[];
  readFile(pathText: string): Uint8Array;
  writeFile(pathText: string, bytes: Uint8Array): void;
  /** The partition behind a drive letter ('F'); null: not known. */
  partition(letter: string): DeviceIdentity | null;
  /** Whether {default} must start an installed Windows; bcdedit itself takes whatever it names. */
  readonly isDefaultGuarded?: boolean;
  /** `sizeBytes` of randomness, for the GUIDs of new entries. */
  randomBytes(sizeBytes: number): Uint8Array;
}

/**
 * Runs one bcdedit command line (`argv` without the program's name). bcdedit's own answers, wrong usage among them, come
 * as an Outcome with its exit code (0 or 1) and its text on standard output; our hints and notes are on standard error.
 * What bcdedit would do and we refuse is thrown: RefusedError AMBIGUOUS ({current}, a {default} that starts no Windows, a
 * drive letter without identity), LIVE_SYSTEM (/sysstore), DIRTY_HIVE (/import); NotFoundError OBJECT_NOT_FOUND or ELEMENT_NOT_FOUND (no sound
 * {default}); and whatever the context throws.
 */
export function bcdedit(argv: readonly string[], context: BcdContext): Outcome {
  const parsed = parseLine(argv);
  if ('fault' in parsed) {
    if (parsed.fault === 'shell') return outcome(failure(TEXT.invalid('set'), parsed.hint ?? ''));
    return outcome(failure(parsed.fault === 'switch' ? TEXT.unknownSwitch(parsed.word) : TEXT.invalid('store')));
  }
  const { line } = parsed;
  if (line.command === '?') return helpOutcome(line);
  refuseCommand(line);
  if (line.command === 'createstore') {
    const [path, ...rest] = line.words;
    if (path === undefined || rest.length > 0) return outcome(failure(TEXT.invalid('createstore')));
    return outcome(context.createStore(path) ? answer([]) : failure(TEXT.storeExists));
  }
  const working = context.store(line.store);
  const store = new BcdStore(working.hive);
  if (!store.isStore()) return outcome(failure(TEXT.notAStore));
  const job: BcdJob = {
    store,
    words: line.words,
    style: styleOf(line, store, context),
    newId: newIdFrom(context),
    isDefaultGuarded: context.isDefaultGuarded === true,
  };
  const result = runCommand(job, line, working, context);
  if (result.edits.length > 0) context.edit(working, result.edits);
  const notes = [...result.notes, ...defaultNote(job, result)];
  const option = result.isError ? argv.find((word) => /^--[a-z]/i.test(word)) : undefined;
  if (option === undefined) return outcome({ ...result, notes });
  return outcome({
    ...result,
    notes: [...notes, `${option} is hivemend's own: it goes before bcdedit's words`],
  });
}

function helpOutcome({ words }: BcdLine): Outcome {
  const [word] = words;
  const text = helpText(word);
  return text === null ? outcome(failure(TEXT.unknownSwitch(word!))) : { exitCode: 0, stdout: text, stderr: '' };
}

/** What is written to a {default} that starts Setup, the recovery environment or PE is said, and done. */
function defaultNote({ store, words }: BcdJob, { edits }: BcdAnswer): string[] {
  const { state, object } = store.defaultState();
  if (edits.length === 0 || state !== 'not-windows' || !object || !words.some((word) => /^\{default\}$/i.test(word)))
    return [];
  const name = textOf(object, ELEMENT.description) ?? object.id;
  return [`warning: {default} is "${name}", which does not start an installed Windows`];
}

/** What /enum of the same words shows, for pipelines; null where the words name no entries. */
export function bcdeditJson(argv: readonly string[], context: BcdContext): StoreJson | null {
  const parsed = parseLine(argv);
  if (!('line' in parsed) || parsed.line.command !== 'enum') return null;
  const store = new BcdStore(context.store(parsed.line.store).hive);
  const objects = enumObjects(store, parsed.line.words);
  return objects ? storeJson(store, objects) : null;
}

function outcome({ text, isError, notes }: BcdAnswer): Outcome {
  return {
    exitCode: isError ? 1 : 0,
    stdout: text.endsWith('\n') || text === '' ? text : `${text}\n`,
    stderr: notes.map((note) => `${note}\n`).join(''),
  };
}

function styleOf(line: BcdLine, store: BcdStore, context: BcdContext): TextStyle {
  const partition = (letter: string): DeviceIdentity | null => context.partition(letter);
  const isForScript = context.isDefaultGuarded === true;
  return { verbose: line.verbose, isForScript, defaultId: store.defaultState().object?.id ?? null, partition };
}

/** Random GUIDs of version 4. */
function newIdFrom(context: BcdContext): () => string {
  return () => {
    const bytes = Uint8Array.from(context.randomBytes(16));
    bytes[7] = (bytes[7]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    return guidFromBytes(bytes);
  };
}

/** Commands that mean the running machine, or that are not done on a file. */
function refuseCommand({ command }: BcdLine): void {
  if (command === 'sysstore') {
    throw new RefusedError(
      'LIVE_SYSTEM',
      '/sysstore chooses the system store of the running machine, and none runs here',
      {
        hint: 'name the store with /store <file>',
      },
    );
  }
  const undone = {
    mirror: 'bcdedit /copy',
    event: null,
    hypervisorsettings: null,
  };
  if (command in undone) {
    const instead = undone[command as keyof typeof undone];
    throw new RefusedError('LIVE_SYSTEM', `/${command} is not done on a store that is a file`, {
      ...(instead === null ? {} : { hint: instead }),
    });
  }
}

function runCommand(job: BcdJob, line: BcdLine, working: WorkingHive, context: BcdContext): BcdAnswer {
  switch (line.command) {
    case 'enum':
      return enumCommand(job);
    case 'set':
      return setCommand(job);
    case 'deletevalue':
      return deleteValueCommand(job);
    case 'create':
      return createCommand(job);
    case 'copy':
      return copyCommand(job);
    case 'delete':
      return deleteCommand(job);
    case 'default':
    case 'timeout':
      return bootManagerCommand(job, line.command);
    case 'displayorder':
    case 'bootsequence':
    case 'toolsdisplayorder':
      return orderCommand(job, line.command);
    case 'ems':
    case 'bootems':
    case 'debug':
    case 'bootdebug':
      return switchCommand(job, line.command);
    case 'emssettings':
      return emsSettingsCommand(job);
    case 'dbgsettings':
      return debugSettingsCommand(job);
    case 'export':
    case 'import':
      return fileCommand(job, line.command, working, context);
    default:
      return failure(TEXT.unknownSwitch(`/${line.command}`));
  }
}

function enumObjects(store: BcdStore, words: readonly string[]): BcdObject[] | null {
  return words.length > 1 ? null : selectObjects(store, words[0] ?? 'active');
}

function enumCommand(job: BcdJob): BcdAnswer {
  const objects = enumObjects(job.store, job.words);
  if (!objects) return failure(TEXT.invalid('enum'));
  const isOne = job.words[0]?.startsWith('{') === true;
  if (objects.length === 0) return failure(isOne ? TEXT.noEntry : TEXT.noMatch);
  return answer([], enumText(objects, job.style));
}

/** /export writes the store's image as a file of its own; /import gives this store what such a file holds. */
function fileCommand(job: BcdJob, command: 'export' | 'import', working: WorkingHive, context: BcdContext): BcdAnswer {
  const [path, ...rest] = job.words;
  const isClean = command === 'import' && rest.length === 1 && /^[/-]clean$/i.test(rest[0]!);
  if (path === undefined || (rest.length > 0 && !isClean)) return failure(TEXT.invalid(command));
  if (command === 'export') {
    context.writeFile(path, working.image());
    return answer([]);
  }
  const other = new BcdStore(importedHive(path, context.readFile(path), job.store.hive.name));
  return other.isStore() ? answer(replaceStore(job.store, other)) : failure(TEXT.notAStore);
}

/** A file to import stands alone: one that was not closed needs its logs and is refused. */
function importedHive(path: string, bytes: Uint8Array, name: string): Hive {
  const { image, isUsable, view } = recover(path, bytes, []);
  if (isUsable) return openVerifierHive(name, image, path, view);
  throw new RefusedError('DIRTY_HIVE', `${path} was not closed and is not a whole store without its logs`, {
    hint: `hivemend recover ${pathWord(path)} -o <file>`,
  });
}
