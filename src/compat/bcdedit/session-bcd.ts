// bcdedit on the stores of a session: /store files, or the store of the volumes at hand.

import { UsageError } from '../../base/errors.ts';
import { upcase } from '../../base/text.ts';
import { type DeviceIdentity, parseIdentity } from '../../bcd/device.ts';
import { describeVolume } from '../../disk/mounted/volumes.ts';
import type { Change, HiveEdit } from '../../registry/edit.ts';
import { PLAIN_KEY_SDDL } from '../../registry/key-tree.ts';
import { sz } from '../../registry/value.ts';
import { WorkingHive } from '../../registry/working/working-hive.ts';
import { encodeDescriptor, fromSddl } from '../../security/index.ts';
import { bindSystemStore } from '../../session/boot-store.ts';
import type { Session } from '../../session/session.ts';
import type { BcdContext } from './bcdedit.ts';

/** Files that were named on the line, which the command line and the runbook find differently. */
export interface NamedFiles {
  /** Where a file lies on the host. */
  hostPath(file: string): string;
  readFile(file: string): Uint8Array;
  fileExists(file: string): boolean;
  writeFile(file: string, bytes: Uint8Array): void;
}

/**
 * `partitions` are the texts of --partition: `X:=gpt:<disk>/<partition>`, `X:=mbr:<signature>@<offset>`, or the folder of
 * a mounted volume, whose identity is read from the disk that it is on.
 */
export class SessionBcd implements BcdContext {
  private readonly session: Session;
  private readonly files: NamedFiles;
  /** Stores that /createstore made, by their path in upper case. */
  private readonly created = new Map<string, { readonly working: WorkingHive; readonly pathText: string }>();
  private readonly identities = new Map<string, DeviceIdentity>();
  readonly isDefaultGuarded: boolean;

  constructor(session: Session, files: NamedFiles, partitions: readonly string[], isDefaultGuarded = false) {
    this.isDefaultGuarded = isDefaultGuarded;
    this.session = session;
    this.files = files;
    for (const text of partitions) {
      const match = /^([A-Za-z]):?=(.+)$/.exec(text);
      const identity = match ? (parseIdentity(match[2]!) ?? this.identityOfFolder(match[2]!)) : null;
      if (!match || !identity) {
        throw new UsageError('BAD_ARGUMENT', `--partition ${text} is not understood`, {
          hint: 'write it as X:=gpt:<disk guid>/<partition guid>, X:=mbr:<signature>@<offset>, or X:=<mounted folder>',
        });
      }
      this.identities.set(match[1]!.toUpperCase(), identity);
    }
  }

  createStore(pathText: string): boolean {
    if (this.files.fileExists(pathText) || this.created.has(upcase(pathText))) return false;
    const { engine } = this.session.host;
    const filetime = this.session.host.now();
    const name = `BCD ${pathText}`;
    const security = encodeDescriptor(fromSddl(PLAIN_KEY_SDDL));
    const working = WorkingHive.create(engine, { name, minor: 3, rootName: 'NewStoreRoot', security, filetime });
    const key = { hive: name, path: ['Description'] };
    // What Windows puts into a new store (seen in one): its kind, and a place for objects.
    const edits: HiveEdit[] = [
      { op: 'create-key', key },
      { op: 'set-value', key, name: 'KeyName', value: sz('BCD00000001') },
      { op: 'create-key', key: { hive: name, path: ['Objects'] } },
    ];
    working.apply(edits, filetime);
    this.created.set(upcase(pathText), { working, pathText });
    this.files.writeFile(pathText, working.image());
    return true;
  }

  /** A store that was made here is a file that is written whole, after each command. */
  store(pathText: string | null): WorkingHive {
    const own = pathText === null ? undefined : this.created.get(upcase(pathText));
    if (own) return own.working;
    if (pathText === null) {
      const { found, missing } = bindSystemStore(this.session);
      if (!found)
        throw new UsageError('BAD_ARGUMENT', `no store was named, and ${missing}`, {
          hint: 'name it with /store <file>',
        });
      return this.session.working('BCD');
    }
    const path = this.files.hostPath(pathText);
    const name = this.session.nameOf(path) ?? (this.session.has('BCD') ? `BCD ${path}` : 'BCD');
    this.session.bind(name, path);
    return this.session.working(name);
  }

  edit(working: WorkingHive, edits: readonly HiveEdit[]): readonly Change[] {
    const own = [...this.created.values()].find((store) => store.working === working);
    if (own) {
      const changes = working.apply(edits, this.session.host.now());
      if (changes.length > 0) this.files.writeFile(own.pathText, working.image());
      return changes;
    }
    return this.session.apply(edits);
  }

  readFile(pathText: string): Uint8Array {
    return this.files.readFile(pathText);
  }

  writeFile(pathText: string, bytes: Uint8Array): void {
    this.files.writeFile(pathText, bytes);
  }

  private identityOfFolder(folder: string): DeviceIdentity | null {
    return describeVolume(this.session.host.fs, folder, this.session.host.style).partition;
  }

  /** As given on the command line: which letter a volume will have is not written on it. */
  partition(letter: string): DeviceIdentity | null {
    return this.identities.get(letter.toUpperCase()) ?? null;
  }

  randomBytes(sizeBytes: number): Uint8Array {
    return this.session.host.random(sizeBytes);
  }
}
