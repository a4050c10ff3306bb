// What a run is asked for: the script, the volumes behind its drives, what is given for its placeholders.

import { UsageError } from '../../base/errors.ts';
import { isNbdAddress } from '../../disk/image/nbd/address.ts';
import { volumeRootOf } from '../../disk/windows-path.ts';
import type { Host } from '../../host.ts';
import type { SessionOptions } from '../../session/session.ts';
import { readRunbook } from '../lint/runbook.ts';

export interface RunRequest extends SessionOptions {
  /** Name of the script, as findings call it, and its bytes. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Texts of --drive: `F:=/mnt/windows`. */
  readonly drives: readonly string[];
  readonly volumes: readonly string[];
  readonly partitions: readonly string[];
  /** Titles of sections and numbers of blocks; [] is all. */
  readonly sections: readonly string[];
  readonly blocks: readonly number[];
  readonly withLiveBlocks: boolean;
  readonly isVerbatim: boolean;
  readonly isCmdExpansion: boolean;
  readonly isStrict: boolean;
  readonly skipUnresolved: boolean;
  /** Lines that are run on Windows leave the run whole. */
  readonly allowElsewhere?: boolean;
  /** HKCU stands for each user profile, and for Default. */
  readonly allUsers?: boolean;
  /** Lines that delete system files are run. */
  readonly allowDelete?: boolean;
  /** Texts of --set: `NAME=value`. */
  readonly given?: readonly string[];
  readonly note?: string;
}

/** `NAME=value`, by name in upper case. */
export function givenTexts(texts: readonly string[]): Map<string, string> {
  return new Map(
    texts.map((text) => {
      const cut = text.indexOf('=');
      if (cut <= 0)
        throw new UsageError('BAD_ARGUMENT', `--set ${text} is not understood, expected a name and a value`, {
          hint: '--set TARGET=F:',
        });
      return [text.slice(0, cut).trim().toUpperCase(), text.slice(cut + 1)] as const;
    }),
  );
}

/** `F:=/mnt/windows` and `F=/mnt/windows`. */
export function parseDrives(texts: readonly string[]): Map<string, string> {
  const drives = new Map<string, string>();
  for (const text of texts) {
    const match = /^([A-Za-z]):?=(.+)$/.exec(text);
    if (!match)
      throw new UsageError('BAD_ARGUMENT', `--drive ${text} is not understood, expected a letter and a folder`, {
        hint: '--drive F:=/mnt/windows',
      });
    drives.set(match[1]!.toUpperCase(), match[2]!);
  }
  return drives;
}

/** The volumes as a session is given them, each once: folders by their real path, what is no folder as it was given. */
export function uniquePlaces(host: Host, places: readonly string[]): string[] {
  return [...new Set(places.map((place) => placeOf(host, place)))];
}

export function placeOf(host: Host, place: string): string {
  if (isNbdAddress(place)) return place;
  const given = volumeRootOf(place, host.style);
  if (host.style === 'win32') return given;
  try {
    return host.fs.realpathSync(given);
  } catch {
    // A path into an image, or what the session does not find either.
    return given;
  }
}

/** The letters that the script names, but for C. */
function lettersOf(request: RunRequest): Set<string> {
  const letters = new Set<string>();
  for (const block of readRunbook(request.name, request.bytes).blocks) {
    for (const { text } of block.lines) {
      for (const match of text.matchAll(/(?<![A-Za-z])([A-Za-z]):(?=\\|\s|"|'|$|EFI|boot)/gi)) {
        const letter = match[1]!.toUpperCase();
        if (letter !== 'C') letters.add(letter);
      }
    }
  }
  return letters;
}

/** The one letter that a script names, where one volume was given and no letter. */
export function onlyLetter(request: RunRequest, given: ReadonlyMap<string, string>): string | null {
  if (given.size > 0 || request.volumes.length !== 1) return null;
  const letters = [...lettersOf(request)];
  return letters.length === 1 ? letters[0]! : null;
}

export function noVolume(request: RunRequest): UsageError {
  const letters = lettersOf(request);
  const named = letters.size === 0 ? 'no drive' : [...letters].map((letter) => `${letter}:`).join(', ');
  return new UsageError('BAD_ARGUMENT', `no disk was named to work on; the script names ${named}`, {
    hint:
      letters.size === 0
        ? '--volume /mnt/windows'
        : [...letters].map((letter) => `--drive ${letter}:=/mnt/windows`).join(' '),
  });
}

/** The options as a report has them. */
export function optionsJson(request: RunRequest): Readonly<Record<string, unknown>> {
  const { drives, volumes, partitions, sections, blocks, withLiveBlocks, isVerbatim, isCmdExpansion, skipUnresolved } =
    request;
  return {
    script: request.name,
    drives,
    volumes,
    partitions,
    sections,
    blocks,
    withLiveBlocks,
    isVerbatim,
    isCmdExpansion,
    skipUnresolved,
  };
}
