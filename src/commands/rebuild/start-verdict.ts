// Whether Windows can start with a rebuilt hive, and which losses the checks of its start and logon would have read.

import type { Loss } from '../../hive/survey/losses.ts';
import type { Hive } from '../../registry/hive.ts';
import { HiveReads, recordingHive } from '../../registry/readers/recording-hive.ts';
import { diagnoseMachine } from '../../repairs/diagnose.ts';
import { DEFAULT_OPTIONS } from '../../repairs/model.ts';
import { DEFAULT_PROFILE, profileNamed } from '../../repairs/profiles.ts';
import type { RebuildFacts } from '../../report.ts';
import { startView } from '../../session/machine-view.ts';
import type { Session } from '../../session/session.ts';

export interface StartVerdict {
  readonly canStart: RebuildFacts['canStart'];
  /** One sentence. */
  readonly why: string;
  /** Whether a check reads what was lost; null: there is no Windows to check. */
  readonly isRead: ((loss: Loss) => boolean) | null;
}

/** Diagnoses the session's Windows with `rebuilt` in it. */
export function startVerdict(session: Session, rebuilt: Hive): StartVerdict {
  if (session.found === null) {
    return {
      canStart: 'unknown',
      why: 'no volume was given, so that no check of the start of Windows ran',
      isRead: null,
    };
  }
  const reads = new HiveReads();
  const view = startView(session, { controlSets: 'existing', create: [] });
  const recorded = (hive: Hive): Hive => (hive.name === rebuilt.name ? recordingHive(hive, reads) : hive);
  const watched = { ...view, system: recorded(view.system), software: view.software && recorded(view.software) };
  reads.key(['Select']);
  for (const set of ['ControlSet001', 'ControlSet002']) reads.key([set, 'Control']);
  const options = { ...DEFAULT_OPTIONS, profile: profileNamed(DEFAULT_PROFILE), only: null, skip: [], needed: false };
  const { summary } = diagnoseMachine(watched, options, 'boot');
  const isRead = ({ what, path, name }: Loss): boolean => {
    // Where a key has no name, the path is its parent's; a key with a name and no path has lost its parent.
    if (what === 'key' && name === null) return reads.concernsSubkeys(path);
    if (what === 'key') return path.length > 0 && reads.concernsKey(path);
    if (what === 'value') return reads.concernsValue(path, name);
    if (what === 'values') return reads.concernsValue(path, null);
    return what === 'subkeys' && reads.concernsSubkeys(path);
  };
  const texts = summary.causes.map(({ text }) => text.replace(/\.$/, ''));
  if (rebuilt.name === 'SYSTEM' && rebuilt.key(['Select']) === null) {
    texts.unshift('SYSTEM does not have a key Select, which names the control set that starts');
  }
  if (texts.length > 0) return { canStart: 'no', why: texts.join('; '), isRead };
  if (summary.notChecked.length === 0 && summary.state === 'clear') {
    return { canStart: 'yes', why: 'no check of its start found a cause', isRead };
  }
  const open = summary.notChecked.map(({ check, why }) => `${check} was not checked (${why})`);
  return { canStart: 'unknown', why: open.join('; ') || 'a hive or the boot store was not read', isRead };
}
