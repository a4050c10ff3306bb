// Whether this Windows would start on the platform that it is meant for, and on which it would.

import type { Finding } from '../../base/finding.ts';
import { PLATFORMS, type Platform, platformNamed } from '../drivers/platforms.ts';
import { neededDrivers, type Readiness, readinessOf, whyNoFit } from '../drivers/readiness.ts';
import { hasDrivers } from '../drivers/service.ts';
import { stagedDriver } from '../drivers/staging.ts';
import type { RepairOptions } from '../model.ts';
import { hiveFinding } from '../rules.ts';
import type { MachineView } from '../view.ts';
import type { Check } from './check.ts';

/** What `--target` takes beside the names of the platforms. */
export const ALL_TARGETS = 'all';

function targetFindings(view: MachineView, { target }: RepairOptions): readonly Finding[] {
  if (target === undefined) return [];
  if (target === ALL_TARGETS) return PLATFORMS.map((platform) => readinessFinding(view, platform));
  const platform = platformNamed(target);
  if (!platform) return [];
  const unfit = whyNoFit(view, platform);
  const way = platform.way === null ? '' : ` ${platform.way}`;
  const missing = (path: readonly string[], controlSet: string | null, why: string): Finding =>
    hiveFinding(view, {
      code: 'TARGET_NOT_POSSIBLE',
      severity: 'error',
      hive: 'SYSTEM',
      path,
      controlSet,
      text: `${why.replace(/^this/, 'This')}: Windows does not start on ${platform.name}.${way}`,
    });
  const drivers = neededDrivers(view, platform).flatMap(({ state, why, controlSet, needed }) => {
    const staged = stagedDriver(view, needed.services[0]!);
    // What boot-drivers puts on the disk, it reports.
    if (state !== 'missing' || why === null || (staged && 'inf' in staged)) return [];
    const text = staged ? `${why}; ${staged.why}` : why;
    const path = [controlSet, 'Services', needed.services[0]!];
    return [missing(path, controlSet, text)];
  });
  return [...(unfit === null ? [] : [missing([], null, unfit)]), ...drivers, readinessFinding(view, platform)];
}

const SAID: Readonly<Record<Readiness['state'], string>> = {
  ready: 'Starts on',
  off: 'Does not start yet on',
  missing: 'Does not start on',
  unknown: 'Cannot be told for',
};

function readinessFinding(view: MachineView, platform: Platform): Finding {
  const { state, whys } = readinessOf(view, platform);
  const reasons = whys.length === 0 ? '' : `: ${whys.join('; ')}`;
  const way =
    state === 'off' && hasDrivers(view)
      ? ` hivemend repair --only boot-drivers --target ${platform.name} fixes that.`
      : state === 'missing' && platform.way !== null
        ? ` ${platform.way}`
        : '';
  return hiveFinding(view, {
    code: 'TARGET_READINESS',
    severity: 'info',
    hive: 'SYSTEM',
    path: [],
    controlSet: null,
    text: `${SAID[state]} ${platform.name} (${platform.title})${reasons}.${way}`,
  });
}

export const TARGET_CHECKS: readonly Check[] = [
  { link: 'boot', article: 'our own', certainty: 'likely', detect: targetFindings },
];
