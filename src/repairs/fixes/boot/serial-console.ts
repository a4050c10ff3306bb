// The serial console: Emergency Management Services in the boot manager and in the loader of this Windows, and the boot
// menu long enough to be reached.

import type { FindingCode } from '../../../base/codes/codes.ts';
import { HivemendError, RefusedError, UsageError } from '../../../base/errors.ts';
import type { Finding } from '../../../base/finding.ts';
import { append } from '../../../base/lists.ts';
import { orNull } from '../../../base/or-null.ts';
import { classifyStore } from '../../../bcd/boot-choice.ts';
import { elementData } from '../../../bcd/data.ts';
import { createObject, emptyObject, listEdits, setDefault, setElement } from '../../../bcd/edits.ts';
import { ELEMENT } from '../../../bcd/elements/element-numbers.ts';
import { BOOTMGR, EMS_SETTINGS, GLOBAL_SETTINGS, idOf, OBJECT_TYPE } from '../../../bcd/objects.ts';
import type { BcdObject, BcdStore } from '../../../bcd/store.ts';
import { guidsOf, integerOf } from '../../../bcd/store.ts';
import type { HiveEdit } from '../../../registry/edit.ts';
import type { PlannedEdit, Repair, RepairOptions, SecurityNote, WriteNote } from '../../model.ts';
import { hiveFinding } from '../../rules.ts';
import type { MachineView } from '../../view.ts';
import { bitLockerFindings } from './bitlocker.ts';
import { DEFAULT_CODES, defaultFindings } from './boot-default.ts';
import { bootLoader } from './boot-loader.ts';

const REPAIR = 'serial-console';
const TIMEOUT_SECONDS = 5n;
/** A menu shown so long is long enough, and does not hold up an unattended start for long. */
const MOST_SECONDS = 30n;
const EMS_PORT = 1n;
const EMS_BAUD_RATE = 115_200n;

/** What the command line may ask of this repair besides what all repairs take. */
export interface SerialConsoleOptions extends RepairOptions {
  /** Every loader of a Windows in the store, and not only the one of the Windows that was found. */
  readonly allLoaders?: boolean;
  /** The loader that {default} is to name from now on. */
  readonly fixDefault?: string;
}

/** A change with its reason, before it is known which edits it takes. */
interface Wish {
  readonly edits: readonly HiveEdit[];
  readonly why: string;
  readonly fixes?: (typeof DEFAULT_CODES)[keyof typeof DEFAULT_CODES];
  readonly security?: SecurityNote;
}

function detect(view: MachineView, options: SerialConsoleOptions): Finding[] {
  const { bcd } = view;
  if (!bcd) return [];
  const findings = [...defaultFindings(view, bcd, REPAIR)];
  if (plannedOrNone(view, options).length === 0) return findings;
  const at = (code: FindingCode, text: string, severity: Finding['severity'] = 'info'): Finding =>
    hiveFinding(view, {
      code,
      severity,
      hive: bcd.hive.name,
      path: ['Objects', BOOTMGR],
      controlSet: null,
      repair: REPAIR,
      text,
    });
  findings.push(
    at('SERIAL_CONSOLE_OFF', 'The serial console cannot be used: EMS is not set up in the boot store as it needs.'),
  );
  if ((view.machine.firmware ?? classifyStore(bcd).firmware) === 'uefi') {
    const text =
      'This store boots from UEFI: there the port comes from the firmware (its SPCR table), whatever {emssettings} says.';
    findings.push(at('SERIAL_PORT_FROM_FIRMWARE', text));
  }
  return [...findings, ...bitLockerFindings(view, bcd, REPAIR)];
}

function plannedOrNone(view: MachineView, options: SerialConsoleOptions): readonly PlannedEdit[] {
  return orNull(HivemendError, () => edits(view, options)) ?? [];
}

/** RefusedError AMBIGUOUS where it cannot be told which loader boots this Windows; UsageError BAD_ARGUMENT. */
function edits(view: MachineView, options: SerialConsoleOptions): PlannedEdit[] {
  const store = view.bcd;
  if (!store) return [];
  const bootManager = store.object(BOOTMGR);
  if (!bootManager)
    throw new RefusedError('AMBIGUOUS', `the store ${store.hive.name} does not have {bootmgr}, so it starts nothing`);
  const fixed = options.fixDefault === undefined ? null : fixedDefault(store, options.fixDefault);
  const loaders = options.allLoaders ? allLoaders(store) : [fixed ?? loaderToEdit(view, store)];
  const wishes = [
    ...(fixed ? [defaultWish(store, fixed)] : []),
    ...bootManagerWishes(store, bootManager, options),
    ...loaders.map((loader) => ({
      edits: setElement(store, loader, ELEMENT.ems, elementData.boolean(true)),
      why: `The loader ${loader.id} must talk to the serial console (SAC).`,
      security: {
        effect: 'lowers' as const,
        text: 'Anyone who can reach the serial port can use its console (SAC).',
      },
    })),
    ...settingsWishes(store),
    ...inheritanceWishes(store, [bootManager, ...loaders]),
  ];
  return wishes.flatMap(planned);
}

function defaultWish(store: BcdStore, loader: BcdObject): Wish {
  const { state } = store.defaultState();
  const wish = { edits: setDefault(store, loader.id), why: `The default must name ${loader.id}, as it was asked for.` };
  return state === 'ok' ? wish : { ...wish, fixes: DEFAULT_CODES[state] };
}

function planned(wish: Wish): PlannedEdit[] {
  return wish.edits.map((edit) => ({
    edit,
    why: wish.why,
    controlSet: null,
    fixes: wish.fixes ?? null,
    ...(wish.security && edit.op === 'set-value' ? { security: wish.security } : {}),
  }));
}

function allLoaders(store: BcdStore): BcdObject[] {
  const loaders = store.windowsLoaders();
  if (loaders.length > 0) return loaders;
  throw new RefusedError('AMBIGUOUS', `the store ${store.hive.name} does not have a loader of an installed Windows`);
}

function loaderToEdit(view: MachineView, store: BcdStore): BcdObject {
  const loader = bootLoader(view);
  if (loader) return loader;
  try {
    return store.resolveDefault();
  } catch (error) {
    if (!(error instanceof HivemendError)) throw error;
    throw new RefusedError('AMBIGUOUS', error.message, {
      hint: '--fix-default {<GUID>}, or --all-loaders',
      ...(error.data === undefined ? {} : { data: error.data }),
      cause: error,
    });
  }
}

/** UsageError BAD_ARGUMENT where the store has no loader of a Windows by that name. */
function fixedDefault(store: BcdStore, text: string): BcdObject {
  const id = idOf(text) ?? idOf(`{${text}}`);
  const candidates = store.windowsLoaders();
  const loader = candidates.find((candidate) => candidate.id === id);
  if (loader) return loader;
  const listed = candidates.map((candidate) => candidate.id);
  throw new UsageError(
    'BAD_ARGUMENT',
    `--fix-default ${text}: the store does not have a loader of a Windows by that name`,
    {
      hint: listed.length > 0 ? `--fix-default ${listed[0]}` : 'bcdedit /enum all /v shows what the store has',
      data: { candidates: listed },
    },
  );
}

function bootManagerWishes(store: BcdStore, bootManager: BcdObject, options: RepairOptions): Wish[] {
  const wishes: Wish[] = [];
  if (options.serial === 'full') {
    wishes.push({
      edits: setElement(store, bootManager, ELEMENT.displayBootMenu, elementData.boolean(true)),
      why: 'The boot menu must be shown, so that it can be used over the serial console.',
      security: { effect: 'lowers', text: 'Anyone who can reach the console can use the boot menu.' },
    });
    const seconds = integerOf(bootManager, ELEMENT.timeout);
    const isGood = seconds !== null && seconds >= TIMEOUT_SECONDS && seconds <= MOST_SECONDS;
    if (options.asPublished || !isGood) {
      wishes.push({
        edits: setElement(store, bootManager, ELEMENT.timeout, elementData.integer(TIMEOUT_SECONDS)),
        why: 'The boot menu must stay long enough to be used, and not for ever.',
      });
    }
  }
  wishes.push({
    edits: setElement(store, bootManager, ELEMENT.bootEms, elementData.boolean(true)),
    why: 'The boot manager must talk to the serial console.',
    security: { effect: 'lowers', text: 'Anyone who can reach the serial port can use the boot menu.' },
  });
  return wishes;
}

/** The port that the cloud's console is on, at its speed; the settings object is created where it is missing. */
function settingsWishes(store: BcdStore): Wish[] {
  const present = store.object(EMS_SETTINGS);
  const settings = present ?? emptyObject(EMS_SETTINGS, OBJECT_TYPE.inheritAny);
  const created = present ? [] : createObject(store, EMS_SETTINGS, OBJECT_TYPE.inheritAny);
  return [
    { edits: created, why: 'The store does not have {emssettings} to keep the port in.' },
    {
      edits: setElement(store, settings, ELEMENT.emsPort, elementData.integer(EMS_PORT)),
      why: 'The serial console is on the first port.',
    },
    {
      edits: setElement(store, settings, ELEMENT.emsBaudRate, elementData.integer(EMS_BAUD_RATE)),
      why: 'The serial console runs at 115200 baud.',
    },
  ];
}

/** {globalsettings} must inherit {emssettings}, and the entries must reach {globalsettings}, or the port reaches nobody. */
function inheritanceWishes(store: BcdStore, entries: readonly BcdObject[]): Wish[] {
  const globals = store.object(GLOBAL_SETTINGS);
  const wishes: Wish[] = [];
  if (!globals) {
    const edits = createObject(store, GLOBAL_SETTINGS, OBJECT_TYPE.inheritAny);
    wishes.push({ edits, why: 'The store does not have {globalsettings} that entries inherit from.' });
  }
  const holder = globals ?? emptyObject(GLOBAL_SETTINGS, OBJECT_TYPE.inheritAny);
  if (!guidsOf(holder, ELEMENT.inherit).includes(EMS_SETTINGS)) {
    wishes.push({
      edits: listEdits(store, holder, ELEMENT.inherit, 'last', [EMS_SETTINGS]),
      why: '{emssettings} must be inherited by every entry.',
    });
  }
  for (const entry of entries) {
    if (reaches(store, entry, GLOBAL_SETTINGS)) continue;
    wishes.push({
      edits: listEdits(store, entry, ELEMENT.inherit, 'last', [GLOBAL_SETTINGS]),
      why: `${entry.alias ?? entry.id} must inherit {globalsettings}, where the port is.`,
    });
  }
  return wishes;
}

/** `target` is among what the object inherits, directly or through others. */
function reaches(store: BcdStore, object: BcdObject, target: string): boolean {
  const seen = new Set<string>();
  const open = guidsOf(object, ELEMENT.inherit);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === target) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    append(open, guidsOf(store.object(id), ELEMENT.inherit));
  }
  return false;
}

function unavailable(view: MachineView): string | null {
  if (!view.bcd) return view.bcdMissing ?? 'no boot store was found on the given volumes';
  return null;
}

export const serialConsole: Repair = {
  name: REPAIR,
  title: 'open the serial console: EMS in boot manager and loader, and a boot menu to use it with',
  about:
    'Switches Emergency Management Services on in the boot manager and in the loader that boots the Windows found, and in no other; sets port 1 and 115200 baud in {emssettings}, which is created where it is missing, with its place in what entries inherit. Shows the boot menu for 5 seconds (a timeout from 5 to 30 that is set stays, except with --as-published); --serial ems leaves menu and timeout alone. Device elements are never touched. --fix-default {id} sets the default where it names nothing.',
  article: 'rdp-internal-error and nine others',
  certainty: 'certain',
  link: 'boot',
  writes: [
    bcdWrite('{bootmgr}', 'displaybootmenu (26000020)', '01', 'not yet yes; not with --serial ems', 'lowers'),
    bcdWrite(
      '{bootmgr}',
      'timeout (25000004)',
      '5, in 8 bytes',
      'absent, below 5 or above 30; not with --serial ems',
      null,
    ),
    bcdWrite('{bootmgr}', 'bootems (16000020)', '01', 'not yet yes', 'lowers'),
    bcdWrite('the loader', 'ems (260000b0)', '01', 'not yet yes', 'lowers'),
    bcdWrite('{emssettings}', 'emsport (15000022)', '1, in 8 bytes', 'not yet 1', null),
    bcdWrite('{emssettings}', 'emsbaudrate (15000023)', '115200, in 8 bytes', 'not yet 115200', null),
    bcdWrite('{globalsettings}', 'inherit (14000006)', '{emssettings} added', 'not in it', null),
    bcdWrite('{bootmgr}, the loader', 'inherit (14000006)', '{globalsettings} added', 'not reached', null),
    bcdWrite('{bootmgr}', 'default (23000003)', 'the id given', 'only with --fix-default', null),
  ],
  afterBoot: [],
  unavailable,
  detect,
  edits,
};

function bcdWrite(where: string, name: string, data: string, when: string, security: 'lowers' | null): WriteNote {
  return { where: `BCD, ${where}`, name, data, when, security };
}
