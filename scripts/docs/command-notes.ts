// What the reference says of each command beside its options and examples.

export interface CommandNote {
  /** Paragraphs. */
  readonly about: readonly string[];
}

export const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['NO_COLOR', 'no colour'],
  ['HIVEMEND_READ_ONLY', 'every command that would write to a hive or a volume is refused; --dry-run still works'],
];

export const ASKING =
  'repair, apply, undo, import, rebuild and run ask on a terminal, with No as the default. Without a terminal they print the plan, write nothing and exit 2, unless --yes is given.';

export const COMMAND_NOTES: Readonly<Record<string, CommandNote>> = {
  disks: {
    about: [
      'Of disks, images and NBD addresses: partitions with file system, size and state. Without arguments the disks of this machine. The names of the partitions begin the paths of files in them.',
    ],
  },
  diagnose: {
    about: [
      'Recovers dirty hives in memory, judges each link from power-on to a session, and says what to type next. Exit 1: a cause was found, or what may hold one was not read.',
    ],
  },
  explain: {
    about: [
      'The code of a finding or an error, the name of a repair, or a stop code of Windows. It prints what these pages are made of.',
    ],
  },
  repair: {
    about: [
      `Plans, applies the plan in memory, proves the result with the second reader, and commits hives, store and permissions under one journal.`,
      'Exit 0: done, or nothing to do. Exit 1: committed, but a cause is left (the report names it).',
    ],
  },
  apply: {
    about: [
      `A plan that \`repair --plan\` or \`run --plan\` saved. A hive whose hash is no longer the plan's is refused (CHANGED_ON_DISK), as is another computer (WRONG_MACHINE).`,
    ],
  },
  undo: {
    about: [
      `Every byte, until Windows has started from the disk or something else has written; after that \`--values\` reverts each value that still holds what was written.`,
      'A place is a folder of a volume, or the hive file of a commit that was made on a bare file.',
    ],
  },
  reg: {
    about: [
      "reg.exe's grammar: query, add, delete, copy, compare, export, import, save, restore, load, unload. It writes with the proof, journal and undo of a repair. Quote keys: a POSIX shell takes backslashes away. [reg.md](reg.md) has the keys and the differences.",
    ],
  },
  bcdedit: {
    about: [
      "bcdedit's grammar on a store that is a file, or on the store that boots the Windows of a volume. Only the elements that were named change. Quote brace words in PowerShell. [bcd.md](bcd.md) has the rest.",
    ],
  },
  export: {
    about: [
      'Hives are found by content, all the way down a folder; dirty hives are shown as their logs complete them. A hive that cannot be read is an error record, and the rest goes on (exit 1). [formats.md](formats.md) describes each form.',
    ],
  },
  import: {
    about: [
      `A file with a line that is not understood is refused as a whole, with line and column. With --new it writes a new file and does not ask.`,
    ],
  },
  inspect: {
    about: [
      'Prints the header, each transaction log with its entries and verdicts, and what recovery would do. `--validate` judges every structure ([validation.md](validation.md)); `--changes` names the keys and values that each log entry changed.',
    ],
  },
  diff: {
    about: [
      'Key by key and value by value. The same file twice compares a dirty hive with its recovered self. Exit 1: something differs.',
    ],
  },
  recover: {
    about: ['The new hive is clean; the original is only read.'],
  },
  rebuild: {
    about: [
      `Repairs a damaged hive in place where its base block, its root and its chain of bins are sound, else rebuilds it as new from everything that can be read, and says which and why. Every loss is listed.`,
      'Exit 1: something is lost. [rebuild.md](rebuild.md) says what is kept, when `--in-place` needs `--accept-loss`, and which other copies of the hive `--from` can take.',
    ],
  },
  run: {
    about: [
      `Reads .cmd and .bat files and the code blocks of Markdown pages, says what is wrong with each line, shows exactly what it would write, and commits that under one journal. Nothing is written from a script with an unresolved line, unless --skip-unresolved.`,
    ],
  },
  lint: {
    about: ['Every remark has file, line, column and the id of its rule.'],
  },
  page: {
    about: [
      'One HTML file. In a browser it shows hives that are dropped on it, diagnoses them by the same checks, and saves what is staged as a plan for `hivemend apply`, a .reg file, or an edited hive. It needs no network and sends nothing. [look.md](look.md) says what it does not see.',
    ],
  },
  shell: {
    about: [
      'Over a hive paths begin at its root; over volumes at HKLM, as in `cd HKLM\\SYSTEM\\CurrentControlSet`, where CurrentControlSet is the set that Select names. What set, add, rm and mv do is staged in memory; diff shows it, and commit proves it, shows the plan, asks, and writes it with a journal. undo undoes the newest commit.',
      'Without a terminal, or with -c, it takes its commands from standard input or from the text, and the first that fails ends it with its exit status. What was typed is kept in memory only.',
    ],
  },
};
