// Filters and drivers of Xen left on a Windows that runs on Xen no more.

import type { Finding } from '../../../base/finding.ts';
import { dword, multiSz } from '../../../registry/value.ts';
import { filterLists } from '../../drivers/filters.ts';
import { driverIn, isNamed, START_DISABLED } from '../../drivers/service.ts';
import type { PlannedEdit, Repair } from '../../model.ts';
import { hiveFinding } from '../../rules.ts';
import type { MachineView } from '../../view.ts';

const FILTERS = ['xenfilt', 'scsifilt'];
const DRIVERS = ['xenfilt', 'scsifilt', 'xenbus', 'xenvbd', 'xenvif', 'xennet', 'xendisk', 'xeniface', 'xencrsh'];

const isFilter = (name: string): boolean => isNamed(FILTERS, name);

function lists(view: MachineView) {
  return filterLists(view).filter(({ filters }) => filters.some(isFilter));
}

function detect(view: MachineView): Finding[] {
  return lists(view).map(({ controlSet, path, name, filters, filtered }) =>
    hiveFinding(view, {
      code: 'XEN_FILTERS',
      severity: 'info',
      hive: 'SYSTEM',
      path,
      controlSet,
      repair: 'xen-remains',
      text: `${name} of the class ${filtered.name} names ${filters.filter(isFilter).join(', ')}: right on Xen, and on any other host Windows may find no disk (0x7B).`,
    }),
  );
}

function edits(view: MachineView): PlannedEdit[] {
  const filters = lists(view).map(({ controlSet, path, name, filters: all }): PlannedEdit => {
    const rest = all.filter((filter) => !isFilter(filter));
    const key = { hive: view.system.name, path };
    return {
      edit:
        rest.length === 0 ? { op: 'delete-value', key, name } : { op: 'set-value', key, name, value: multiSz(rest) },
      why: 'This Windows starts on another host than Xen.',
      controlSet,
      fixes: 'XEN_FILTERS',
    };
  });
  const drivers = view.controlSets.flatMap((set) =>
    DRIVERS.map((name) => driverIn(view, set.name, name))
      .filter(({ isService, start }) => isService && !(start.kind === 'number' && start.number === START_DISABLED))
      .map(
        ({ path, name }): PlannedEdit => ({
          edit: {
            op: 'set-value',
            key: { hive: view.system.name, path },
            name: 'Start',
            value: dword(START_DISABLED),
          },
          why: `${name} does not have a device on another host than Xen.`,
          controlSet: set.name,
          fixes: null,
        }),
      ),
  );
  return [...filters, ...drivers];
}

export const xenRemains: Repair = {
  name: 'xen-remains',
  title: 'switch the drivers of Xen off, on a Windows that leaves it',
  about:
    'Takes xenfilt and scsifilt out of the lists of filters and disables the drivers of Xen. Only for a Windows that is to start on another host: to go back to Xen, undo it first.',
  article: 'our own',
  certainty: 'likely',
  link: 'boot',
  writes: [
    {
      where: 'SYSTEM\\{CS}\\Control\\Class\\{disks, controllers, system}',
      name: 'UpperFilters, LowerFilters',
      data: 'the list without xenfilt and scsifilt',
      when: 'they are in it',
      security: null,
    },
    {
      where: 'SYSTEM\\{CS}\\Services\\xen...',
      name: 'Start',
      data: 'REG_DWORD 4',
      when: 'there and not 4',
      security: null,
    },
  ],
  afterBoot: [],
  detect,
  edits,
};
