// The shape of a repair: what it detects, what it would change and why. `detect` and `edits` are read by diagnose and
// repair alike. After its edits a repair's own detect finds nothing, and its edits are [] (a property test holds this).

import type { FindingCode } from '../base/codes/codes.ts';
import type { Finding } from '../base/finding.ts';
import type { Edit } from '../registry/edit.ts';
import type { MachineView } from './view.ts';

export const TLS_VERSIONS = ['1.0', '1.1', '1.2'] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

/** How sure it is that this is the cause, or that the repair does what is said. */
export type Certainty = 'certain' | 'likely' | 'uncertain';

/** What one choice on the command line changes; DEFAULT_OPTIONS is no choice. */
export interface RepairOptions {
  /** The article's numbers to the letter, also where what stands there is good enough. */
  readonly asPublished: boolean;
  /** Protocols that `tls` enables; null: what the NT version needs. */
  readonly tls: readonly TlsVersion[] | null;
  /** 'ems': boot menu and timeout stay as they are. */
  readonly serial: 'full' | 'ems';
  /** The RDP port to set; null: the one that is set, else 3389. */
  readonly port: number | null;
  /** `rdp-firewall` switches the profiles off as well. */
  readonly disableFirewall: boolean;
  /** `machine-keys` grants on every machine key, as the article does. */
  readonly allKeys: boolean;
  /** `serial-console` in every loader of a Windows in the store, and not only in the one of this Windows. */
  readonly allLoaders?: boolean;
  /** The loader that {default} is to name from now on (`serial-console`). */
  readonly fixDefault?: string;
  /** The platform that this Windows is to start on (`boot-drivers`), or 'all' for a word on each (diagnose). */
  readonly target?: string;
  /** Most files that a profile may take out of the way; left out: 20. */
  readonly maxFiles?: number;
  /** Disables the services that a profile names where its files cannot be moved. */
  readonly allowFallback?: boolean;
}

export const DEFAULT_OPTIONS: RepairOptions = {
  asPublished: false,
  tls: null,
  serial: 'full',
  port: null,
  disableFirewall: false,
  allKeys: false,
};

/** What a change does to the machine's security, and the commands that revert it on the running Windows. */
export interface SecurityNote {
  readonly effect: 'raises' | 'lowers';
  /** One sentence. */
  readonly text: string;
}

/** One change that a repair wants, with its reason. */
export interface PlannedEdit {
  readonly edit: Edit;
  /** One sentence. */
  readonly why: string;
  /** 'ControlSet001', or null where it is about none. */
  readonly controlSet: string | null;
  /** The code of the finding (of this repair's own detect) that it fixes; null: the profile sets it besides. */
  readonly fixes: FindingCode | null;
  /** An option names it (--port, --disable-firewall), so that a profile which only fixes makes it too. */
  readonly isRequested?: boolean;
  readonly security?: SecurityNote;
}

/** A repair: one declarative object a file. */
export interface Repair {
  /** As it is typed: 'rdp-listener'. */
  readonly name: string;
  /** One line, for help and docs. */
  readonly title: string;
  /** What it is for and what it leaves alone: a few sentences, for docs. */
  readonly about: string;
  /** Name of the published article (or 'RA' script) that it comes from; several by comma. */
  readonly article: string;
  readonly certainty: Certainty;
  /** The check that its findings belong to. */
  readonly link: LinkName;
  /** Every value it may write, for the docs: key, value, data, reason. */
  readonly writes: readonly WriteNote[];
  /** Commands for the running Windows after its next boot, beside what takes a change back; [] for none. */
  readonly afterBoot: readonly string[];
  /** Why it cannot be done on this machine (a hive or the store is not there), or null; left out: it always can. */
  readonly unavailable?: (view: MachineView, options: RepairOptions) => string | null;
  /** What is wrong that this repair fixes (severity error: RDP does not work; warning: it may not). Never throws. */
  readonly detect: (view: MachineView, options: RepairOptions) => readonly Finding[];
  /** What it would change; [] when all is as it should be. A part that cannot be done throws RefusedError. */
  readonly edits: (view: MachineView, options: RepairOptions) => readonly PlannedEdit[];
  /** What is to be known before its edits are made; only of a plan that has some. Left out: nothing. */
  readonly risks?: (view: MachineView, edits: readonly PlannedEdit[]) => readonly Finding[];
}

/** A row of docs/repairs.md. */
export interface WriteNote {
  /** '{CS}' stands for each control set. */
  readonly where: string;
  readonly name: string;
  readonly data: string;
  readonly when: string;
  readonly security: 'raises' | 'lowers' | null;
  /** Source of the fact where it is not the article, or '?' for what is uncertain. */
  readonly source?: string;
}

/** The checks from power-on to an RDP session, in their order. */
export const LINKS = [
  'disk',
  'boot',
  'services',
  'remote-desktop',
  'listener',
  'firewall',
  'tls',
  'certificate',
  'keys',
  'authentication',
  'licensing',
  'group-policy',
  'diagnostics',
  'machine',
] as const;
export type LinkName = (typeof LINKS)[number];

/** A finding with the check that it belongs to. */
export interface Diagnosis extends Finding {
  readonly link: LinkName;
  /** 'ControlSet001', or null where it is about none. */
  readonly controlSet: string | null;
  readonly certainty: Certainty;
  readonly article: string;
}
