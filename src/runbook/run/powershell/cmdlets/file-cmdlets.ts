// Cmdlets on files, on where the script stands, and on the volumes that are mapped.

import { filetimeToIso } from '../../../../base/time.ts';
import { unkept } from '../../../parse/marks.ts';
import { registryPath } from '../../../parse/powershell/registry-path.ts';
import { decoded, fileCommand } from '../../../tools/file-commands.ts';
import type { OfflineSystem } from '../../../tools/offline-system.ts';
import { ToolFailure, Unresolved } from '../../unresolved.ts';
import { itemsOf, known, numberOf, oneValue, PsBlock, PsObject, textOf, type Value } from '../values.ts';
import type { Cmdlet, CmdletCall, Step } from './cmdlet.ts';
import type { FileItems } from './file-items.ts';

const PATH = { literalpath: 'path', pspath: 'path', filepath: 'path', lp: 'path' } as const;

export function fileCmdlets(
  system: OfflineSystem,
  files: FileItems,
  step: Step,
  keys: (call: CmdletCall, from: string, to: string) => void,
): Readonly<Record<string, Cmdlet>> {
  const pathOf = ({ bound, input }: CmdletCall): string[] => {
    const from = bound.has('path') ? bound.get('path') : oneValue(input ?? []);
    return itemsOf(from).map((item) =>
      files.located(textOf(known(item instanceof PsObject ? (item.properties.get('FullName') ?? item.text) : item))),
    );
  };
  const one = (call: CmdletCall): string => {
    const [path] = pathOf(call);
    if (path === undefined) throw new Unresolved('cut-line', '-path is missing.');
    return path;
  };
  const written = (call: CmdletCall, isAppended: boolean): Value[] => {
    const data = call.bound.has('value') ? itemsOf(call.bound.get('value')) : (call.input ?? []);
    const isBytes =
      data.length > 0 &&
      data.every((item) => typeof item === 'number') &&
      /^byte$/i.test(call.bound.text('encoding') ?? '');
    const end = call.bound.flag('nonewline') ? '' : '\r\n';
    const text = unkept(
      data
        .flatMap(itemsOf)
        .map((item) => `${textOf(item)}${end}`)
        .join(''),
    );
    const bytes = isBytes
      ? Uint8Array.from(data.map((item) => numberOf(item) ?? 0))
      : encoded(text, call.bound.text('encoding'));
    step(call, () => system.files.write(one({ ...call, input: null }), bytes, isAppended));
    return [];
  };
  const moved =
    (command: 'copy' | 'move' | 'ren') =>
    (call: CmdletCall): Value[] => {
      const { bound } = call;
      const items = itemsOf(bound.has('path') ? bound.get('path') : oneValue(call.input ?? []));
      for (const [i, from] of pathOf(call).entries()) {
        const given = bound.has('destination') ? bound.get('destination') : bound.get('newname');
        const to = textOf(
          known(given instanceof PsBlock ? oneValue(call.each(given, items[i] ?? null)) : (given ?? '.')),
        );
        if (registryPath(from) !== null) {
          keys(call, from, command === 'ren' ? to : files.located(to));
          continue;
        }
        const target = command === 'ren' ? to : files.located(to);
        step(call, () => {
          if (!system.files.exists(from) && !/[*?]/.test(from))
            throw new ToolFailure(`Cannot find path '${from}' because it does not exist.`);
          if (bound.flag('recurse')) fileCommand('xcopy', [from, target, '/e', '/y'], system);
          else fileCommand(command, [from, target], system);
        });
      }
      return [];
    };
  const contents: Cmdlet = {
    positional: ['path'],
    named: ['encoding', 'totalcount', 'tail', 'readcount', 'delimiter'],
    switches: ['raw', 'force', 'asbytestream'],
    aliases: PATH,
    run: (call) => {
      const text = pathOf(call)
        .map((path) => decoded(system.files.read(path)))
        .join('');
      if (call.bound.flag('raw')) return [text];
      const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
      return call.bound.has('totalcount') ? lines.slice(0, numberOf(call.bound.get('totalcount')) ?? 0) : lines;
    },
  };
  const takesText = {
    positional: ['path', 'value'],
    named: ['encoding', 'width'],
    switches: ['force', 'nonewline', 'append', 'noclobber', 'passthru'],
    aliases: { ...PATH, inputobject: 'value' },
  };
  return {
    'new-temporaryfile': {
      run: () => {
        const path = system.files.recovery.temporaryName();
        return [new PsObject('FileInfo', { FullName: path, Name: path.slice(path.lastIndexOf('\\') + 1) }, path)];
      },
    },
    'copy-item': {
      positional: ['path', 'destination'],
      named: ['filter', 'include', 'exclude'],
      switches: ['force', 'recurse', 'passthru', 'container'],
      aliases: PATH,
      run: moved('copy'),
    },
    'move-item': {
      positional: ['path', 'destination'],
      named: ['filter', 'include', 'exclude'],
      switches: ['force', 'passthru'],
      aliases: PATH,
      run: moved('move'),
    },
    'rename-item': {
      positional: ['path', 'newname'],
      switches: ['force', 'passthru'],
      aliases: PATH,
      run: moved('ren'),
    },
    'get-content': contents,
    'set-content': { ...takesText, run: (call) => written(call, false) },
    'out-file': { ...takesText, run: (call) => written(call, call.bound.flag('append')) },
    'add-content': { ...takesText, run: (call) => written(call, true) },
    'tee-object': {
      ...takesText,
      named: [...takesText.named, 'variable'],
      run: (call) => {
        if (call.bound.has('path')) written(call, call.bound.flag('append'));
        const name = call.bound.text('variable');
        if (name !== null) call.scope.set(name.toLowerCase(), oneValue(call.input ?? []));
        return [...(call.input ?? [])];
      },
    },
    'set-location': { positional: ['path'], aliases: PATH, run: (call) => quietly(() => files.setLocation(one(call))) },
    'push-location': {
      positional: ['path'],
      aliases: PATH,
      run: (call) => quietly(() => files.push(call.bound.has('path') ? one(call) : null)),
    },
    'pop-location': { run: () => quietly(() => files.pop()) },
    'get-location': {
      run: () => {
        if (files.here === null) throw new Unresolved('powershell', 'where the script stands is not known.');
        return [new PsObject('PathInfo', { Path: files.here }, files.here)];
      },
    },
    'resolve-path': {
      positional: ['path'],
      aliases: PATH,
      run: (call) =>
        pathOf(call).map((path) => {
          if (registryPath(path) === null && !system.files.exists(path))
            throw new ToolFailure(`Cannot find path '${path}' because it does not exist.`);
          return new PsObject('PathInfo', { Path: path, ProviderPath: path }, path);
        }),
    },
    'new-psdrive': {
      positional: ['name', 'psprovider', 'root'],
      named: ['scope', 'description'],
      switches: ['persist'],
      run: ({ bound }) => {
        const [name, root] = [bound.text('name') ?? '', bound.text('root') ?? ''];
        const key = registryPath(root) ?? (/^HKEY_\w+$/i.test(root) ? root : null);
        files.drives.set(name.toUpperCase(), key ?? root.replace(/\\$/, ''));
        return [];
      },
    },
    'remove-psdrive': { positional: ['name'], switches: ['force'], run: () => [] },
    'get-psdrive': {
      positional: ['name'],
      named: ['psprovider'],
      run: ({ bound }) => (/^registry$/i.test(bound.text('psprovider') ?? '') ? [] : volumes(system)),
    },
    'get-partition': {
      positional: ['disknumber'],
      named: ['driveletter', 'disk', 'partitionnumber', 'disknumber'],
      run: () => volumes(system),
    },
    'get-volume': { positional: ['driveletter'], named: ['filesystemlabel', 'partition'], run: () => volumes(system) },
    'get-disk-partitions': { run: () => volumes(system) },
    'get-diskpartitions': { run: () => volumes(system) },
    'get-date': {
      positional: ['date'],
      named: ['format', 'uformat'],
      aliases: { f: 'format' },
      run: ({ bound }) => [dateOf(system, bound.text('format') ?? bound.text('uformat'))],
    },
  };
}

function quietly(work: () => void): Value[] {
  work();
  return [];
}

/** The volumes that are mapped, as Get-Partition and Get-Volume would show them. */
function volumes(system: OfflineSystem): Value[] {
  return [...system.options.drives.keys()].map(
    (letter, i) =>
      new PsObject(
        'Partition',
        {
          DriveLetter: letter,
          DiskNumber: 1,
          PartitionNumber: i + 1,
          Name: letter,
          Root: `${letter}:\\`,
          Type: 'Basic',
          DriveType: 'Fixed',
          FileSystem: 'NTFS',
          FileSystemType: 'NTFS',
          AccessPaths: [`${letter}:\\`],
          IsHidden: false,
        },
        letter,
      ),
  );
}

function encoded(text: string, encoding: string | null): Uint8Array {
  if (encoding !== null && /^unicode$/i.test(encoding)) {
    const bytes = new Uint8Array(2 + text.length * 2);
    bytes.set([0xff, 0xfe]);
    for (let i = 0; i < text.length; i += 1) bytes.set([text.charCodeAt(i) & 0xff, text.charCodeAt(i) >> 8], 2 + i * 2);
    return bytes;
  }
  return new TextEncoder().encode(text);
}

/** Now, in UTC, by .NET's letters. */
function dateOf(system: OfflineSystem, format: string | null): Value {
  const iso = filetimeToIso(system.session.host.now()) ?? '';
  const [year, month, day, hour, minute, second] = iso.split(/\D/) as [string, string, string, string, string, string];
  const parts: Readonly<Record<string, string>> = {
    yyyy: year,
    yy: year.slice(2),
    MM: month,
    dd: day,
    HH: hour,
    hh: hour,
    mm: minute,
    ss: second,
    fff: '000',
    '%Y': year,
    '%m': month,
    '%d': day,
    '%H': hour,
    '%M': minute,
    '%S': second,
  };
  const text = (pattern: string): string =>
    pattern.replace(/yyyy|yy|MM|dd|HH|hh|mm|ss|fff|%[YmdHMS]/g, (part) => parts[part] ?? part);
  if (format !== null) return text(format);
  const now = `${month}/${day}/${year} ${hour}:${minute}:${second}`;
  return new PsObject(
    'DateTime',
    {
      Year: Number(year),
      Month: Number(month),
      Day: Number(day),
      Hour: Number(hour),
      Minute: Number(minute),
      Second: Number(second),
    },
    now,
    {
      tostring: ([pattern = null]) => (pattern === null ? now : text(textOf(known(pattern)))),
    },
  );
}
