// What /? prints: every command with its words, and of one that is named what it does and an example.

interface Topic {
  readonly usage: readonly string[];
  readonly about: string;
  readonly example: string;
}

/** In the order in which they are printed. */
const TOPICS: Readonly<Record<string, Topic>> = {
  enum: {
    usage: ['/enum [active|all|firmware|bootapp|bootmgr|osloader|resume|inherit|device|<id>] [/v]'],
    about: 'Lists the entries of the store; /v shows identifiers in full.',
    example: '/enum all /v',
  },
  createstore: {
    usage: ['/createstore <file>'],
    about: 'Makes an empty store in a file that is not there yet.',
    example: '/createstore BCD',
  },
  set: {
    usage: ['/set [<id>] <element> <value...> [/addfirst|/addlast|/remove]'],
    about:
      'Sets an element of an entry. A device is boot, partition=X: with --partition,\npartition=gpt:... and partition=mbr:... as /enum prints them, or\nramdisk=[boot|X:]path,{options}.',
    example: '/set {default} safeboot minimal',
  },
  deletevalue: {
    usage: ['/deletevalue [<id>] <element>'],
    about: 'Removes an element from an entry.',
    example: '/deletevalue {default} safeboot',
  },
  create: {
    usage: ['/create [<id>] [/d <description>] [/application <type>|/inherit [<type>]|/device]'],
    about: 'Makes a new entry.',
    example: '/create /d "Windows" /application osloader',
  },
  copy: {
    usage: ['/copy <id> /d <description>'],
    about: 'Copies an entry under a new identifier.',
    example: '/copy {default} /d "Copy"',
  },
  delete: {
    usage: ['/delete <id> [/f] [/cleanup|/nocleanup]'],
    about: 'Removes an entry; one with a well-known identifier only with /f.',
    example: '/delete {ntldr} /f',
  },
  default: { usage: ['/default <id>'], about: 'Sets the entry that boots by itself.', example: '/default {default}' },
  timeout: { usage: ['/timeout <seconds>'], about: 'Sets how long the boot menu waits.', example: '/timeout 10' },
  displayorder: orderTopic('displayorder', 'Sets the order of the boot menu.'),
  bootsequence: orderTopic('bootsequence', 'Sets the order of the next boot alone.'),
  toolsdisplayorder: orderTopic('toolsdisplayorder', 'Sets the order of the tools menu.'),
  ems: {
    usage: ['/ems <id> on|off'],
    about: 'Turns Emergency Management Services of an entry on or off.',
    example: '/ems {default} on',
  },
  bootems: {
    usage: ['/bootems <id> on|off'],
    about: 'Turns Emergency Management Services of a boot application on or off.',
    example: '/bootems {bootmgr} on',
  },
  emssettings: {
    usage: ['/emssettings [bios] [emsport:<port>] [emsbaudrate:<rate>]'],
    about: 'Sets port and speed of Emergency Management Services.',
    example: '/emssettings emsport:1 emsbaudrate:115200',
  },
  debug: {
    usage: ['/debug <id> on|off'],
    about: 'Turns the kernel debugger of an entry on or off.',
    example: '/debug {default} off',
  },
  bootdebug: {
    usage: ['/bootdebug <id> on|off'],
    about: 'Turns the boot debugger of an entry on or off.',
    example: '/bootdebug {default} off',
  },
  dbgsettings: {
    usage: [
      '/dbgsettings [serial|1394|usb|net|local] [debugport:<n>] [baudrate:<n>] [channel:<n>]',
      '             [targetname:<name>] [hostip:<ip>] [port:<n>] [key:<key>] [nodhcp] [busparams:<b.d.f>]',
      '             [/start active|autoenable|disable] [/noumex]',
    ],
    about: 'Sets how a kernel debugger is reached.',
    example: '/dbgsettings serial debugport:1 baudrate:115200',
  },
  export: { usage: ['/export <file>'], about: 'Writes the store to a new file.', example: '/export bcd-backup' },
  import: {
    usage: ['/import <file>'],
    about: 'Gives the store what such a file holds.',
    example: '/import bcd-backup',
  },
};

function orderTopic(command: string, about: string): Topic {
  const usage = [`/${command} <id...> [/addfirst|/addlast|/remove]`];
  return { usage, about, example: `/${command} {default} /addfirst` };
}

const HEAD = `BCDEDIT - Boot Configuration Data Store Editor, on a store that is a file

bcdedit [/store <file>] [/command [words]] [/v]
`;

const IDENTIFIERS = `<id> is a GUID in braces or a name: {bootmgr}, {default}, {emssettings}, ... {current} means the
running Windows and is refused here. <element> is a name (/enum shows them) or custom:<8 digits>.
`;

const lines = (texts: readonly string[]): string => texts.map((text) => `  ${text}\n`).join('');

/** Of one command where `word` names one (with or without its slash); null where it names none. */
export function helpText(word: string | undefined): string | null {
  if (word === undefined) {
    const usage = Object.values(TOPICS).map((topic) => lines(topic.usage));
    return `${HEAD}\n${usage.join('')}\n${IDENTIFIERS}\nOf one command: bcdedit /? /set\n`;
  }
  const topic = TOPICS[word.toLowerCase().replace(/^[/-]/, '')];
  if (!topic) return null;
  return `${topic.about}\n\n${lines(topic.usage)}\nExample:\n  bcdedit ${topic.example}\n\n${IDENTIFIERS}`;
}
