// What a script works on: the disk's registry, its boot store, its files, and where listings go.

import { HivemendError } from '../../base/errors.ts';
import { SessionBcd } from '../../compat/bcdedit/session-bcd.ts';
import type { RegistryContext } from '../../compat/reg/context.ts';
import { userProfiles } from '../../compat/reg/user-profiles.ts';
import type { Change, Edit, HiveEdit } from '../../registry/edit.ts';
import type { WorkingHive } from '../../registry/working/working-hive.ts';
import { bindBootStore } from '../../session/boot-store.ts';
import type { Session } from '../../session/session.ts';
import { ANY_DRIVE } from '../parse/placeholder.ts';
import { Unresolved } from '../run/unresolved.ts';
import { SystemFiles } from './system-files.ts';
import { registryName, systemRegistry } from './system-registry.ts';

export interface SystemOptions {
  /** Letters in upper case and the roots of their volumes. */
  readonly drives: ReadonlyMap<string, string>;
  /** Texts of --partition. */
  readonly partitions: readonly string[];
  readonly isVerbatim: boolean;
  /** Texts of --set, by name in upper case: what placeholders and questions of the script stand for. */
  readonly given: ReadonlyMap<string, string>;
  /** HKCU stands for each user profile, and for Default. */
  readonly allUsers: boolean;
  /** The folder of the script on the host, for files that lie beside it; null for standard input. */
  readonly scriptFolder: string | null;
}

/** Remarks that only a disk can give rise to, gathered while a command runs. */
export interface SystemNotes {
  skippedSets: string[];
  /** What CurrentControlSet of a loaded hive stands for. */
  currentSets: string[];
  boundByUse: string[];
  otherStore: string | null;
  /** Drives that were asked for and stand for no volume. */
  unmapped: string[];
  /** Places that were written, each with what was wanted there: for alternatives. */
  wanted: Map<string, string>;
}

export class OfflineSystem {
  readonly session: Session;
  readonly files: SystemFiles;
  readonly registry: RegistryContext;
  readonly bcd: SessionBcd;
  readonly options: SystemOptions;
  /** Loaded keys, in upper case, whose loading was not understood. */
  private readonly lostKeys = new Set<string>();
  private readonly loadedKeys = new Set<string>();
  notes: SystemNotes = emptyNotes();
  /** The user profiles that HKCU stands for, one after the other; none where it is the user's of a running Windows. */
  readonly users: readonly string[];
  /** The one that it stands for now. */
  private user: string | null = null;

  constructor(session: Session, options: SystemOptions) {
    this.session = session;
    this.options = options;
    this.files = new SystemFiles(session, options.drives, options.scriptFolder, (drive) =>
      this.notes.unmapped.push(drive),
    );
    this.users = options.allUsers ? userProfiles(session) : [];
    bindBootStore(session);
    this.registry = systemRegistry(session, this.files, {
      isVerbatim: options.isVerbatim,
      onEdit: (edit) => this.want(edit),
      onSkippedSet: (set) => this.notes.skippedSets.push(set),
      onCurrentSet: (set) => this.notes.currentSets.push(set),
      onBoundByUse: (name) => this.notes.boundByUse.push(name),
      user: () => this.user,
      lost: this.lostKeys,
      loaded: this.loadedKeys,
    });
    this.bcd = new WatchedBcd(
      (edit) => this.want(edit),
      session,
      {
        hostPath: (file) => this.storePath(file),
        readFile: (file) => this.files.read(file),
        fileExists: (file) => this.files.exists(file),
        writeFile: (file, bytes) => this.files.write(file, bytes),
      },
      [...identities(session, options.drives), ...options.partitions],
      true,
    );
  }

  /** The text of --set for a name of the script; null where none was given. */
  given(name: string): string | null {
    return this.options.given.get(name.toUpperCase()) ?? null;
  }

  /** Does `work` once for each user profile, with HKCU as its registry. */
  forEachUser<T>(work: (user: string) => T): T[] {
    try {
      return this.users.map((user) => {
        this.user = user;
        return work(user);
      });
    } finally {
      this.user = null;
    }
  }

  /** Whether the script has loaded the hive that a key is in. */
  isLoaded(keyText: string): boolean {
    const name = registryName(keyText.split('\\').slice(0, 2).join('\\'));
    return name !== null && this.loadedKeys.has(name);
  }

  /** A command was not done: what it would have loaded stands for nothing from here on. */
  lose({ tool, words }: { readonly tool: string; readonly words: readonly { readonly text: string }[] }): void {
    const [, verb, key] = words;
    if (tool !== 'reg' || !/^load$/i.test(verb?.text ?? '') || !key) return;
    const name = registryName(key.text);
    if (name !== null) this.lostKeys.add(name);
  }

  /** Forgets the notes of the last command. */
  takeNotes(): SystemNotes {
    const { notes } = this;
    this.notes = emptyNotes();
    return notes;
  }

  /** The letter of the volume that Windows lies on, for `partition=<drive>:`. */
  get windowsLetter(): string | null {
    const windows = this.session.found?.volume;
    return [...this.options.drives].find(([, root]) => root === windows)?.[0] ?? null;
  }

  /** Remembers what a line wants at a place, in the way in which two blocks can differ. */
  want(edit: Edit): void {
    if (!('key' in edit)) return;
    const place = `${edit.key.hive}\\${edit.key.path.join('\\')}`.toUpperCase();
    if (edit.op === 'set-value')
      this.notes.wanted.set(`${place}\\\\${edit.name.toUpperCase()}`, `${edit.value.type}:${edit.value.hex}`);
    else if (edit.op === 'delete-value') this.notes.wanted.set(`${place}\\\\${edit.name.toUpperCase()}`, 'deleted');
    else if (edit.op === 'delete-key' && edit.key.hive.startsWith('BCD'))
      this.notes.wanted.set(`${place}\\\\ELEMENT`, 'deleted');
  }

  /** Where the store of /store lies: where the line says, or where the disk has it. */
  private storePath(file: string): string {
    const isUsual = /(?:^|:|\\)(?:boot|EFI\\Microsoft\\boot)\\bcd$/i.test(file);
    const named = this.namedStore(file);
    if (named !== null) return named;
    const { found, missing } = isUsual ? bindBootStore(this.session) : { found: null, missing: null };
    if (found === null)
      throw new Unresolved(
        'cannot-be-bound',
        `there is no store at ${file.replace(ANY_DRIVE, '<drive>')}${missing === null ? '' : `, and ${missing}`}.`,
      );
    this.notes.otherStore = found.path;
    return found.path;
  }

  /** The host path of a store that is where the line says; null where it is not. */
  private namedStore(file: string): string | null {
    try {
      const { path } = this.files.onDisk(file);
      return this.session.files.exists(path) ? this.session.files.resolve(path).hostPath : null;
    } catch (error) {
      if (error instanceof Unresolved || (error instanceof HivemendError && error.code === 'BAD_PATH')) return null;
      throw error;
    }
  }
}

/** The boot store whose edits are remembered. */
class WatchedBcd extends SessionBcd {
  private readonly onEdit: (edit: HiveEdit) => void;

  constructor(onEdit: (edit: HiveEdit) => void, ...rest: ConstructorParameters<typeof SessionBcd>) {
    super(...rest);
    this.onEdit = onEdit;
  }

  override edit(working: WorkingHive, edits: readonly HiveEdit[]): readonly Change[] {
    for (const edit of edits) this.onEdit(edit);
    return super.edit(working, edits);
  }
}

function emptyNotes(): SystemNotes {
  return { skippedSets: [], currentSets: [], boundByUse: [], otherStore: null, unmapped: [], wanted: new Map() };
}

/** Partitions behind the mapped drives, as --partition writes them. */
function identities(session: Session, drives: ReadonlyMap<string, string>): string[] {
  return [...drives].flatMap(([letter, root]) => {
    const identity = session.volumes.find((volume) => volume.root === root)?.partition;
    if (!identity) return [];
    if (identity.style === 'gpt') return [`${letter}:=gpt:${identity.diskGuid}/${identity.partitionGuid}`];
    return [`${letter}:=mbr:${identity.diskSignature.toString(16)}@${identity.offsetBytes}`];
  });
}
