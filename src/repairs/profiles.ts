// Which repairs a run makes: `sets` always, `fixes` only where their own detect finds a cause.

import { UsageError } from '../base/errors.ts';
import type { ElementData } from '../bcd/data.ts';
import type { RegValue, WindowsPath } from '../registry/edit.ts';
import type { RepairOptions } from './model.ts';

/** A value that a user's profile wants; a first name '{CS}' in `path` stands for each control set worked on. */
export interface ProfileValue {
  readonly hive: 'SYSTEM' | 'SOFTWARE';
  readonly path: readonly string[];
  readonly name: string;
  /** Null: the value is to be absent. */
  readonly value: RegValue | null;
  readonly why: string;
  readonly security: 'raises' | 'lowers' | null;
}

/** An element of the boot store that a user's profile wants. */
export interface ProfileElement {
  readonly object: 'loader' | 'bootmgr';
  readonly element: number;
  /** Null: the element is to be absent. */
  readonly data: ElementData | null;
  readonly why: string;
}

/** Holds on a disk, or not. `build` is the number alone: 19045. */
export type Condition =
  | { readonly kind: 'file'; readonly path: WindowsPath }
  | {
      readonly kind: 'value';
      readonly hive: 'SYSTEM' | 'SOFTWARE';
      readonly path: readonly string[];
      readonly name: string;
      readonly is: number | string;
    }
  | { readonly kind: 'build'; readonly from: number; readonly to: number };

/** Files that are taken out of the way; `pattern` is a name with * and ?, the times are FILETIME. */
export interface Quarantine {
  readonly folder: WindowsPath;
  readonly pattern: string;
  readonly writtenFrom: bigint | null;
  readonly writtenTo: bigint | null;
  readonly why: string;
}

interface DisabledService {
  readonly service: string;
  readonly why: string;
}

/** What a user's profile does beside values about a fault that is known. */
export interface KnownFault {
  readonly disable: readonly DisabledService[];
  readonly quarantine: readonly Quarantine[];
  /** Services that are disabled where files cannot be moved, and that was allowed. */
  readonly fallback: readonly DisabledService[];
}

export interface Profile {
  readonly name: string;
  readonly title: string;
  /** Repairs whose every edit is made. */
  readonly sets: readonly string[];
  /** Repairs of which only the edits that fix a cause found are made. */
  readonly fixes: readonly string[];
  /** Options that the profile presets; the command line wins. */
  readonly options: Partial<RepairOptions>;
  readonly values: readonly ProfileValue[];
  /** Left out: none. */
  readonly elements?: readonly ProfileElement[];
  /** All must hold, else the profile changes nothing of its own; left out: it always does. */
  readonly when?: readonly Condition[];
  readonly fault?: KnownFault;
}

export const DEFAULT_PROFILE = 'rdp-internal-error';

const ARTICLE = ['tls', 'nla', 'crash-dump', 'serial-console', 'machine-keys'];
/** The article's live part as far as it can be done offline, and what shuts RDP out before the article's causes count. */
const LIVE_PART = [
  'rdp-listener',
  'rdp-firewall',
  'rdp-certificate',
  'rdp-services',
  'leave-safe-mode',
  'select-last-known-good',
];

/** What keeps Windows itself from starting, and is fixed without asking by name. */
const BOOT_CAUSES = [
  'boot-device',
  'boot-loader',
  'boot-drivers',
  'dead-filters',
  'driver-verifier',
  'setup-loop',
  'logon-chain',
  'leave-safe-mode',
  'select-last-known-good',
  'boot-loop',
];

/** The profiles that come with hivemend. group-policy-on undoes another repair and is in none. */
export const PROFILES: Readonly<Record<string, Profile>> = {
  [DEFAULT_PROFILE]: {
    name: DEFAULT_PROFILE,
    title: "the article's offline part; its other causes only where they are found",
    sets: ARTICLE,
    fixes: LIVE_PART,
    options: {},
    values: [],
  },
  boot: {
    name: 'boot',
    title: 'what keeps Windows from starting, where it is found, and a dump of the next stop',
    sets: ['crash-dump'],
    fixes: BOOT_CAUSES,
    options: {},
    values: [],
  },
  migrate: {
    name: 'migrate',
    title: 'the drivers of another platform (--target), and what else keeps Windows from starting there',
    sets: [],
    fixes: BOOT_CAUSES,
    options: {},
    values: [],
  },
  all: {
    name: 'all',
    title: 'every repair but those by name only and a change of control set that nothing asks for',
    sets: [
      ...ARTICLE,
      ...LIVE_PART.filter((name) => name !== 'select-last-known-good'),
      'boot-loop',
      'rdp-logon',
      'rdp-session',
      'fips-off',
      'group-policy-off',
    ],
    fixes: [
      'select-last-known-good',
      ...BOOT_CAUSES.filter((name) => !['leave-safe-mode', 'select-last-known-good', 'boot-loop'].includes(name)),
    ],
    options: {},
    values: [],
  },
};

/**
 * A profile by the name that comes with hivemend.
 * @throws UsageError BAD_ARGUMENT with the names that there are.
 */
export function profileNamed(name: string): Profile {
  const profile = Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined;
  if (profile) return profile;
  const names = Object.keys(PROFILES).join(', ');
  throw new UsageError(
    'BAD_ARGUMENT',
    `"${name}" is not a profile; the profiles are ${names}, and a file's name ends in .json`,
  );
}
