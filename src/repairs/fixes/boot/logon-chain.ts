// What the session manager and the logon start: the subsystem, the checks before it, RPC, userinit and the shell.

import type { Finding } from '../../../base/finding.ts';
import { expandSz, multiSz, readRegValue, sz } from '../../../registry/value.ts';
import type { PlannedEdit, Repair } from '../../model.ts';
import { describeFound, type Found, foundAt, hiveFinding, keyText, textAt } from '../../rules.ts';
import type { MachineView } from '../../view.ts';
import { fileExists, isWholeWindows, programExists, programOf } from '../../windows-files.ts';

const REPAIR = 'logon-chain';
const WINLOGON = ['Microsoft', 'Windows NT', 'CurrentVersion', 'Winlogon'];
const CURRENT_VERSION = ['Microsoft', 'Windows NT', 'CurrentVersion'];

/** What is wrong, with the edit that fixes it. */
interface Fault {
  readonly finding: Finding;
  readonly planned: PlannedEdit;
}

interface FaultParts {
  readonly code: Finding['code'];
  readonly severity: 'error' | 'warning';
  readonly hive: 'SYSTEM' | 'SOFTWARE';
  readonly controlSet: string | null;
  readonly path: readonly string[];
  readonly name: string;
  readonly value: ReturnType<typeof sz>;
  readonly text: string;
  readonly why: string;
}

function fault(view: MachineView, parts: FaultParts): Fault {
  const { code, severity, hive, controlSet, path, name, value, text, why } = parts;
  const file = hive === 'SYSTEM' ? view.system : view.software;
  return {
    finding: hiveFinding(view, { code, severity, hive, path, controlSet, repair: REPAIR, text }),
    planned: {
      edit: { op: 'set-value', key: { hive: file?.name ?? hive, path }, name, value },
      why,
      controlSet,
      fixes: code,
    },
  };
}

export const subsystems = (controlSet: string): string[] => [controlSet, 'Control', 'Session Manager', 'SubSystems'];

/** The line starts csrss.exe with servers of its own, as in every Windows since NT 4. */
export const isCsrssLine = (found: Found): boolean =>
  found.kind === 'text' && /\\csrss\.exe\s/i.test(found.text) && /ServerDll=/i.test(found.text);

/** A control set of this machine whose line is whole. */
export function goodSubsystems(view: MachineView): string | null {
  const good = view.machine.controlSets.find(({ name }) =>
    isCsrssLine(foundAt(view, 'SYSTEM', subsystems(name), 'Windows')),
  );
  return good?.name ?? null;
}

export const subsystemText = (path: readonly string[], found: Found): string =>
  `Windows in ${keyText('SYSTEM', path)} ${describeFound(found)}, and must start csrss.exe: Windows stops at once (0xC000021A).`;

/** A broken line is copied from another control set of this machine: it differs from one Windows to the next. */
function subsystemFaults(view: MachineView): Fault[] {
  return view.controlSets.flatMap((set): Fault[] => {
    const path = subsystems(set.name);
    const found = foundAt(view, 'SYSTEM', path, 'Windows');
    if (!view.system.key(path) || isCsrssLine(found)) return [];
    const good = goodSubsystems(view);
    const value = good === null ? null : view.system.value(subsystems(good), 'Windows');
    if (!value) return [];
    return [
      fault(view, {
        code: 'SUBSYSTEM_BROKEN',
        severity: 'error',
        hive: 'SYSTEM',
        controlSet: set.name,
        path,
        name: 'Windows',
        value: readRegValue(value),
        text: subsystemText(path, found),
        why: `${good} has the line that this Windows was installed with.`,
      }),
    ];
  });
}

function requiredFaults(view: MachineView): Fault[] {
  return view.controlSets.flatMap((set): Fault[] => {
    const path = subsystems(set.name);
    const found = foundAt(view, 'SYSTEM', path, 'Required');
    const isGood = found.kind === 'list' && found.texts.some((text) => /^windows$/i.test(text));
    if (isGood || !view.system.key(path)) return [];
    return [
      fault(view, {
        code: 'SUBSYSTEM_NOT_REQUIRED',
        severity: 'error',
        hive: 'SYSTEM',
        controlSet: set.name,
        path,
        name: 'Required',
        value: multiSz(['Debug', 'Windows']),
        text: `Required in ${keyText('SYSTEM', path)} ${describeFound(found)}, without Windows: nothing starts its subsystem.`,
        why: 'The session manager starts the subsystems that Required names.',
      }),
    ];
  });
}

/** 'autocheck autochk *': the word autocheck is for the screen, and the program comes after it. */
function nativeProgram(line: string): string {
  const words = line.trim().split(/\s+/);
  return (/^autocheck$/i.test(words[0] ?? '') ? words[1] : words[0]) ?? '';
}

function isGoneNative(view: MachineView, line: string): boolean {
  const program = nativeProgram(line);
  if (!/^[\w.-]+$/.test(program) || /^autochk(?:\.exe)?$/i.test(program)) return false;
  return programExists(view, program) === false;
}

function bootExecuteFaults(view: MachineView): Fault[] {
  return view.controlSets.flatMap((set): Fault[] => {
    const path = [set.name, 'Control', 'Session Manager'];
    const found = foundAt(view, 'SYSTEM', path, 'BootExecute');
    if (found.kind !== 'list') return [];
    const gone = found.texts.filter((line) => isGoneNative(view, line));
    if (gone.length === 0) return [];
    return [
      fault(view, {
        code: 'BOOT_EXECUTE_MISSING',
        severity: 'warning',
        hive: 'SYSTEM',
        controlSet: set.name,
        path,
        name: 'BootExecute',
        value: multiSz(found.texts.filter((line) => !gone.includes(line))),
        text: `BootExecute in ${keyText('SYSTEM', path)} names ${gone.join(', ')}, which is not on the disk: the start can hang before any screen.`,
        why: 'A program that is gone must not be started.',
      }),
    ];
  });
}

/** As the service manager compares lines: variables replaced, letters alike. */
const expanded = (view: MachineView, line: string): string =>
  line.replace(/%(?:SystemRoot|windir)%/gi, () => systemRoot(view)).toLowerCase();

/** Both live in one process, and only where both are started by the very same line. */
function rpcFaults(view: MachineView): Fault[] {
  return view.controlSets.flatMap((set): Fault[] => {
    const mapper = [set.name, 'Services', 'RpcEptMapper'];
    const rpc = textAt(view.system, [set.name, 'Services', 'RpcSs'], 'ImagePath');
    const found = foundAt(view, 'SYSTEM', mapper, 'ImagePath');
    if (rpc === null || !/svchost(?:\.exe)?\s+-k\s/i.test(rpc) || !view.system.key(mapper)) return [];
    if (found.kind === 'text' && expanded(view, found.text) === expanded(view, rpc)) return [];
    return [
      fault(view, {
        code: 'RPC_SPLIT',
        severity: 'error',
        hive: 'SYSTEM',
        controlSet: set.name,
        path: mapper,
        name: 'ImagePath',
        value: expandSz(rpc),
        text: `ImagePath of RpcEptMapper ${describeFound(found)}, and RpcSs has "${rpc}": they must share one process, else RPC and the logon fail (0xC000021A).`,
        why: 'RpcEptMapper must be started by the same line as RpcSs.',
      }),
    ];
  });
}

const systemRoot = (view: MachineView): string =>
  (view.software ? textAt(view.software, CURRENT_VERSION, 'SystemRoot') : null) ?? `C:${view.windowsPath}`;

const isUserinit = (entry: string): boolean => /(?:^|\\)userinit(?:\.exe)?$/i.test(programOf(entry));

function userinitFaults(view: MachineView): Fault[] {
  if (!view.software?.key(WINLOGON)) return [];
  const found = foundAt(view, 'SOFTWARE', WINLOGON, 'Userinit');
  const entries = found.kind === 'text' ? found.text.split(',').map((entry) => entry.trim()) : [];
  const userinit = entries.find(isUserinit);
  if (userinit !== undefined && programExists(view, userinit) !== false) return [];
  // A key without Shell as well is an excerpt, in which a missing value says nothing.
  if (found.kind === 'absent' && view.software.value(WINLOGON, 'Shell') === null) return [];
  const others = entries.filter((entry) => entry !== '' && !isUserinit(entry) && programExists(view, entry) !== false);
  const line = [`${systemRoot(view)}\\system32\\userinit.exe`, ...others].map((entry) => `${entry},`).join('');
  const standard = `${view.windowsPath}\\System32\\userinit.exe`;
  // Where the standard one is gone as well, no value of the registry brings it back.
  if (isWholeWindows(view) && fileExists(view, standard) === false) return [];
  return [
    fault(view, {
      code: 'USERINIT_BROKEN',
      severity: 'error',
      hive: 'SOFTWARE',
      controlSet: null,
      path: WINLOGON,
      name: 'Userinit',
      value: sz(line),
      text: `Userinit ${describeFound(found)}${userinit === undefined ? ', without userinit.exe' : ', which is not on the disk'}: whoever logs on is logged off at once.`,
      why: 'userinit.exe sets up the session of whoever logs on.',
    }),
  ];
}

function shellFaults(view: MachineView): Fault[] {
  if (!view.software) return [];
  const shell = textAt(view.software, WINLOGON, 'Shell');
  // A bare name is looked for along Path, which is not followed here; explorer.exe alone has its place.
  const isPlaced = shell !== null && (/[\\/]/.test(programOf(shell)) || /^explorer\.exe$/i.test(programOf(shell)));
  if (shell === null || !isPlaced || programExists(view, shell) !== false) return [];
  if (fileExists(view, `${view.windowsPath}\\explorer.exe`) !== true) return [];
  return [
    fault(view, {
      code: 'SHELL_MISSING',
      severity: 'error',
      hive: 'SOFTWARE',
      controlSet: null,
      path: WINLOGON,
      name: 'Shell',
      value: sz('explorer.exe'),
      text: `Shell is "${shell}", which is not on the disk: whoever logs on sees an empty screen.`,
      why: 'explorer.exe is the shell of Windows, and it is there.',
    }),
  ];
}

function faults(view: MachineView): Fault[] {
  return [subsystemFaults, requiredFaults, bootExecuteFaults, rpcFaults, userinitFaults, shellFaults].flatMap((look) =>
    look(view),
  );
}

export const logonChain: Repair = {
  name: REPAIR,
  title: 'start the subsystem, RPC, userinit and the shell as Windows does',
  about:
    'Fixes what stands between the kernel and the logon: SubSystems (from another control set of the same machine alone), Required, programs of BootExecute that are not on the disk, an RpcEptMapper that is started by another line than RpcSs, a Userinit without userinit.exe, and a Shell that is not on the disk. Further programs of Userinit that are there stay.',
  article: 'stop-error-0xc000021a',
  certainty: 'likely',
  link: 'boot',
  writes: [
    {
      where: 'SYSTEM\\{CS}\\Control\\Session Manager\\SubSystems',
      name: 'Windows',
      data: 'the line of another control set',
      when: 'it does not start csrss.exe',
      security: null,
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\Session Manager\\SubSystems',
      name: 'Required',
      data: 'Debug, Windows',
      when: 'it does not name Windows',
      security: null,
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\Session Manager',
      name: 'BootExecute',
      data: 'the list without the program',
      when: 'a program of it is not on a disk that was read whole',
      security: null,
    },
    {
      where: 'SYSTEM\\{CS}\\Services\\RpcEptMapper',
      name: 'ImagePath',
      data: 'as RpcSs has it',
      when: 'another line than that of RpcSs',
      security: null,
    },
    {
      where: 'SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon',
      name: 'Userinit',
      data: '<SystemRoot>\\system32\\userinit.exe, and what else is there',
      when: 'it does not name userinit.exe, or names one that is not on the disk',
      security: null,
    },
    {
      where: 'SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon',
      name: 'Shell',
      data: 'explorer.exe',
      when: 'the program that it names is not on the disk, and explorer.exe is',
      security: null,
    },
  ],
  afterBoot: [],
  detect: (view) => faults(view).map(({ finding }) => finding),
  edits: (view) => faults(view).map(({ planned }) => planned),
};
