// Which repairs a run makes: `sets` always, `mends` only where their own looks finds a cause.

import type { RegValue } from '../registry/edit.ts';
import type { RepairOptions } from './repair.ts';

/** A value that a user's profile wants; `{ControlSet}` in `path` stands for each control set worked on. */
export interface WantedValue {
  readonly hive: 'SYSTEM' | 'SOFTWARE';
  readonly path: readonly string[];
  readonly name: string;
  /** Null: the value is to be absent. */
  readonly value: RegValue | null;
  readonly why: string;
  readonly security: 'raises' | 'lowers' | null;
}

export interface Profile {
  readonly name: string;
  readonly title: string;
  /** Repairs whose every edit is made. */
  readonly sets: readonly string[];
  /** Repairs of which only the edits that mend a cause found are made. */
  readonly mends: readonly string[];
  /** Options that the profile presets; the command line wins. */
  readonly options: Partial<RepairOptions>;
  readonly values: readonly WantedValue[];
}

export declare const PROFILES: Readonly<Record<string, Profile>>;

/**
 * Reads a user's profile file.
 * @throws UsageError BAD_SYNTAX (not JSON) or BAD_VALUE (which field, what was found, what was expected).
 */
export declare function parseProfile(text: string, file: string): Profile;
