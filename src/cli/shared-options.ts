// The options that several commands share, and how their words are read.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { PLATFORMS } from '../repairs/drivers/platforms.ts';
import { DEFAULT_PROFILE, PROFILES } from '../repairs/profiles.ts';

export const WINDOWS = ['--windows <folder>', 'which Windows, if there are several (default: the only one)'] as const;

/** Of diagnose and repair, which make the same plan. */
export function planOptions(command: Command): void {
  command
    .option('--only <repairs>', 'only these repairs, comma-separated list (default: those of the profile)', list)
    .option('--skip <repairs>', 'skip these repairs, comma-separated list (default: none)', list)
    .option(
      '--profile <name|file>',
      `${Object.keys(PROFILES).join(', ')}, or a JSON file of your own (default: ${DEFAULT_PROFILE})`,
    )
    .option('--needed', 'only what fixes a cause or a warning')
    .option('--as-published', "the article's values to the letter, also where what is there serves the purpose")
    .option('--tls <versions>', 'protocols to enable: 1.0,1.1,1.2 (default: what RDP of this Windows needs)', list)
    .addOption(new Option('--serial <how>', 'full, or ems: no boot menu (default: full)').choices(['full', 'ems']))
    .option('--port <number>', 'the RDP port wanted (default: the port that the disk has)', wholeNumber)
    .option('--disable-firewall', 'rdp-firewall also switches the firewall profiles off')
    .option('--all-keys', 'machine-keys grants on every machine key, as the article does')
    .option('--all-loaders', 'serial-console in every Windows loader of the store')
    .option(
      '--fix-default <id>',
      'make this loader the default of a store whose default does not exist (default: none)',
    )
    .option('--max-files <number>', 'most files that a profile may take out of the way (default: 20)', wholeNumber)
    .option('--allow-fallback', 'where its files cannot be moved, disable the services that a profile names')
    .option(
      '--target <platform>',
      `where it is to start: ${PLATFORMS.map(({ name }) => name).join(', ')}; diagnose: all (default: not asked)`,
    )
    .option(
      '--drivers <folder>',
      'with --target virtio-blk or virtio-scsi: a folder with virtio-win, for boot-drivers (default: none)',
    )
    .addOption(
      new Option(
        '--firmware <which>',
        'how the machine starts, where the disk does not show it (default: by the partition table)',
      ).choices(['bios', 'uefi']),
    )
    .option('--control-sets <which>', 'existing, current, or numbers like 001,002 (default: existing)')
    .option('--create <numbers>', 'control sets that may be made where they do not exist (default: none)', list)
    .option(...WINDOWS)
    .option('--expect <computer>', 'refuse the disk of any other computer (default: any)');
}

/** Where images may be based on files that lie anywhere. */
export function disksForReading(command: Command): Command {
  return command.option('--any-backing', 'the files that an image is based on may lie outside its folder');
}

export function disksForWriting(command: Command): Command {
  return disksForReading(command)
    .option('--vm-is-off', 'of an image or device: no machine uses it, where that cannot be seen from here')
    .option('--replay-log', 'of a VHDX: replay its pending log into it before it is written');
}

/** Where the journal of a commit lies. */
export function journalOptions(command: Command): void {
  command
    .option(
      '--state-dir <folder>',
      'keep the journal here (default: on the Windows volume, or beside an image or a file)',
    )
    .option(
      '--state-dir-is-durable',
      'the state directory outlasts this system, although it lies on tmpfs or an overlay',
    );
}

/** Hives are named by where they lie on a volume. */
export function onVolumes(command: Command): Command {
  return command.option(
    '--volume <volume>',
    "a folder or disk image: hives are then named by Windows path ('Windows\\System32\\config\\SYSTEM') or name (may be given again)",
    collect,
  );
}

/** Of commands that only read hives, which may lie in images. */
export function hivesOnVolumes(command: Command): Command {
  return disksForReading(onVolumes(command));
}

/** The words of a comma-separated list. */
function list(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** Of an option that may be given again. */
export function collect(text: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), text];
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number');
  return Number(text);
}
