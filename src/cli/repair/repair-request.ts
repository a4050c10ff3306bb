// From the options of diagnose and repair to the request that both make.

import { resolve } from 'node:path';
import { NotFoundError, UsageError } from '../../base/errors.ts';
import { readNamedFile } from '../../base/read-file.ts';
import { statOf } from '../../base/read-folder.ts';
import type { ReadFs } from '../../base/read-fs.ts';
import type { RepairRequest } from '../../commands/repair.ts';
import { ALL_TARGETS } from '../../repairs/checks/target.ts';
import { PLATFORMS, platformNamed } from '../../repairs/drivers/platforms.ts';
import { pendingUpdates } from '../../repairs/fixes/store/pending-updates.ts';
import { DEFAULT_OPTIONS, type TlsVersion } from '../../repairs/model.ts';
import { parseProfile } from '../../repairs/profile-file.ts';
import { DEFAULT_PROFILE, PROFILES, type Profile, profileNamed } from '../../repairs/profiles.ts';
import { STOP_CODES, type StopCode, stopCodeOf, stopCodeText } from '../../repairs/start/stop-codes.ts';
import type { Symptom } from '../../repairs/summary.ts';
import { sessionOptions, type WritingOptions } from '../options.ts';
import { absolutePath, type CliContext } from '../terminal.ts';

/** A site's own profiles, by their names: `<name>.json`. */
const SITE_PROFILES = '/etc/hivemend/profiles.d';

/** The options of both, as commander gives them. */
export interface RepairOptions extends WritingOptions {
  readonly only?: string[];
  readonly skip?: string[];
  readonly profile?: string;
  readonly needed?: boolean;
  readonly asPublished?: boolean;
  readonly tls?: string[];
  readonly serial?: 'full' | 'ems';
  readonly port?: number;
  readonly disableFirewall?: boolean;
  readonly allKeys?: boolean;
  readonly allLoaders?: boolean;
  readonly fixDefault?: string;
  readonly controlSets?: string;
  readonly create?: string[];
  readonly windows?: string;
  readonly expect?: string;
  readonly symptom?: string;
  readonly target?: string;
  readonly maxFiles?: number;
  readonly allowFallback?: boolean;
  readonly firmware?: 'bios' | 'uefi';
  readonly drivers?: string;
}

/** What single repairs look at beside the hives that Windows needs to start, and the store. */
const ALSO_READ: Readonly<Record<string, RepairRequest['alsoRead']>> = {
  [pendingUpdates.name]: ['COMPONENTS'],
};

/** @throws UsageError BAD_ARGUMENT for a value that no option takes; as parseProfile. */
export function repairRequest(context: CliContext, volumes: readonly string[], options: RepairOptions): RepairRequest {
  const profile = readProfile(context.host.fs, options.profile);
  if (profile.name === 'migrate' && options.target === undefined) {
    throw new UsageError('BAD_ARGUMENT', 'the profile migrate was given without the platform to start on', {
      hint: `--target <platform>: ${PLATFORMS.map(({ name }) => name).join(', ')}`,
    });
  }
  if (options.drivers !== undefined && options.target === undefined) {
    throw new UsageError('BAD_ARGUMENT', '--drivers was given without the platform that the drivers are for', {
      hint: '--target virtio-blk or --target virtio-scsi',
    });
  }
  return {
    volumes: volumes.map((volume) => absolutePath(context, volume)),
    controlSets: controlSetChoice(options.controlSets),
    create: (options.create ?? []).map((text) => controlSetNumber(text)),
    ...sessionOptions(options),
    ...(options.fixDefault === undefined ? {} : { loader: options.fixDefault }),
    alsoRead: (options.only ?? []).flatMap((name) => ALSO_READ[name] ?? []),
    ...(options.drivers === undefined ? {} : { driverFolder: driverFolder(context, options.drivers) }),
    ...(options.firmware === undefined ? {} : { firmware: options.firmware }),
    ...(options.expect === undefined ? {} : { expect: options.expect }),
    ...(options.note === undefined ? {} : { note: options.note }),
    ...(options.profile === undefined || options.profile in PROFILES ? {} : { profileFile: options.profile }),
    plan: {
      ...DEFAULT_OPTIONS,
      ...profile.options,
      ...(options.asPublished ? { asPublished: true } : {}),
      ...(options.tls ? { tls: tlsVersions(options.tls) } : {}),
      ...(options.serial ? { serial: options.serial } : {}),
      ...(options.port === undefined ? {} : { port: portNumber(options.port) }),
      ...(options.disableFirewall ? { disableFirewall: true } : {}),
      ...(options.allKeys ? { allKeys: true } : {}),
      ...(options.allLoaders ? { allLoaders: true } : {}),
      ...(options.fixDefault === undefined ? {} : { fixDefault: options.fixDefault }),
      ...(options.maxFiles === undefined ? {} : { maxFiles: options.maxFiles }),
      ...(options.allowFallback ? { allowFallback: true } : {}),
      ...(options.target === undefined ? {} : { target: targetName(options.target) }),
      profile,
      only: options.only ?? null,
      skip: options.skip ?? [],
      needed: options.needed === true,
    },
  };
}

/** @throws UsageError BAD_ARGUMENT for what is no folder. */
function driverFolder({ host, terminal }: CliContext, folder: string): string {
  const path = host.style === 'posix' ? resolve(terminal.cwd, folder) : folder;
  if (statOf(host.fs, path)?.isDirectory()) return path;
  throw new UsageError('BAD_ARGUMENT', `--drivers ${folder} is not a folder`, {
    hint: 'give the folder where the ISO of virtio-win is mounted',
  });
}

function targetName(text: string): string {
  if (text === ALL_TARGETS || platformNamed(text)) return text;
  const names = PLATFORMS.map(({ name }) => name).join(', ');
  throw new UsageError('BAD_ARGUMENT', `--target ${text} is not known, expected ${names} or ${ALL_TARGETS}`);
}

/**
 * What `--symptom` names: a code on the screen is one of a Windows that does not start.
 * @throws UsageError BAD_ARGUMENT.
 */
export function symptomOf(text: string = 'all'): { readonly symptom: Symptom; readonly stop: StopCode | null } {
  if (text === 'boot' || text === 'rdp' || text === 'all') return { symptom: text, stop: null };
  const stop = stopCodeOf(text);
  if (stop) return { symptom: 'boot', stop };
  const codes = STOP_CODES.map(({ code }) => stopCodeText(code)).join(', ');
  throw new UsageError('BAD_ARGUMENT', `--symptom ${text} is not known, expected boot, rdp, all or one of ${codes}`);
}

function readProfile(fs: ReadFs, name: string = DEFAULT_PROFILE): Profile {
  if (Object.hasOwn(PROFILES, name)) return profileNamed(name);
  if (/[./\\]/.test(name)) return parseProfile(textOf(fs, name), name);
  const file = `${SITE_PROFILES}/${name}.json`;
  let text: string;
  try {
    text = textOf(fs, file);
  } catch (error) {
    if (error instanceof NotFoundError) return profileNamed(name);
    throw error;
  }
  return parseProfile(text, file);
}

function textOf(fs: ReadFs, path: string): string {
  return new TextDecoder().decode(readNamedFile(fs, path));
}

function controlSetChoice(text: string | undefined): RepairRequest['controlSets'] {
  if (text === undefined || text === 'existing' || text === 'current') return text ?? 'existing';
  return text.split(',').map((word) => controlSetNumber(word.trim()));
}

function controlSetNumber(text: string): number {
  if (!/^(ControlSet)?\d{1,3}$/i.test(text)) {
    throw new UsageError(
      'BAD_ARGUMENT',
      `${text} is not a control set, expected existing, current, or numbers like 001,002`,
    );
  }
  return Number(text.replace(/^ControlSet/i, ''));
}

function tlsVersions(words: readonly string[]): TlsVersion[] {
  return words.map((word) => {
    if (word === '1.0' || word === '1.1' || word === '1.2') return word;
    throw new UsageError('BAD_ARGUMENT', `--tls ${word} is not known, expected 1.0, 1.1 or 1.2`);
  });
}

function portNumber(port: number): number {
  if (port >= 1 && port <= 65_535) return port;
  throw new UsageError('BAD_ARGUMENT', `--port ${port} is out of range, expected 1 to 65535`);
}
