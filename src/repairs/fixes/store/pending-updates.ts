// An update that Windows begins at each start and never ends: "Getting Windows ready", "Undoing changes", over and over.

import type { Finding } from '../../../base/finding.ts';
import { dword, multiSz } from '../../../registry/value.ts';
import type { PlannedEdit, Repair } from '../../model.ts';
import { foundAt, isBooted, numberAt } from '../../rules.ts';
import type { MachineView } from '../../view.ts';
import { fileExists, tried } from '../../windows-files.ts';

const REPAIR = 'pending-updates';
const CBS = ['Microsoft', 'Windows', 'CurrentVersion', 'Component Based Servicing'];
const CBS_KEYS = ['RebootPending', 'RebootInProgress', 'PackagesPending'];
/** At the root of COMPONENTS: what the component store still means to do. */
const STORE_VALUES = [
  'PendingXmlIdentifier',
  'NextQueueEntryIndex',
  'NextQueueEntryIndexBCDB',
  'AdvancedInstallersNeedResolving',
];
const LEAST_SIGNS = 2;
const COMES_BACK = 'sc config TrustedInstaller start= demand';

const pendingFile = ({ windowsPath }: MachineView): string => `${windowsPath}\\WinSxS\\pending.xml`;

const storeValues = ({ components }: MachineView): string[] =>
  STORE_VALUES.filter((name) => components?.value([], name));

/** Values of the session manager that carry an update on, by control set. */
function sessionValues(view: MachineView) {
  return view.controlSets.flatMap((set) => {
    const path = [set.name, 'Control', 'Session Manager'];
    const execute = foundAt(view, 'SYSTEM', path, 'SetupExecute');
    const rest = execute.kind === 'list' ? execute.texts.filter((line) => !/poqexec/i.test(line)) : null;
    const isCarried = execute.kind === 'list' && rest !== null && rest.length < execute.texts.length;
    return isCarried ? [{ controlSet: set.name, path, rest }] : [];
  });
}

/** What shows that an update has begun and not ended, as words; each alone is normal between an update and the restart. */
function signs(view: MachineView): string[] {
  const keys = view.software?.key(CBS)?.subkeys() ?? [];
  const marked = CBS_KEYS.filter((name) =>
    keys.some((key) => key.name === name && (name !== 'PackagesPending' || key.subkeys().length > 0)),
  );
  return [
    ...(fileExists(view, pendingFile(view)) === true ? [pendingFile(view)] : []),
    ...(marked.length === 0 ? [] : [`${marked.join(', ')} of Component Based Servicing`]),
    ...(storeValues(view).length === 0 ? [] : [`${storeValues(view).join(', ')} in COMPONENTS`]),
    ...(sessionValues(view).length === 0 ? [] : ['poqexec in SetupExecute']),
  ];
}

/** Windows has been started since the update began, and did not get through it. */
function isOld(view: MachineView): boolean {
  const began = tried(() => view.files?.modifiedAt?.(pendingFile(view)) ?? null);
  const ran = view.machine.lastBoot?.filetime;
  return began !== null && ran !== undefined && BigInt(ran) > began;
}

function detect(view: MachineView): Finding[] {
  const found = signs(view);
  if (found.length < LEAST_SIGNS) return [];
  const stuck = isOld(view);
  return [
    {
      code: 'UPDATE_PENDING',
      severity: stuck ? 'warning' : 'info',
      repair: REPAIR,
      where: { file: pendingFile(view) },
      text: `An update ${stuck ? 'did not end at the last start' : 'waits for the next start'}: ${found.join('; ')}. Where Windows does not get through it, dism /image:<drive> /cleanup-image /revertpendingactions on Windows comes first, and this repair after it.`,
    },
  ];
}

function edits(view: MachineView): PlannedEdit[] {
  if (signs(view).length < LEAST_SIGNS) return [];
  const { system, components } = view;
  const plan = (edit: PlannedEdit['edit'], why: string, controlSet: string | null = null): PlannedEdit => ({
    edit,
    why,
    controlSet,
    fixes: 'UPDATE_PENDING',
  });
  const path = pendingFile(view);
  const isThere = fileExists(view, path) === true;
  return [
    ...(isThere
      ? [plan({ op: 'move-file', path, to: freeName(view, `${path}.hivemend`) }, 'Windows goes by it at each start.')]
      : []),
    ...(components
      ? storeValues(view).map((name) =>
          plan(
            { op: 'delete-value', key: { hive: components.name, path: [] }, name },
            'It names what pending.xml still has to do.',
          ),
        )
      : []),
    ...sessionValues(view).map(({ controlSet, path: at, rest }) =>
      plan(
        { op: 'set-value', key: { hive: system.name, path: at }, name: 'SetupExecute', value: multiSz(rest ?? []) },
        'poqexec works through pending.xml before the logon.',
        controlSet,
      ),
    ),
    ...view.controlSets.flatMap(({ name }) => installerEdits(view, name, plan)),
  ];
}

type Plan = (edit: PlannedEdit['edit'], why: string, controlSet: string | null) => PlannedEdit;

/** Off for one start of the set that boots; what brings it back is told. */
function installerEdits(view: MachineView, controlSet: string, plan: Plan): PlannedEdit[] {
  const path = [controlSet, 'Services', 'TrustedInstaller'];
  const start = numberAt(view.system, path, 'Start');
  if (start === null || start === 4 || !isBooted(view, controlSet)) return [];
  const key = { hive: view.system.name, path };
  const why = `It must not begin the update again at the next start; after it: ${COMES_BACK}`;
  return [plan({ op: 'set-value', key, name: 'Start', value: dword(4) }, why, controlSet)];
}

function freeName(view: MachineView, path: string): string {
  let free = path;
  for (let number = 2; fileExists(view, free) === true; number += 1) free = `${path}.${number}`;
  return free;
}

export const pendingUpdates: Repair = {
  name: REPAIR,
  title: 'let a Windows start that does not get through an update',
  about:
    'Where at least two signs show an update that has begun and not ended (pending.xml, marks of Component Based Servicing, values of COMPONENTS, poqexec in SetupExecute): renames pending.xml, deletes those values, takes poqexec out of SetupExecute, and switches TrustedInstaller off for one start. Afterwards TrustedInstaller must come back on the running Windows, which undo --values does too, and the component store is unclean until dism has restored it. An update that waits for its restart shows the same signs: only for a Windows that does not get through it, and after dism /revertpendingactions.',
  article: 'our own',
  certainty: 'uncertain',
  link: 'machine',
  writes: [
    {
      where: '\\Windows\\WinSxS\\pending.xml',
      name: 'the file',
      data: 'renamed to pending.xml.hivemend',
      when: 'there, and a second sign',
      security: null,
    },
    { where: 'COMPONENTS', name: STORE_VALUES.join(', '), data: '(deleted)', when: 'there', security: null },
    {
      where: 'SYSTEM\\{CS}\\Control\\Session Manager',
      name: 'SetupExecute',
      data: 'the list without poqexec',
      when: 'it is in it',
      security: null,
    },
    {
      where: 'SYSTEM\\(the control set that boots)\\Services\\TrustedInstaller',
      name: 'Start',
      data: 'REG_DWORD 4',
      when: 'not 4',
      security: null,
    },
  ],
  afterBoot: [COMES_BACK, 'dism /online /cleanup-image /restorehealth'],
  unavailable: (view) =>
    signs(view).length >= LEAST_SIGNS ? null : 'fewer than two signs show an update that has begun and not ended',
  detect,
  edits,
};
