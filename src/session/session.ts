// The pipeline: locate, load, plan, apply, prove, commit. A session is one command line over one machine, or over bare
// files.

import { toHex } from '../base/bytes.ts';
import { NotFoundError, RefusedError, UsageError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { folderOfHost, joinHost, parentFolder } from '../base/host-path.ts';
import { append } from '../base/lists.ts';
import { namedEntry } from '../base/open-entry.ts';
import { commandLine, pathWord } from '../base/quote.ts';
import { printable } from '../base/text.ts';
import { filetimeToIso } from '../base/time.ts';
import { commit } from '../commit/commit.ts';
import { foldersAt } from '../commit/host-file.ts';
import { findJournals, type JournalSummary, oursIn } from '../commit/journal/journals.ts';
import { findUnfinished, unfinishedFindings, unfinishedHint } from '../commit/journal/unfinished.ts';
import type { CommitResult, JournalKind, JournalTexts, VolumeIdentity } from '../commit/request.ts';
import { notInPlace } from '../disk/image/file-system.ts';
import { locateStores, locateWindows, type WindowsFound } from '../disk/locate.ts';
import { whyNotDurable } from '../disk/mounted/durable.ts';
import { describeVolume, type Volume } from '../disk/mounted/volumes.ts';
import { volumeRootOf } from '../disk/windows-path.ts';
import { whyNotWritable } from '../disk/writable.ts';
import { type DamagedHive, loadDamaged } from '../hive/damaged.ts';
import { OpenHive, openHive, refuseRewritten } from '../hive/open.ts';
import { Proven } from '../hive/prove.ts';
import type { RebuiltHive } from '../hive/rebuild/rebuild.ts';
import type { Host } from '../host.ts';
import { LAYERED_MINOR } from '../regf/layout.ts';
import { oddLogRefusal } from '../regf/logs/log-names.ts';
import { recover } from '../regf/logs/recover.ts';
import type { Change, Edit } from '../registry/edit.ts';
import { runsOfOneTarget } from '../registry/edit-runs.ts';
import type { Hive } from '../registry/hive.ts';
import type { WorkingHive } from '../registry/working/working-hive.ts';
import { conditionOf } from '../repairs/machine.ts';
import type { HiveCondition } from '../repairs/view.ts';
import type { Target } from '../report.ts';
import { type Attached, attachDisks, identityOf } from './attach.ts';
import type { DiskOptions } from './disks/disk-for-commit.ts';
import { damageOf, type LockedWindows } from './disks/locked.ts';
import { besideImagesOf, isStateFolder, stateFoldersAbout } from './disks/state-folders.ts';
import { hiveTarget, originalHash } from './hive-targets.ts';
import { MadeHives } from './made-hives.ts';
import { hivePathsOf, incomingHive, refuseHalves, replacedFindings } from './replaced-hives.ts';
import { StagedVolume } from './staged-volume.ts';
import { journalRootsAbout } from './unfinished.ts';

/** What a session may write, as it was when it was proven, and what the proof remarked. */
export interface Proof {
  readonly proven: readonly Proven[];
  /** Defects that were there before and stay as they were. */
  readonly findings: readonly Finding[];
}

export interface SessionOptions extends DiskOptions {
  /** The Windows folder, where the volumes hold more than one. */
  readonly windows?: string;
  /** Write a dirty hive that its logs cannot recover. */
  readonly acceptDirty?: boolean;
  /** Where journals lie instead of on the Windows volume. */
  readonly stateDir?: string;
  /** The operator says that the state directory outlasts this system, whatever file system it lies on. */
  readonly isStateDirDurable?: boolean;
  /** Nothing will be written: a commit that was cut off is told of, and what lies there is read all the same. */
  readonly isReading?: boolean;
  /** Where the volume of Windows is locked by BitLocker, its boot store is enough. */
  readonly withLocked?: boolean;
  /** The id of an unfinished journal that does not stop this session: the one whose values it reverts. */
  readonly besides?: string;
}

/** One machine's disk, or bare files, from locate to commit. Closing it frees the engine's memory. */
export class Session implements Disposable {
  readonly host: Host;
  readonly options: SessionOptions;
  /** Null for bare files. */
  readonly found: WindowsFound | null;
  /** Of a Windows whose volume is locked: `found` is null then. */
  readonly locked: LockedWindows | null;
  readonly volumes: readonly Volume[];
  /** Every change so far, in order. */
  readonly changes: Change[] = [];
  private readonly hives = new Map<string, OpenHive>();
  private readonly paths = new Map<string, string>();
  /** By path. */
  private readonly replaced = new Map<string, { readonly open: OpenHive; readonly proven: Proven }>();
  private readonly staged: StagedVolume;
  private readonly made = new MadeHives();
  private readonly proofs = new WeakSet<Proof>();
  private idOfJournal: string | null = null;
  private foundStateFolders: readonly string[] | null = null;
  /** The images, devices and addresses among the volumes, open as long as the session. */
  readonly attached: Attached;

  private constructor(
    attached: Attached,
    options: SessionOptions,
    found: WindowsFound | null,
    volumes: readonly Volume[],
    locked: LockedWindows | null = null,
  ) {
    const { host } = attached;
    this.attached = attached;
    this.locked = locked;
    this.host = host;
    // A person may name a link.
    const { stateDir } = options;
    this.options = stateDir === undefined ? options : { ...options, stateDir: namedEntry(host.fs, stateDir) };
    this.found = found;
    this.volumes = volumes;
    this.staged = new StagedVolume(host, volumes, found?.volume ?? null, hivePathsOf(found), (path, what) => {
      // Nothing but bytes of files that are there is written to an image.
      const root = attached.rootOf(path);
      if (root === null) return;
      const commands = attached.mountCommands(root) ?? [];
      const how = commands.length === 0 ? '' : `: ${commands.join(' ; ')}`;
      throw notInPlace('metadata', `${printable(what)} needs a mounted volume${how}`);
    });
    if (found) for (const [name, path] of Object.entries(found.hives)) if (path) this.bind(name, path);
  }

  /** Volumes are folders, images, devices or NBD addresses. @throws what attachDisks, locateWindows and describeVolume throw. */
  static overVolumes(host: Host, given: readonly string[], options: SessionOptions = {}): Session {
    const attached = attachDisks(host, given, options);
    try {
      const roots = attached.roots.map((root) => (attached.owns(root) ? root : volumeRootOf(root, host.style)));
      const { fs } = attached.host;
      const volumes = roots.map((root) => attached.volume(root) ?? describeVolume(fs, root, host.style));
      const real = volumes.map(({ root }) => root);
      const { style } = host;
      try {
        const { windows } = options;
        const found = locateWindows(fs, real, { style, ...(windows === undefined ? {} : { windows }) });
        return new Session(attached, options, found, volumes);
      } catch (error) {
        const isMissing = error instanceof NotFoundError && error.code === 'WINDOWS_NOT_FOUND';
        const locked = isMissing ? attached.lockedVolume() : null;
        if (locked === null) throw (isMissing && damageOf(attached.disks)) || error;
        const stores = options.withLocked ? locateStores(fs, real, style) : [];
        if (stores.length === 0) throw locked.refusal;
        return new Session(attached, options, null, volumes, { ...locked, stores });
      }
    } catch (error) {
      attached.close();
      throw error;
    }
  }

  /** Bare files, on the host or in images, each under the name that edits call it. */
  static overFiles(
    host: Host,
    named: readonly { name: string; path: string }[],
    options: SessionOptions = {},
  ): Session {
    const attached = attachDisks(
      host,
      named.map(({ path }) => namedEntry(host.fs, path)),
      options,
    );
    try {
      const paths = attached.places;
      const roots = [...new Set(paths.map((path) => attached.rootOf(path) ?? parentFolder(path)))];
      const { fs } = attached.host;
      const volumes = roots.map((root) => attached.volume(root) ?? describeVolume(fs, root, host.style));
      const session = new Session(attached, options, null, volumes);
      for (const [i, file] of named.entries()) session.bind(file.name, paths[i]!);
      return session;
    } catch (error) {
      attached.close();
      throw error;
    }
  }

  /** The volumes as a command line names them: folders by their real path, disks by their name. */
  get places(): readonly string[] {
    if (this.attached.disks.length === 0) return this.volumes.map(({ root }) => root);
    return this.attached.places;
  }

  /** Says which file a hive name stands for. */
  bind(name: string, path: string): void {
    this.paths.set(name, path);
  }

  /** The file that a name is bound to, or null. */
  pathOf(name: string): string | null {
    return this.paths.get(name) ?? null;
  }

  /** The name that a file is bound to, or null. */
  nameOf(path: string): string | null {
    for (const [name, bound] of this.paths) if (bound === path) return name;
    return null;
  }

  has(name: string): boolean {
    return this.paths.has(name) || this.found?.unreachable[name] !== undefined;
  }

  /** @throws NotFoundError HIVE_NOT_FOUND for a name that is bound to no file; what kept it from being found; as openHive. */
  load(name: string): OpenHive {
    const made = this.made.get(name);
    if (made?.isEdited) return made;
    const known = this.hives.get(name);
    if (known) return known;
    const path = this.paths.get(name);
    if (path === undefined) {
      const reason = this.found?.unreachable[name];
      if (reason) throw reason;
      throw new NotFoundError(
        'HIVE_NOT_FOUND',
        `there is no hive ${name} here, expected one of ${[...this.paths.keys()].join(', ')}`,
      );
    }
    // What a commit that was cut off left behind may look like damage, or like nothing to do.
    if (!this.options.isReading) this.refuseUnfinished();
    const open = openHive(this.host, name, path);
    this.hives.set(name, open);
    return open;
  }

  /** What is in a hive now, edits of this session included; read it again after each apply. */
  view(name: string): Hive {
    return this.load(name).hive;
  }

  /**
   * The hive as a copy that can be edited in memory.
   * @throws RefusedError DIRTY_HIVE when its logs cannot recover it and `acceptDirty` was not given.
   */
  working(name: string): WorkingHive {
    const open = this.made.get(name) ?? this.load(name);
    const acceptDirty = this.options.acceptDirty ?? false;
    if (!open.recovery.isUsable && !acceptDirty) {
      // A hive without logs is dirty, too, while a commit is in the middle of it, or when one was cut off there.
      this.refuseUnfinished();
      refuseRewritten(this.host, open);
    }
    return open.edit(acceptDirty);
  }

  /** A new boot store, in memory until it is edited and committed to `path`, where `before` lies (nothing of use, or null). */
  makeStore(name: string, path: string, before: Uint8Array | null): OpenHive {
    return this.made.store(this.host.engine, { name, path, before, filetime: this.host.now() });
  }

  /** Whether edits of `name` go to a hive that is not on the disk yet. */
  isMade(name: string): boolean {
    return this.made.get(name) !== null;
  }

  /** Puts a rebuilt hive, or another one, where `hive` lies: it is read there, and committed with the rest. */
  replace(hive: DamagedHive, rebuilt: RebuiltHive, isOther: boolean): Hive {
    const { engine } = this.host;
    const proven = Proven.rebuilt(engine, hive, rebuilt, { isOther, isFixedSize: this.attached.owns(hive.path) });
    const open = new OpenHive(engine, { ...hive, recovery: recover(hive.path, rebuilt.image, []) });
    this.hives.get(hive.name)?.close();
    this.hives.set(hive.name, open);
    this.replaced.set(hive.path, { open, proven });
    return open.hive;
  }

  /** Whether a commit would write anything. */
  get hasChanges(): boolean {
    return this.changes.length > 0 || this.replaced.size > 0;
  }

  /** Whether `name` has a working copy with changes. */
  isEdited(name: string): boolean {
    return (this.made.get(name) ?? this.hives.get(name))?.isEdited ?? false;
  }

  /** How the hives that were loaded so far were found on disk. */
  conditions(): readonly HiveCondition[] {
    return [...this.hives.values()].map(conditionOf);
  }

  /** Every commit that was made here and is recorded, the oldest first. */
  journals(): readonly JournalSummary[] {
    const roots = foldersAt(this.host.fs, this.journalRoots);
    // Most disks have none: what reads journals is then not even loaded.
    return roots.length === 0 ? [] : findJournals(this.host, roots).filter(this.isOurs);
  }

  /** Commits that were cut off here, or are being made, as a reader is told of them. */
  unfinished(): readonly Finding[] {
    return unfinishedFindings(this.host, this.journalRoots, this.isOurs);
  }

  /** What loading remarked, of every hive that was loaded, and commits that were cut off here. */
  loadFindings(): readonly Finding[] {
    return [...this.unfinished(), ...[...this.hives.values()].flatMap(({ findings }) => findings)];
  }

  /**
   * Refuses to go on towards a write when a hive cannot be edited at all: what is missing from it would look as if there
   * were nothing to do.
   * @throws RefusedError DAMAGED_HIVE
   */
  requireEditable(name: string): void {
    const { loaded, path, findings } = this.load(name);
    if (loaded.reader === 'engine') return;
    throw new RefusedError(
      'DAMAGED_HIVE',
      `${path} is damaged or of a kind that cannot be edited, and nothing was written`,
      {
        hint:
          this.found && loaded.minorVersion < LAYERED_MINOR
            ? this.rebuildCommand(name)
            : `hivemend inspect --validate ${pathWord(path)}`,
        data: { findings },
      },
    );
  }

  private rebuildCommand(name: string): string {
    const places = this.places.flatMap((place) => ['--volume', place]);
    return commandLine(['hivemend', 'rebuild', name, ...places, '--dry-run'], this.host.style);
  }

  /** Files and folders of the Windows volume, with what was staged. */
  get files(): StagedVolume {
    return this.staged;
  }

  /** Applies edits in memory, in order; each hive's and the volume's are all or nothing. */
  apply(edits: readonly Edit[]): readonly Change[] {
    const filetime = this.host.now();
    const made: Change[] = [];
    for (const run of runsOfOneTarget(edits.filter((edit) => !this.isOwnFolder(edit)))) {
      if (run.hive === null) append(made, this.staged.apply(run.edits));
      else append(made, this.working(run.hive).apply(run.edits, filetime));
    }
    append(this.changes, made);
    return made;
  }

  /** A commit makes the folder of its journal itself. */
  private isOwnFolder(edit: Edit): boolean {
    if (edit.op !== 'make-folder' || edit.path !== `\\hivemend\\${this.journalId}`) return false;
    return this.journal.kind === 'volume';
  }

  /** Proves every hive that was edited and checks what was staged. @throws as Proven.hive and Proven.staged. */
  prove(): Proof {
    const acceptDirty = this.options.acceptDirty ?? false;
    const incoming = this.staged.incomingHives();
    const incomingPaths = incoming.map(({ path }) => path);
    refuseHalves(incomingPaths, this.host.style);
    for (const hive of incoming) {
      const damaged = loadDamaged(this.host, this.nameOf(hive.path) ?? hive.path, hive.path);
      this.replace(damaged, incomingHive(this.host, hive), true);
    }
    const hives = this.edited().map((open) =>
      Proven.hive(open, {
        acceptDirty,
        originalSha256: originalHash(open),
        isFixedSize: this.attached.owns(open.path),
      }),
    );
    const made = this.made.prove((path) => this.staged.descriptorFor(path, 'file'));
    const proof: Proof = {
      proven: [
        ...[...hives, ...made].map(({ proven }) => proven),
        ...[...this.replaced.values()].map(({ proven }) => proven),
        ...this.staged.prove(),
      ],
      findings: [
        ...[...hives, ...made].flatMap(({ findings }) => findings),
        ...replacedFindings(incomingPaths, this.host.style),
      ],
    };
    this.proofs.add(proof);
    return proof;
  }

  /** The files that this session read or would change. */
  targets(): readonly Target[] {
    return this.targetsLater()();
  }

  /** As `targets`, but the files are hashed when the result is called, which may be after `close`. */
  targetsLater(): () => readonly Target[] {
    const hives = [...this.hives.values()];
    const places = hives.map(({ path }) => this.attached.diskPlace(path));
    const isReplaced = (open: OpenHive): boolean => this.replaced.get(open.path)?.open === open;
    return () => [
      ...hives.map((open, i) => {
        const target = hiveTarget(open, places[i] ?? null);
        return isReplaced(open) ? { ...target, sha256After: null } : target;
      }),
      ...this.made.targets(),
      ...this.staged.targets(),
    ];
  }

  /** Why the disk must not be written now; thrown, so that nobody forgets to look. */
  refuseUnwritable(): void {
    this.refuseFleetingJournal();
    const [oddLog] = this.written().flatMap(({ oddLogs }) => oddLogs);
    if (oddLog !== undefined) throw oddLogRefusal(oddLog);
    for (const volume of this.volumes) {
      const files = this.writtenPaths().filter((path) => path.startsWith(volume.root));
      if (files.length === 0 || this.attached.owns(volume.root)) continue;
      const refusal = whyNotWritable(this.host.fs, volume, {
        files,
        liveWindows: this.host.liveWindows,
        style: this.host.style,
      });
      if (refusal) throw refusal;
    }
    const edited = this.edited().map(({ path }) => path);
    const refusal =
      this.attached.whyNotWritable(this.writtenPaths()) ?? this.whyHibernated() ?? this.attached.whyNotInPlace(edited);
    if (refusal) throw refusal;
  }

  /** The saved session of a Windows holds its boot store too, which a FAT volume does not tell. */
  private whyHibernated(): Error | null {
    const { found, host, attached } = this;
    const volume = this.volumes.find(({ root }) => root === found?.volume);
    if (!volume || this.writtenPaths().length === 0) return null;
    const { liveWindows, style } = host;
    const refusal = attached.owns(volume.root)
      ? attached.whyNotWritable([volume.root])
      : whyNotWritable(host.fs, volume, { liveWindows, style });
    return refusal instanceof RefusedError && refusal.code === 'HIBERNATED' ? refusal : null;
  }

  /** What forgets with the next power cut cannot hold what a power cut is undone by. */
  private refuseFleetingJournal(): void {
    const { stateDir, isStateDirDurable = false } = this.options;
    const { root } = this.journal;
    // In any other place it lies beside what it undoes, and lasts as long.
    if (isStateDirDurable || (root !== stateDir && !isStateFolder(root))) return;
    const refusal = whyNotDurable(this.host.fs, root, this.host.style);
    if (refusal) throw refusal;
  }

  /** Files of edited hives that no transaction log covers while they are written. */
  unprotected(): string[] {
    const isFat = (path: string): boolean =>
      this.volumes.some(({ root, boot }) => path.startsWith(root) && boot?.kind === 'fat');
    return this.edited()
      .filter(({ path, logs }) => logs.length === 0 || isFat(path))
      .map(({ path }) => path);
  }

  /** Where the journal of this session lies. */
  get journal(): { readonly root: string; readonly kind: JournalKind } {
    if (this.options.stateDir !== undefined) return { root: this.options.stateDir, kind: 'state-dir' };
    const place = this.attached.journalRoot(this.found?.volume ?? [...this.paths.values()][0] ?? '');
    if (place !== null) return { root: place, kind: 'state-dir' };
    if (this.found) return { root: joinHost(this.found.volume, 'hivemend', this.host.style), kind: 'volume' };
    const first = [...this.paths.values()][0];
    if (first === undefined)
      throw new NotFoundError('FILE_NOT_FOUND', 'this session does not have a file, expected at least one');
    return { root: `${first}.hivemend`, kind: 'file' };
  }

  private get identities(): VolumeIdentity[] {
    return this.volumes.map((volume) => this.attached.identity(volume.root) ?? identityOf(volume));
  }

  /** Of these disks as they were given before; looked for once. */
  private get stateFolders(): readonly string[] {
    const mounted = this.volumes.filter(({ root }) => !this.attached.owns(root));
    this.foundStateFolders ??= [
      ...stateFoldersAbout(this.host, this.identities),
      ...besideImagesOf(this.host.fs, mounted),
    ];
    return this.foundStateFolders;
  }

  /** Tells the journals of this session's disks from those of others in the folders that disks share. */
  private readonly isOurs = (journal: JournalSummary): boolean => {
    const { stateDir } = this.options;
    const shared = this.journalRoots.filter((root) => root === stateDir || isStateFolder(root));
    return oursIn(shared, this.identities)(journal);
  };

  /**
   * Where journals may lie that have to do with this session's files: its own, of each disk without a mount, on each
   * volume, beside each file, and on the folders above a bare file, one of which may be its volume.
   */
  private get journalRoots(): readonly string[] {
    const { style } = this.host;
    const paths = [...this.paths.values()];
    const roots = [
      ...(this.options.stateDir === undefined ? [] : [this.options.stateDir]),
      ...this.attached.journalRoots,
      ...this.stateFolders,
      ...this.volumes.map(({ root }) => joinHost(root, 'hivemend', style)),
      ...paths.flatMap((path) => journalRootsAbout(path, style)),
    ];
    return [...new Set(roots)];
  }

  /** Where locks are taken that name the journal, when it lies elsewhere: on the Windows volume, and of disks without a mount. */
  private get lockRoots(): readonly string[] {
    if (this.options.stateDir === undefined) return [];
    const { found, attached } = this;
    const isMounted = found !== null && !attached.owns(found.volume);
    const ofDisks = this.writtenPaths().flatMap((path) => attached.journalRoot(path) ?? []);
    const onVolume = isMounted ? [joinHost(found.volume, 'hivemend', this.host.style)] : [];
    return [...new Set([...onVolume, ...ofDisks])];
  }

  /** @throws RefusedError LOCKED while a process is at work here, UNFINISHED_JOURNAL while an earlier commit is neither finished nor undone. */
  refuseUnfinished(): void {
    const unfinished = findUnfinished(this.host, this.journalRoots, this.options.besides, this.isOurs);
    if (!unfinished) return;
    // Beside a file or an image, and undone by its name.
    const beside = /^(.+)\.hivemend$/.exec(folderOfHost(unfinished.path, this.host.style))?.[1];
    const where = beside ?? (this.found ? this.found.volume : ([...this.paths.values()][0] ?? ''));
    throw new RefusedError(
      'UNFINISHED_JOURNAL',
      `an earlier commit (${unfinished.id}) was cut off: its journal ${unfinished.path} is ${unfinished.state}, expected done or undone`,
      {
        hint: unfinishedHint(unfinished, commandLine([where], this.host.style)),
        data: { journal: unfinished.path },
      },
    );
  }

  /**
   * Commits what was proven: every hive and file in one journal.
   * @throws what commit() throws; UsageError BAD_ARGUMENT where `proof` does not cover what was edited; RefusedError for a disk that must not be written, UNFINISHED_JOURNAL.
   */
  commit(proof: Proof, texts: (id: string) => JournalTexts): CommitResult {
    const { proven } = proof;
    const newCount = this.made.edited.length + this.staged.prove().length;
    const editedCount = this.edited().length + this.replaced.size + newCount;
    if (!this.proofs.has(proof) || proven.length !== editedCount) {
      throw new UsageError('BAD_ARGUMENT', 'this does not prove all that was edited, so nothing was written', {
        hint: 'prove it again, then commit',
      });
    }
    this.refuseUnfinished();
    this.refuseUnwritable();
    const id = this.journalId;
    const { root, kind } = this.journal;
    return commit(this.attached.forWriting(this.writtenPaths()), {
      id,
      journalRoot: root,
      journalKind: kind,
      volumes: this.identities,
      proven,
      lockRoots: this.lockRoots,
      ...(this.options.besides === undefined ? {} : { besides: this.options.besides }),
      texts: texts(id),
    });
  }

  close(): void {
    for (const open of this.hives.values()) open.close();
    this.hives.clear();
    this.made.close();
    this.attached.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private edited(): OpenHive[] {
    return [...this.hives.values()].filter((open) => open.isEdited);
  }

  private written(): OpenHive[] {
    return [...this.edited(), ...[...this.replaced.values()].map(({ open }) => open)];
  }

  private writtenPaths(): string[] {
    const hives = this.written().flatMap(({ path, logs }) => [path, ...logs.map((log) => log.path)]);
    return [...hives, ...this.staged.existingPaths()];
  }

  /** The name of the journal that a commit of this session writes. */
  get journalId(): string {
    this.idOfJournal ??= this.newId();
    return this.idOfJournal;
  }

  private newId(): string {
    // To the thousandth, so that the names of two commits stand in their order, in which undo goes through them.
    const iso = (filetimeToIso(this.host.now()) ?? '').slice(0, 23);
    const stamp = iso.replaceAll(/[-:]/g, '').replace('.', '-');
    return `${stamp}Z-${toHex(this.host.random(4))}`;
  }
}
