// The one driver that the newest crash dump blames, switched off.

import type { Finding } from '../../../base/finding.ts';
import { compareNames } from '../../../base/text.ts';
import { driverIn, START_DISABLED } from '../../drivers/service.ts';
import type { PlannedEdit, Repair } from '../../model.ts';
import { hiveFinding, isBooted } from '../../rules.ts';
import { blamedDriver } from '../../start/dump.ts';
import { disableEdits, isNeverDisabled } from '../../start/known-fault.ts';
import type { MachineView } from '../../view.ts';

const REPAIR = 'crashing-driver';

interface Blamed {
  readonly service: string;
  readonly controlSet: string;
  readonly path: readonly string[];
  readonly file: string;
}

/** The service of the blamed driver in the control set that boots; null: none, it is off, or Windows ran on since. */
function blamedService(view: MachineView): Blamed | null {
  const blamed = blamedDriver(view);
  if (!blamed) return null;
  const { file, dump } = blamed;
  const { time } = dump.header;
  const { lastShutdown } = view.machine;
  if (time !== null && lastShutdown !== null && lastShutdown > time) return null;
  for (const set of view.controlSets.filter(({ name }) => isBooted(view, name))) {
    for (const { name } of view.system.key([set.name, 'Services'])?.subkeys() ?? []) {
      const driver = driverIn(view, set.name, name);
      const image = driver.image ?? `${name}.sys`;
      const isOff = driver.start.kind === 'number' && driver.start.number === START_DISABLED;
      if (!driver.isService || isOff || compareNames(image.slice(image.lastIndexOf('\\') + 1), file) !== 0) continue;
      return isNeverDisabled(name) ? null : { service: name, controlSet: set.name, path: driver.path, file };
    }
  }
  return null;
}

function detect(view: MachineView): Finding[] {
  const blamed = blamedService(view);
  if (!blamed) return [];
  return [
    hiveFinding(view, {
      code: 'CRASHING_DRIVER',
      severity: 'warning',
      hive: 'SYSTEM',
      path: blamed.path,
      controlSet: blamed.controlSet,
      repair: REPAIR,
      text: `The newest crash dump blames ${blamed.file}, the driver of ${blamed.service}, and Windows was not shut down in order since.`,
    }),
  ];
}

const planned = (view: MachineView) => {
  const blamed = blamedService(view);
  const why = `The newest crash dump blames ${blamed?.file}: what ${blamed?.service} does is lost until it is on again.`;
  return blamed ? disableEdits(view, [{ service: blamed.service, why }], false) : { edits: [], skipped: [] };
};

export const crashingDriver: Repair = {
  name: REPAIR,
  title: 'switch the driver off that the newest crash dump blames',
  about:
    'Sets Start 4 of the one service whose driver the newest small dump blames, in the control set that boots alone, so that the others keep the old state. Not of a service without which no Windows starts or is reached, not of one that filters devices (dead-filters, or its own uninstaller), and not where Windows was shut down in order after that crash. What the driver does is lost: of a security product, its protection.',
  article: 'our own',
  certainty: 'uncertain',
  link: 'boot',
  writes: [
    {
      where: 'SYSTEM\\(the control set that boots)\\Services\\(the driver)',
      name: 'Start',
      data: 'REG_DWORD 4',
      when: 'the newest dump blames it',
      security: null,
    },
  ],
  afterBoot: [],
  unavailable: (view) =>
    blamedService(view) === null
      ? 'no crash dump blames a driver that may be switched off'
      : (planned(view).skipped[0] ?? null),
  detect,
  edits: (view): PlannedEdit[] => planned(view).edits.map((edit) => ({ ...edit, fixes: 'CRASHING_DRIVER' })),
};
