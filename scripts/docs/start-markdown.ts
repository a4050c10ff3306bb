// docs/it-does-not-start.md: what a person sees, what it means, and the command to type.

import { FINDING_GROUPS } from '../../src/base/codes/codes.ts';
import { PLATFORMS } from '../../src/repairs/drivers/platforms.ts';
import { REPAIRS } from '../../src/repairs/fixes/index.ts';
import { STOP_CODES, type StopCode, stopCodeText } from '../../src/repairs/start/stop-codes.ts';

/** The codes that are met most, first. */
const FIRST = [0x7b, 0xc000000e, 0xc0000225, 0xc000000f, 0xed, 0x74, 0xc0000218, 0xc000021a];

const NOTES = Object.assign({}, ...FINDING_GROUPS.map(({ notes }) => notes)) as Readonly<
  Record<string, { readonly means: string }>
>;

/** Those that change something only where they are asked for by name. */
const BY_NAME = [
  'boot-store',
  'drive-letters',
  'san-policy',
  'xen-remains',
  'recover-hives',
  'pending-updates',
  'network-after-move',
  'recovery-loop',
  'crashing-driver',
];

const HEAD = `# It does not start

Windows stops at its start, or shows a code and restarts. Mount its volumes (or give the image), and type the code as it stands on
the screen:

    hivemend diagnose /mnt/windows /mnt/esp --symptom 0x7B

It reads and never writes. Causes of that code come first; then everything else that keeps this Windows from starting, the newest
crash dump (code, parameters, time), and how far the last start came by the dates of what each stage writes. Without a code,
\`--symptom boot\` asks for all of it. Give the volume of the boot store too: on UEFI that is the EFI system partition.

    hivemend repair /mnt/windows /mnt/esp --profile boot --dry-run
    hivemend repair /mnt/windows /mnt/esp --profile boot
    hivemend undo /mnt/windows /mnt/esp

The profile \`boot\` fixes only what was found. What the disk does not decide is not claimed: a file counts as missing only where
Windows' own folders were read, a partition only where the partition table was, and a driver that is merely not used here is no
fault. None of it was tried on a machine's firmware.
`;

function platformPart(): string {
  const rows = PLATFORMS.map(({ name, title, firmware, drivers, olderDrivers }) => {
    const list = (of: typeof drivers): string => of.map(({ services }) => services.join(' or ')).join(', ');
    const from = [...new Set(drivers.flatMap(({ from }) => from ?? []))].join(', ');
    const older = olderDrivers === null ? 'does not start there' : list(olderDrivers);
    const by = firmware === null ? 'BIOS or UEFI' : firmware === 'uefi' ? 'UEFI' : 'BIOS';
    return `| \`${name}\` | ${title} | ${list(drivers)}${from === '' ? '' : ` (${from})`} | ${older} | ${by} |`;
  });
  return `## Before or after a move to another host

    hivemend diagnose /mnt/windows --target all
    hivemend repair /mnt/windows --profile migrate --target hyperv

\`--target all\` says of each platform in one line whether this Windows would start there, and why not. A driver counts as ready
where its file is on the disk, Windows knows its device, Start is 0, and no StartOverride turns that back. \`migrate\` switches on
what is there; what is not there it names with its package and the way on.

viostor and vioscsi can be put on the disk from virtio-win, given as the folder where its ISO is mounted. The volume of Windows
must be mounted too:

    hivemend repair /mnt/windows --profile migrate --target virtio-scsi --drivers /mnt/virtio-win

That copies the driver where there is none, and writes its service and the devices of its INF; it does not install it. The plan
says what can still stop it: a group policy, antivirus, a signature.

| target | host | drivers, Windows 8 and later | Windows 7 | firmware |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

const ELSEWHERE = `## What no registry decides

| what is wrong | how it shows | what sees to it |
|---|---|---|
| a driver or program file is missing or damaged | 0xC0000225 or 0xC000000F with a file name, 0xC0000359, \`LOADER_FILE_MISSING\` | \`sfc /scannow /offbootdir=<drive> /offwindir=<folder>\`, \`dism /image:<drive> /add-driver\` on Windows |
| the volume is locked by BitLocker | diagnose says so and names the protectors | \`manage-bde -unlock\` on Windows; cryptsetup or dislocker on Linux |
| the firmware starts something else: its boot entries lie in NVRAM, and not on the disk | its menu, a network start, no code at all | \`bcdboot <drive>:\\Windows /s <drive>: /f UEFI\` in the machine itself, or its setup; \`\\EFI\\Boot\\bootx64.efi\` is started where no entry is |
| the boot code of a BIOS disk | "no bootable device", "BOOTMGR is missing" | \`bootsect /nt60 <drive>: /mbr\` on Windows |
| the file system is damaged | 0xED, and repair refuses the volume | \`chkdsk <drive>: /f\` on Windows |
| Secure Boot has revoked the boot manager | 0xC0430001 | a boot manager of a Windows with current updates; an older one never helps |
`;

const KNOWN_FAULT = `## One known fault, many disks

A profile of your own may name a known fault: conditions (\`when\`), files that are moved out of the way
(\`quarantine\`), services that are switched off (\`disable\`), values, elements of the boot store (\`bcd\`), and what to do where files cannot be moved (\`fallback\`).
[profiles/crowdstrike-2024-07.json](../profiles/crowdstrike-2024-07.json) is one:

    hivemend repair /mnt/windows --profile profiles/crowdstrike-2024-07.json --dry-run

A file that matches is renamed to \`\\hivemend\\<commit>\\files\` on the same volume, so that its content, times and permissions stay.
\`undo\` brings it back, and \`undo --values\` does after Windows has started; \`undo --forget\` refuses while it is there. A link is never
moved. A pattern needs six characters beside \`*\` and \`?\` and lies below System32\\drivers, at most 20 files go
(\`--max-files\`), and never the program of a driver or service that Windows starts. A service without which Windows does not start
is refused, and one that filters devices stays. On a disk image files are not moved: the run says so and exits 1, or with
\`--allow-fallback\` disables the services that the profile names, which the report lists as a risk. Where the conditions do not
hold, nothing is changed.
`;

function codePart(stop: StopCode): string {
  const findings = stop.findings.map((code) => {
    const repair = repairOf(code);
    return `- \`${code}\`: ${NOTES[code]?.means ?? ''}${repair === null ? '' : ` Repair: \`${repair}\`.`}`;
  });
  return `### ${stopCodeText(stop.code)} ${stop.name}

${stop.meaning}${stop.elsewhere === null ? '' : ` ${stop.elsewhere}`}

Type \`hivemend diagnose /mnt/windows /mnt/esp --symptom ${stopCodeText(stop.code)}\`.
${findings.length === 0 ? '' : `\n${findings.join('\n')}\n`}`;
}

function repairOf(code: string): string | null {
  const repair = (NOTES[code] as { readonly repair?: string | null } | undefined)?.repair ?? null;
  return REPAIRS.some(({ name }) => name === repair) ? repair : null;
}

export function startMarkdown(): string {
  const first = FIRST.flatMap((number) => STOP_CODES.filter(({ code }) => code === number));
  const rest = STOP_CODES.filter((stop) => !first.includes(stop));
  const byName = REPAIRS.filter(({ name }) => BY_NAME.includes(name)).map(
    ({ name, title, about }) => `- \`--only ${name}\`: ${title}. ${about}`,
  );
  return `${[
    HEAD,
    `## The code on the screen\n\n${[...first, ...rest].map(codePart).join('\n')}`,
    platformPart(),
    ELSEWHERE,
    KNOWN_FAULT,
    `## By name only\n\nThese are in no profile, since the disk alone does not say that they are wanted.\n\n${byName.join('\n')}\n`,
  ].join('\n')}`;
}
