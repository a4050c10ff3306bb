// The rows of `npm run bench` that are whole processes: a command of ours, what a user would take instead, and how much
// of its time ours may take.

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup.mjs';

export const NOTHING = { name: 'node -e 0', command: [process.execPath, '-e', '0'] };
/** Of the memory over Node's own, in sizes of the hive. */
export const PEAK_TARGET = 4;

/** Commands of the checkout in `folder` on one hive; each has what it needs in `scratch`. */
export function commandsOf(folder, hive, scratch) {
  const cli = [process.execPath, join(folder, 'dist/cli/main.js')];
  const ours = (name, words, more = {}) => ({ name, command: [...cli, ...words], ...more });
  const disk = diskWith(hive, join(scratch, 'disk'));
  const repaired = join(scratch, 'repair');
  return {
    version: ours('--version', ['--version']),
    library: {
      name: "import('hivemend')",
      command: [
        process.execPath,
        '--input-type=module',
        '-e',
        `await import(${JSON.stringify(join(folder, 'dist/index.js'))})`,
      ],
    },
    diagnose: ours('diagnose', ['diagnose', disk], { statuses: [0, 1] }),
    xml: ours('export --format xml', ['export', hive, '--format', 'xml']),
    reg: ours('export --format reg', ['export', hive, '--format', 'reg']),
    jsonl: ours('export --format jsonl', ['export', hive, '--format', 'jsonl']),
    repair: ours('repair --yes', ['repair', repaired, '--yes', '--accept-dirty'], {
      statuses: [0, 1],
      prepare: () => {
        rmSync(repaired, { recursive: true, force: true });
        diskWith(hive, repaired);
      },
    }),
  };
}

/** Each row: ours, what it is compared with, and the ratios of processor and wall clock time that it should keep to. */
export function rowsOf(hive, scratch) {
  const { version, library, diagnose, xml, reg, jsonl, repair } = commandsOf(root, hive, scratch);
  const other = (name, command, statuses = [0]) => ({ name, command, statuses });
  const isNode24 = Number(process.versions.node.split('.')[0]) >= 24;
  const reged = ['reged', '-x', hive, 'HKEY_LOCAL_MACHINE\\SYSTEM', '\\', join(scratch, 'reged.reg')];
  return [
    { ours: version, theirs: NOTHING, target: 1.3 },
    { ours: library, theirs: NOTHING },
    { ours: diagnose, theirs: NOTHING, target: isNode24 ? 4.5 : 3 },
    { ours: xml, theirs: other('hivexml', ['hivexml', hive]), target: 0.6, wallTarget: 0.8 },
    { ours: reg, theirs: other('hivexregedit --export', ['hivexregedit', '--export', hive, '\\']), target: 0.2 },
    { ours: reg, theirs: other('reged -x', reged, [0, 1, 2]) },
    { ours: jsonl, theirs: xml, target: 1.2 },
    { ours: jsonl, theirs: other('reglookup', ['reglookup', hive]) },
    { ours: jsonl, theirs: other('regfexport', ['regfexport', hive]) },
    { ours: repair, theirs: bareSets(hive, scratch), target: 12 },
  ];
}

export function diskWith(hive, folder) {
  mkdirSync(join(folder, 'Windows/System32/config'), { recursive: true });
  copyFileSync(hive, join(folder, 'Windows/System32/config/SYSTEM'));
  return folder;
}

/** A bare hivexsh that sets the values that repair sets, without plan, journal, syncs or proof. */
function bareSets(hive, scratch) {
  const copy = join(scratch, 'hivexsh-copy');
  const disk = join(scratch, 'disk');
  const planned = spawnSync(
    process.execPath,
    [join(root, 'dist/cli/main.js'), 'repair', disk, '--dry-run', '--json', '--accept-dirty'],
    { encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  const { changes } = JSON.parse(planned.stdout);
  return {
    name: `hivexsh -w, the same ${changes.length} sets`,
    command: ['hivexsh', '-w', copy],
    script: changes
      .flatMap(({ edit }) => hivexshLines(edit))
      .concat('commit', 'quit', '')
      .join('\n'),
    prepare: () => {
      rmSync(copy, { force: true });
      copyFileSync(hive, copy);
    },
  };
}

function hivexshLines(edit) {
  const path = edit.key.path;
  if (edit.op === 'create-key') return [`cd \\${path.slice(0, -1).join('\\')}`, `add ${path.at(-1)}`];
  if (edit.op !== 'set-value') return [];
  const bytes = edit.value.hex.match(/../g)?.join(',') ?? '';
  return [`cd \\${path.join('\\')}`, 'setval 1', edit.name, `hex:${edit.value.type}:${bytes}`];
}
