// What can be changed, as data. Everything that wants to change something produces Edit[]; hive edits have one consumer
// (registry/apply), volume edits another (commit/).

/** Data of a value: `type` is the REG_* number (any 32 bits), `hex` the bytes as they are stored. */
export interface RegValue {
  readonly type: number;
  readonly hex: string;
}

/** A key: which hive (SYSTEM, SOFTWARE, BCD, or the file for a bare hive) and the names below its root. */
export interface KeyPath {
  readonly hive: string;
  readonly path: readonly string[];
}

/** A path on a Windows volume: backslashes, no drive, from the root (`\Windows\System32`). */
export type WindowsPath = string;

export type HiveEdit =
  /** Changes nothing in it: a dirty hive is written as its logs complete it. `key` is its root. */
  | { readonly op: 'recover-hive'; readonly key: KeyPath }
  | { readonly op: 'create-key' | 'delete-key'; readonly key: KeyPath }
  | { readonly op: 'rename-key'; readonly key: KeyPath; readonly newName: string }
  | { readonly op: 'set-value'; readonly key: KeyPath; readonly name: string; readonly value: RegValue }
  | { readonly op: 'delete-value'; readonly key: KeyPath; readonly name: string }
  | { readonly op: 'set-class'; readonly key: KeyPath; readonly className: string }
  | { readonly op: 'set-key-security'; readonly key: KeyPath; readonly sdHex: string }
  | { readonly op: 'set-key-time'; readonly key: KeyPath; readonly filetime: string };

export type VolumeEdit =
  | { readonly op: 'set-security'; readonly path: WindowsPath; readonly sdHex: string }
  | { readonly op: 'write-file'; readonly path: WindowsPath; readonly hex: string }
  | { readonly op: 'make-folder' | 'delete-file'; readonly path: WindowsPath }
  | { readonly op: 'move-file'; readonly path: WindowsPath; readonly to: WindowsPath };

export type Edit = HiveEdit | VolumeEdit;

/** A key with all that is in it, for trees that are created or deleted. `path` is below the edit's key. */
export interface KeyRecord {
  readonly path: readonly string[];
  readonly className?: string;
  readonly sdHex?: string;
  readonly filetime: string;
  readonly values: readonly { readonly name: string; readonly value: RegValue }[];
}

/** What stood at an edit's place; null: nothing. */
export type State = null | {
  readonly value?: RegValue;
  readonly tree?: readonly KeyRecord[];
  readonly className?: string;
  readonly sdHex?: string;
  readonly filetime?: string;
  readonly fileSha256?: string;
};

export interface Change {
  readonly edit: Edit;
  readonly before: State;
  readonly after: State;
}
