// Every command: its words, what it is for, examples, and where its action lies. Help, docs and completions are made of it.

import type { OPTIONS_OF } from './options.ts';
import type { CliResult } from './print.ts';
import type { CliContext } from './terminal.ts';

// biome-ignore lint/suspicious/noExplicitAny: commander gives the options of a command as any
export type Options = any;
/** An action, loaded when its command is called. */
export type Load = () => Promise<
  (context: CliContext, words: readonly string[], options: Options) => Promise<CliResult> | CliResult
>;

/** Every command, in the order of its group. */
export const COMMANDS: readonly {
  readonly name: keyof typeof OPTIONS_OF;
  readonly words: string;
  /** The heading of the help that it stands below. */
  readonly group: string;
  readonly summary: string;
  /** Three lines of a POSIX shell, in the order in which they can be typed. */
  readonly examples: readonly [string, string, string];
  readonly load: Load;
}[] = [
  {
    name: 'disks',
    group: 'Look:',
    words: '[disks...]',
    summary: 'List partitions, file systems and the Windows in them',
    examples: ['hivemend disks', 'hivemend disks /dev/sdb', 'hivemend disks /dev/sdb --json'],
    load: async () => (await import('./actions/disks.ts')).disks,
  },
  {
    name: 'diagnose',
    group: 'Look:',
    words: '<volumes...>',
    summary: 'Find why Remote Desktop or Windows fails on a disk; never writes',
    examples: [
      'hivemend diagnose /mnt/windows',
      'hivemend diagnose /mnt/windows --symptom rdp -v',
      'hivemend diagnose /mnt/windows --json > diagnosis.json',
    ],
    load: async () => (await import('./actions/diagnose.ts')).diagnose,
  },
  {
    name: 'explain',
    group: 'Look:',
    words: '<code>',
    summary: 'Explain a code, repair, stop code or lint rule; needs no disk',
    examples: ['hivemend explain SERVICE_DISABLED', 'hivemend explain rdp-listener', 'hivemend explain 0x7B'],
    load: async () => (await import('./actions/explain.ts')).explain,
  },
  {
    name: 'repair',
    group: 'Repair:',
    words: '<volumes...>',
    summary: 'Repair the disk (shows the plan and asks first)',
    examples: [
      'hivemend repair /mnt/windows --dry-run',
      'hivemend repair /mnt/windows --only tls,nla --expect APP-SRV-07 --yes',
      'hivemend repair /mnt/windows --yes --report report.json --html report.html',
    ],
    load: async () => (await import('./actions/repair.ts')).repair,
  },
  {
    name: 'apply',
    group: 'Repair:',
    words: '<plan> <volumes...>',
    summary: 'Commit a saved plan, and only that',
    examples: [
      'hivemend repair /mnt/windows --plan plan.json',
      'hivemend apply plan.json /mnt/windows --dry-run',
      'hivemend apply plan.json /mnt/windows --yes',
    ],
    load: async () => (await import('./actions/apply.ts')).apply,
  },
  {
    name: 'undo',
    group: 'Repair:',
    words: '<places...>',
    summary: 'Undo the newest commit, or the one whose id follows the places',
    examples: [
      'hivemend undo /mnt/windows --list',
      'hivemend undo /mnt/windows --dry-run',
      'hivemend undo /mnt/windows --yes',
    ],
    load: async () => (await import('./actions/undo.ts')).undo,
  },
  {
    name: 'reg',
    group: 'Compatible tools:',
    words: '[words...]',
    summary: "Run reg.exe's commands on a volume or a hive",
    examples: [
      "hivemend reg query --volume /mnt/windows 'HKLM\\SYSTEM\\Select'",
      "hivemend reg add --volume /mnt/windows 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server' /v fDenyTSConnections /t REG_DWORD /d 0 /f",
      "hivemend reg query --hive SYSTEM 'Select'",
    ],
    load: async () => (await import('./actions/reg.ts')).reg,
  },
  {
    name: 'bcdedit',
    group: 'Compatible tools:',
    words: '[words...]',
    summary: "Run bcdedit's commands on a volume or a store",
    examples: [
      'hivemend bcdedit --volume /mnt/windows /enum',
      'hivemend bcdedit --volume /mnt/windows /ems "{default}" on',
      'hivemend bcdedit /store /mnt/esp/EFI/Microsoft/Boot/BCD /enum all /v',
    ],
    load: async () => (await import('./actions/bcdedit.ts')).bcdedit,
  },
  {
    name: 'run',
    group: 'Scripts:',
    words: '<runbook>',
    summary: 'Run a published repair script on the attached disk',
    examples: [
      'hivemend run fix.cmd --drive F:=/mnt/windows --dry-run',
      'hivemend run fix.cmd --drive F:=/mnt/windows --yes',
      'hivemend run page.md --drive F:=/mnt/windows --section "The listener" --dry-run',
    ],
    load: async () => (await import('./actions/run.ts')).run,
  },
  {
    name: 'lint',
    group: 'Scripts:',
    words: '<runbooks...>',
    summary: 'Check published repair scripts; needs no disk',
    examples: [
      'hivemend lint fix.cmd',
      'hivemend lint fix.cmd page.md --fail-on warning',
      'hivemend lint fix.cmd --format sarif > lint.sarif',
    ],
    load: async () => (await import('./actions/lint.ts')).lint,
  },
  {
    name: 'export',
    group: 'Files:',
    words: '<sources...>',
    summary: 'Print hives as XML, JSON lines, .reg or a timeline',
    examples: [
      'hivemend export SYSTEM --match "Select" > select.jsonl',
      'hivemend export /mnt/windows/Windows/System32/config --jobs 2 -o hives.jsonl',
      'hivemend export SYSTEM --format xml --lossless -o system.xml',
    ],
    load: async () => (await import('./actions/export.ts')).exportHives,
  },
  {
    name: 'import',
    group: 'Files:',
    words: '<hive> <file>',
    summary: 'Put a .reg or XML file into a hive, or build a new one',
    examples: [
      'hivemend import SYSTEM fix.reg --dry-run',
      'hivemend import SYSTEM fix.reg --yes',
      'hivemend import NEW fix.reg --new',
    ],
    load: async () => (await import('./actions/import.ts')).importFile,
  },
  {
    name: 'inspect',
    group: 'Files:',
    words: '<hive>',
    summary: 'Show the header and logs of a hive, and validate it',
    examples: [
      'hivemend inspect SYSTEM',
      'hivemend inspect SYSTEM --validate',
      'hivemend inspect SYSTEM --changes --json',
    ],
    load: async () => (await import('./actions/inspect.ts')).inspect,
  },
  {
    name: 'diff',
    group: 'Files:',
    words: '<old> <new>',
    summary: 'Compare two hives',
    examples: [
      'hivemend diff SYSTEM changed/SYSTEM',
      'hivemend diff SYSTEM changed/SYSTEM --times',
      'hivemend diff SYSTEM changed/SYSTEM --format reg > change.reg',
    ],
    load: async () => (await import('./actions/diff.ts')).diff,
  },
  {
    name: 'recover',
    group: 'Files:',
    words: '<hive>',
    summary: 'Replay the transaction logs of a hive into a new file',
    examples: [
      'hivemend recover SYSTEM -o SYSTEM.recovered',
      'hivemend recover SYSTEM -o SYSTEM.recovered --force',
      'hivemend recover /mnt/windows/Windows/System32/config/SYSTEM -o SYSTEM.copy',
    ],
    load: async () => (await import('./actions/recover.ts')).recover,
  },
  {
    name: 'rebuild',
    group: 'Repair:',
    words: '<hive>',
    summary: 'Repair a damaged hive or rebuild it as new, and list every loss',
    examples: [
      'hivemend rebuild SYSTEM --volume /mnt/windows --dry-run',
      'hivemend rebuild SYSTEM -o SYSTEM.new',
      'hivemend rebuild /mnt/windows/Windows/System32/config/SYSTEM -o SYSTEM.new',
    ],
    load: async () => (await import('./actions/rebuild.ts')).rebuild,
  },
  {
    name: 'page',
    group: 'Files:',
    words: '',
    summary: 'Write the browser page that shows and diagnoses hives',
    examples: [
      'hivemend page -o hivemend.html',
      'hivemend page -o hivemend.html --force',
      'hivemend page -o page.html --json',
    ],
    load: async () => (await import('./page.ts')).page,
  },
  {
    name: 'shell',
    group: 'Files:',
    words: '<places...>',
    summary: 'Look and edit at a prompt, over a hive or a disk',
    examples: [
      'hivemend shell /mnt/windows',
      'hivemend shell /mnt/windows -c "cd HKLM\\\\SYSTEM\\\\Select; ls"',
      'hivemend shell SYSTEM --read-only -c "find TermService"',
    ],
    load: async () => (await import('./shell/start.ts')).shell,
  },
];
