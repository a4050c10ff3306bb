// What Windows' transaction manager leaves beside a hive: files by their names alone, which no reader of hives looks into.

import { folderOfHost, joinHost, nameOfHost } from '../base/host-path.ts';
import { namesIn, statOf } from '../base/read-folder.ts';
import { upcase } from '../base/text.ts';
import type { FileHost } from './find.ts';

const ENDINGS = /\.(?:blf|regtrans-ms)$/i;
const FOLDER = 'TXR';

/** Host paths of `*.blf` and `*.regtrans-ms` that bear the hive's name, or lie in the folder TxR beside it. */
export function transactionFiles({ fs, style }: FileHost, hivePath: string): string[] {
  const folder = folderOfHost(hivePath, style);
  const own = upcase(nameOfHost(hivePath, style));
  const names = namesIn(fs, folder);
  const beside = names.filter((name) => upcase(name).startsWith(own)).map((name) => joinHost(folder, name, style));
  const shared = names
    .filter((name) => upcase(name) === FOLDER)
    .map((name) => joinHost(folder, name, style))
    .flatMap((txr) => namesIn(fs, txr).map((name) => joinHost(txr, name, style)));
  return [...beside, ...shared].filter((path) => ENDINGS.test(path) && statOf(fs, path)?.isFile());
}
