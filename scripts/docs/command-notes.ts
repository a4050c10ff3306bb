// What the reference says of each command beside its options and examples.

export interface CommandNote {
  /** Paragraphs. */
  readonly about: readonly string[];
}

export const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['NO_COLOR', 'no colour'],
  ['HIVEMEND_READ_ONLY', 'every command that would write to a hive or a volume is refused; --dry-run still works'],
];

const ASKING =
  'It asks on a terminal, with No as the default; without a terminal it prints the plan, writes nothing and exits 2, unless --yes is given.';

export const COMMAND_NOTES: Readonly<Record<string, CommandNote>> = {
  disks: {
    about: [
      'Lists the partitions of disks, images and NBD addresses with file system, size and state, and the Windows in them; without arguments the disks of this machine. The names of the partitions begin the paths of files in them.',
    ],
  },
  diagnose: {
    about: [
      'Recovers dirty hives in memory, gives a verdict on each link from power-on to a session, and says what to type next (-v: evidence, sources and the plan). Exit 1 where a cause was found, or where what could be one was not read.',
    ],
  },
  explain: {
    about: [
      'Prints what a code of a finding or an error, a repair or a stop code of Windows means, from the tables that these pages are made of.',
    ],
  },
  repair: {
    about: [
      `Plans, applies the plan in memory, proves the result with the second reader, and commits hives, store and permissions under one journal. ${ASKING}`,
      'Exit 0: done, or nothing to do. Exit 1: committed, but a cause is left (the report names it).',
    ],
  },
  apply: {
    about: [
      `Commits a plan that \`repair --plan\` saved, and only that. A hive whose hash is no longer the plan's is refused (CHANGED_ON_DISK), as is another computer (WRONG_MACHINE). ${ASKING}`,
    ],
  },
  undo: {
    about: [
      `Undoes the last commit, or the one whose id (or its beginning) is given: every byte, until Windows has started from the disk or something else has written. After that \`--values\` reverts each value that still holds what was written. ${ASKING}`,
      'A place is a folder of a volume, or the hive file of a commit that was made on a bare file.',
    ],
  },
  reg: {
    about: [
      "reg.exe's grammar: query, add, delete, copy, compare, export, import, save, restore, load, unload. What it changes goes through the same proof, journal and undo as a repair. Quote keys, since a POSIX shell takes backslashes away. [reg.md](reg.md) has the keys and the differences.",
    ],
  },
  bcdedit: {
    about: [
      "bcdedit's grammar on a store that is a file, or on the store that boots the Windows of a volume. Only the elements that were named change. Quote brace words in PowerShell. [bcd.md](bcd.md) has the rest.",
    ],
  },
  export: {
    about: [
      'Hives are found by content, folders are searched all the way down, and dirty hives are shown as their logs complete them. A hive of a folder that cannot be read is an error record, and the rest goes on (exit 1). [formats.md](formats.md) describes each form, [schemas/jsonl.schema.json](schemas/jsonl.schema.json) the records.',
    ],
  },
  import: {
    about: [
      `A file with a line that is not understood is refused as a whole, with line and column. ${ASKING} With --new it writes a new file and does not ask.`,
    ],
  },
  inspect: {
    about: [
      'Prints the header, each transaction log with its entries and verdicts, and what recovery would do. `--validate` judges every structure ([validation.md](validation.md)); `--changes` names the keys and values that each log entry changed.',
    ],
  },
  diff: {
    about: [
      'Compares two hives key by key and value by value; the same file twice compares a dirty hive with its recovered self. Exit 1 where anything differs.',
    ],
  },
  recover: {
    about: [
      'Writes the hive as its transaction logs complete it, as a clean hive, into a new file. The original is only read.',
    ],
  },
  rebuild: {
    about: [
      `Repairs a damaged hive in place where its base block, its root and its chain of bins are sound, else rebuilds it as new from everything that can be read, and says which and why. Every key, value, list and descriptor that is lost is listed with its place and the bytes left of it. ${ASKING}`,
      'With `-o` the result is a new file; with `--in-place` it takes the place of the damaged hive, with journal and undo. Losses that a check of the start or the logon reads, or of more than 1 % of the keys, need `--accept-loss` there. Other copies of the hive (RegBack, `*.OLD`, `*.SAV`, `Windows\\repair`) are judged in a table, and taken only with `--from`. Exit 1 where something is lost. [rebuild.md](rebuild.md) has the rules.',
    ],
  },
  run: {
    about: [
      `Reads a .cmd or .bat file, or the code blocks of a Markdown page, says what is wrong with each line, shows exactly what it would write, and commits that under one journal. Nothing is written from a script with an unresolved line, unless --skip-unresolved. ${ASKING}`,
    ],
  },
  lint: {
    about: ['Needs no disk and writes nothing. Every remark has file, line, column and the id of its rule.'],
  },
  page: {
    about: [
      'Writes one HTML file. Opened in a browser it shows hives that are dropped on it, diagnoses them by the same checks, and saves what is staged as a plan for `hivemend apply`, a .reg file, or an edited hive. It needs no network and sends nothing. Certificates, files and permissions of the disk are not seen there.',
    ],
  },
  shell: {
    about: [
      'Over a hive paths begin at its root; over volumes at HKLM, as in `cd HKLM\\SYSTEM\\CurrentControlSet`, where CurrentControlSet is the set that Select names. What set, add, rm and mv do is staged in memory; diff shows it, and commit proves it, shows the plan, asks, and writes it with a journal. undo undoes the newest commit.',
      'Without a terminal, or with -c, it takes its commands from standard input or from the text, and the first that fails ends it with its exit status. What was typed is kept in memory only.',
    ],
  },
};
