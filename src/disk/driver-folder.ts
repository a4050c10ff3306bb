// A folder with drivers, as the ISO of virtio-win has them: <driver>/<system>/<processor>/<driver>.inf and .sys.

import { joinHost, type PathStyle } from '../base/host-path.ts';
import { readWholeFile } from '../base/read-file.ts';
import { namesIn, statOf } from '../base/read-folder.ts';
import type { ReadFs } from '../base/read-fs.ts';
import { compareNames } from '../base/text.ts';

export interface DriverFilesFound {
  /** Of the INF, on the host. */
  readonly path: string;
  readonly inf: string;
  readonly sys: Uint8Array;
}

/** The files of a driver for the first of `systems` that is there, or of one that lies in the folder itself; else null. */
export function findDriver(
  fs: ReadFs,
  folder: string,
  style: PathStyle,
  wanted: { readonly service: string; readonly systems: readonly string[]; readonly architecture: string },
): DriverFilesFound | null {
  const { service, systems, architecture } = wanted;
  const below = (names: readonly string[]): string | null => {
    let at = folder;
    for (const name of names) {
      const found = namesIn(fs, at).find((entry) => compareNames(entry, name) === 0);
      if (found === undefined) return null;
      at = joinHost(at, found, style);
    }
    return at;
  };
  const places = [
    ...systems.flatMap((system) => [
      [service, system, architecture],
      [architecture, system],
    ]),
    [],
  ];
  for (const place of places) {
    const inf = below([...place, `${service}.inf`]);
    const sys = below([...place, `${service}.sys`]);
    if (inf === null || sys === null || !isFile(fs, inf) || !isFile(fs, sys)) continue;
    return { path: inf, inf: textOf(readWholeFile(fs, inf)), sys: readWholeFile(fs, sys) };
  }
  return null;
}

const isFile = (fs: ReadFs, path: string): boolean => statOf(fs, path)?.isFile() === true;

/** INF files are ANSI, or UTF-16 with a byte order mark. */
function textOf(bytes: Uint8Array): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isUtf16 ? 'utf-16le' : 'latin1').decode(bytes);
}
