// docs/it-does-not-start.md: what a person sees, what it means, and the command to type.

import { FINDING_GROUPS } from '../../src/base/codes/codes.ts';
import { REBUILD_HELPS } from '../../src/base/codes/starting.ts';
import { PLATFORMS } from '../../src/repairs/drivers/platforms.ts';
import { REPAIRS } from '../../src/repairs/fixes/index.ts';
import { SHARED_CAUSES, STOP_CODES, type StopCode, stopCodeText } from '../../src/repairs/start/stop-codes.ts';
import { grouped } from './group.ts';

/** The codes that are met most, first. */
const FIRST = [0x7b, 0xc000000e, 0xc0000225, 0xc000000f, 0xed, 0x74, 0xc0000218, 0xc000021a];

const NOTES = Object.assign({}, ...FINDING_GROUPS.map(({ notes }) => notes)) as Readonly<
  Record<string, { readonly repair?: string | null }>
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

Windows stops at its start, or shows a code and restarts. Mount its volumes (or give the image), and type the code as it
stands on the screen:

    hivemend diagnose /mnt/windows /mnt/esp --symptom 0x7B

It never writes. It shows the causes of that code first, then whatever else keeps this Windows from starting, the newest crash
dump (code, parameters, time), and how far the last start came by the dates of what each stage writes. Without a code
\`--symptom boot\` asks for all of it. Give the volume of the boot store too: on UEFI the EFI system partition.

    hivemend repair /mnt/windows /mnt/esp --profile boot --dry-run
    hivemend repair /mnt/windows /mnt/esp --profile boot
    hivemend undo /mnt/windows /mnt/esp

The profile \`boot\` fixes only what was found. A file counts as missing only where Windows' own folders were read, a partition
only where the partition table was. A driver that is merely not used here is not a fault. None of it was tried on a machine's
firmware.
`;

const CODES = `## The code on the screen

What diagnose can find as a cause of the code, the likeliest first. Causes that codes share are listed [below](#shared-causes).
`;

const SHARED = `### Shared causes

In brackets the repair. [findings.md](findings.md) says what each finding means, [repairs.md](repairs.md) what each repair writes,
and \`hivemend explain\` both without a network.

${Object.entries(SHARED_CAUSES)
  .map(([name, findings]) => `- **${name}**: ${findings.map(causeText).join(', ')}`)
  .join('\n')}
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

\`--target all\` says in one line for each platform whether this Windows would start there, and why not. A driver is ready where
its file is on the disk, Windows knows its device, Start is 0, and no StartOverride changes that. \`migrate\` switches on the
drivers that are there, and names each missing one with its package and the way on.

viostor and vioscsi can come from virtio-win: give the folder where its ISO is mounted. The volume of Windows must be mounted too:

    hivemend repair /mnt/windows --profile migrate --target virtio-scsi --drivers /mnt/virtio-win

That copies a missing driver and writes its service and the devices of its INF; it does not install it. The plan says what can
still stop it: a group policy, antivirus, a signature.

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
`;

const KNOWN_FAULT = `## One known fault, many disks

A profile of your own may describe a known fault. [profiles/crowdstrike-2024-07.json](../profiles/crowdstrike-2024-07.json) is
one:

    hivemend repair /mnt/windows --profile profiles/crowdstrike-2024-07.json --dry-run

| part | meaning |
|---|---|
| \`when\` | the conditions; where they do not hold, nothing is changed |
| \`quarantine\` | files that are moved out of the way |
| \`disable\` | services that are switched off |
| \`values\`, \`bcd\` | registry values, elements of the boot store |
| \`fallback\` | what to do where files cannot be moved |

- A file that matches is renamed to \`\\hivemend\\<commit>\\files\` on the same volume: content, times and permissions stay.
  \`undo\` brings it back, after Windows has started \`undo --values\`. \`undo --forget\` refuses while it is there.
- A pattern needs six characters beside \`*\` and \`?\` and lies below System32\\drivers. At most 20 files go (\`--max-files\`).
  Links and the programs of drivers and services that Windows starts are never moved.
- A service without which Windows does not start is refused. One that filters devices stays.
- On a disk image files are not moved: the run says so and exits 1. With \`--allow-fallback\` it disables the services that the
  profile names, and the report lists that as a risk.
`;

/** Stop codes with the same causes and the same advice: a section of one code, or a list of several. */
function codePart(stops: readonly StopCode[]): string {
  const [{ name, meaning, elsewhere, findings }] = stops as [StopCode];
  const numbers = stops.map(({ code }) => stopCodeText(code)).join(', ');
  const list = stops.map((stop) => `- ${stopCodeText(stop.code)} ${stop.name}: ${stop.meaning}`).join('\n');
  const head = stops.length === 1 ? `### ${numbers} ${name}\n\n${meaning}` : `### ${numbers}\n\n${list}\n\n`;
  const causes = causesOf(findings);
  return `${`${head}${stops.length === 1 ? ' ' : ''}${elsewhere ?? ''}`.trim()}
${causes.length === 0 ? '' : `\nCauses: ${causes.join(', ')}.\n`}`;
}

/** Shared causes by their name, the others each. */
function causesOf(findings: StopCode['findings']): string[] {
  if (findings.length === 0) return [];
  const group = Object.entries(SHARED_CAUSES).find(([, shared]) => shared.every((code, i) => code === findings[i]));
  if (group) return [`**${group[0]}**`, ...causesOf(findings.slice(group[1].length))];
  return [causeText(findings[0]!), ...causesOf(findings.slice(1))];
}

function causeText(code: string): string {
  const way = repairOf(code) ?? (REBUILD_HELPS.has(code) ? '`hivemend rebuild`' : null);
  return way === null ? `\`${code}\`` : `\`${code}\` (${way})`;
}

/** What stop codes share that stand together. */
function commonPart({ code, findings, elsewhere }: StopCode): string {
  return findings.length === 0 ? stopCodeText(code) : `${findings.join()} ${elsewhere}`;
}

function repairOf(code: string): string | null {
  const repair = NOTES[code]?.repair ?? null;
  return REPAIRS.some(({ name }) => name === repair) ? repair : null;
}

export function startMarkdown(): string {
  const first = FIRST.flatMap((number) => STOP_CODES.filter(({ code }) => code === number));
  const rest = STOP_CODES.filter((stop) => !first.includes(stop));
  const codes = [...grouped([...first, ...rest], commonPart).values()];
  const byName = REPAIRS.filter(({ name }) => BY_NAME.includes(name)).map(
    ({ name, title }) => `- \`--only ${name}\`: ${title} ([what it writes](repairs.md#${name}))`,
  );
  return `${[
    HEAD,
    `${CODES}\n${codes.map(codePart).join('\n')}\n${SHARED}`,
    platformPart(),
    ELSEWHERE,
    KNOWN_FAULT,
    `## By name only\n\nThese are in no profile, since the disk alone does not say that they are wanted.\n\n${byName.join('\n')}\n`,
  ].join('\n')}`;
}
