// What every bcdedit command is given, and what it gives back.

import { aliases, DEFAULT_ALIAS, idOf } from '../../bcd/objects.ts';
import type { BcdObject, BcdStore } from '../../bcd/store.ts';
import type { TextStyle } from '../../bcd/text.ts';
import type { HiveEdit } from '../../registry/edit.ts';
import { TEXT } from './text.ts';

/** `style` holds {default} and the drive letters; `words` are what follows the command. */
export interface BcdJob {
  readonly store: BcdStore;
  readonly words: readonly string[];
  readonly style: TextStyle;
  readonly newId: () => string;
  /** {default} must start an installed Windows, since what is written to it is meant for one. */
  readonly isDefaultGuarded: boolean;
}

/** What a command found: edits with its text, or bcdedit's own refusal. Notes are ours and go to standard error. */
export interface BcdAnswer {
  readonly edits: readonly HiveEdit[];
  readonly text: string;
  readonly isError: boolean;
  readonly notes: readonly string[];
}

export function answer(edits: readonly HiveEdit[], text: string = TEXT.done, notes: readonly string[] = []): BcdAnswer {
  return { edits, text, isError: false, notes };
}

export function failure(text: string, ...notes: readonly string[]): BcdAnswer {
  return { edits: [], text, isError: true, notes };
}

/**
 * The entry that a word names. Where it is guarded, {default} must name a loader of an installed Windows. Null where the word is no identifier or no entry has it.
 * @throws what BcdStore.resolveDefault throws; RefusedError AMBIGUOUS for {current}.
 */
export function namedObject({ store, isDefaultGuarded }: BcdJob, word: string): BcdObject | null {
  const id = idOf(word);
  if (id === null) return null;
  if (id !== DEFAULT_ALIAS) return store.object(id);
  const { state, object } = store.defaultState();
  return state === 'not-windows' && !isDefaultGuarded ? object : store.resolveDefault();
}

/** bcdedit's answer to a word that leads to no entry: it is no identifier, or the store has none of that name. */
export function noSuchEntry(word: string): BcdAnswer {
  return idOf(word) === null
    ? failure(TEXT.badIdentifier, `an identifier is a GUID in braces or one of ${aliases().join(' ')}`)
    : failure(TEXT.noEntry);
}

/** True for a word that stands where an identifier does. */
export function isIdentifier(word: string | undefined): word is string {
  return word !== undefined && /^\{.*\}$/.test(word);
}
