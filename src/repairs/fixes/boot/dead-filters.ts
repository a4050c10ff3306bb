// Filters of disks, volumes, controllers and buses that cannot start, taken out of their lists.

import type { Finding } from '../../../base/finding.ts';
import { multiSz } from '../../../registry/value.ts';
import {
  classPath,
  FILTERED_CLASSES,
  type FilterList,
  filterKind,
  filterLists,
  whyDead,
} from '../../drivers/filters.ts';
import { driverIn, isNamed } from '../../drivers/service.ts';
import type { PlannedEdit, Repair } from '../../model.ts';
import { foundAt, hiveFinding, keyText } from '../../rules.ts';
import type { MachineView } from '../../view.ts';

const REPAIR = 'dead-filters';
const PARTITION_MANAGER = 'partmgr';

interface DeadFilter {
  readonly list: FilterList;
  readonly filter: string;
  readonly why: string;
}

function deadFilters(view: MachineView): DeadFilter[] {
  return filterLists(view).flatMap((list) =>
    list.filters.flatMap((filter): DeadFilter[] => {
      const why = filterKind(filter) === 'other' ? whyDead(view, list.controlSet, filter) : null;
      return why === null ? [] : [{ list, filter, why }];
    }),
  );
}

interface LostManager {
  readonly controlSet: string;
  readonly path: readonly string[];
  readonly filters: readonly string[];
}

/** Disks whose list does not name the partition manager, although there is one. */
function lostManagers(view: MachineView): LostManager[] {
  const disks = FILTERED_CLASSES[0]!;
  return view.controlSets.flatMap((set): LostManager[] => {
    const path = classPath(set.name, disks);
    if (!view.system.key(path) || !driverIn(view, set.name, PARTITION_MANAGER).isService) return [];
    const found = foundAt(view, 'SYSTEM', path, 'UpperFilters');
    if (found.kind !== 'list' && found.kind !== 'absent') return [];
    const filters = found.kind === 'list' ? found.texts : [];
    return isNamed(filters, PARTITION_MANAGER) ? [] : [{ controlSet: set.name, path, filters }];
  });
}

function detect(view: MachineView): Finding[] {
  const dead = deadFilters(view).map(({ list, filter, why }) =>
    hiveFinding(view, {
      code: 'FILTER_DEAD',
      severity: list.filtered.isOfBoot ? 'error' : 'warning',
      hive: 'SYSTEM',
      path: list.path,
      controlSet: list.controlSet,
      repair: REPAIR,
      text: `${list.name} of the class ${list.filtered.name} names ${filter}, which ${why}: ${list.filtered.effect}`,
    }),
  );
  const lost = lostManagers(view).map(({ controlSet, path }) =>
    hiveFinding(view, {
      code: 'PARTITION_FILTER_LOST',
      severity: 'warning',
      hive: 'SYSTEM',
      path,
      controlSet,
      repair: REPAIR,
      text: `UpperFilters of ${keyText('SYSTEM', path)} does not name partmgr, which finds the partitions of every disk: Windows may find no boot disk (0x7B).`,
    }),
  );
  return [...dead, ...lost];
}

/** One edit a list, for what is taken out of it and what is added again. */
function edits(view: MachineView): PlannedEdit[] {
  const dead = deadFilters(view);
  const lost = lostManagers(view);
  const place = (path: readonly string[], name: string): string => [...path, name].join('\\');
  const places = new Map<string, Pick<FilterList, 'controlSet' | 'path' | 'name' | 'filters'>>([
    ...dead.map(({ list }) => [place(list.path, list.name), list] as const),
    ...lost.map((one) => [place(one.path, 'UpperFilters'), { ...one, name: 'UpperFilters' as const }] as const),
  ]);
  return [...places].map(([at, { controlSet, path, name, filters }]): PlannedEdit => {
    const gone = dead.filter(({ list }) => place(list.path, list.name) === at).map(({ filter }) => filter);
    const isLost = lost.some((one) => place(one.path, 'UpperFilters') === at);
    const rest = filters.filter((filter) => !gone.includes(filter));
    const wanted = isLost ? [PARTITION_MANAGER, ...rest] : rest;
    const key = { hive: view.system.name, path };
    return {
      edit:
        wanted.length === 0
          ? { op: 'delete-value', key, name }
          : { op: 'set-value', key, name, value: multiSz(wanted) },
      why: [
        ...(gone.length > 0 ? [`${gone.join(', ')} cannot start, and what filters a device must.`] : []),
        ...(isLost ? ['partmgr filters every disk of a working Windows, before any other.'] : []),
      ].join(' '),
      controlSet,
      fixes: gone.length > 0 ? 'FILTER_DEAD' : 'PARTITION_FILTER_LOST',
    };
  });
}

export const deadFiltersRepair: Repair = {
  name: REPAIR,
  title: 'take filters that cannot start out of the lists of disks, volumes and controllers',
  about:
    'Windows puts the filters of a device class on every device of it, and a disk whose filter does not start cannot be used. Removes only the name whose service is missing, disabled, or without its file; the order of the others stays, and a list that becomes empty is deleted. Filters of disk encryption are never removed. Adds partmgr to the list of disks where it is missing.',
  article: 'stop-error-0x7b',
  certainty: 'certain',
  link: 'boot',
  writes: [
    {
      where: 'SYSTEM\\{CS}\\Control\\Class\\{disks, volumes, SCSI, HDC, system, keyboard}',
      name: 'UpperFilters, LowerFilters',
      data: 'the list without the one name, or (deleted)',
      when: 'a filter does not have a service, is disabled, or its file is not on a disk that was read whole',
      security: null,
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\Class\\{disks}',
      name: 'UpperFilters',
      data: 'partmgr before the others',
      when: 'partmgr is not in it',
      security: null,
      source: '? the effect was not tried',
    },
  ],
  afterBoot: [],
  detect,
  edits,
};
