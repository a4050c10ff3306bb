// The certificate of the RDP listener: Windows makes a new one at the service's next start where there is none, so that
// an expired or broken self-signed one is taken out, and a pin that leads nowhere is taken off.

import { toHex } from '../../../base/bytes.ts';
import { HivemendError } from '../../../base/errors.ts';
import type { Finding } from '../../../base/finding.ts';
import { orNull } from '../../../base/or-null.ts';
import { filetimeToIso } from '../../../base/time.ts';
import type { Hive, Key } from '../../../registry/hive.ts';
import { readBinary, sz } from '../../../registry/value.ts';
import { type CertificateInfo, readCertificate } from '../../../security/certificate.ts';
import type { PlannedEdit, Repair, RepairOptions } from '../../model.ts';
import {
  type Found,
  hiveFinding,
  inControlSet,
  keyText,
  ruleEdits,
  ruleFindings,
  type ValueRule,
} from '../../rules.ts';
import { isBeforeVista } from '../../version.ts';
import type { MachineView } from '../../view.ts';
import { certificateOf } from './certificate-blob.ts';
import { RDP_TCP } from './nla.ts';

const REPAIR = 'rdp-certificate';
export const MACHINE_KEYS = '\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys';
/** The file of RDP's key pair begins with the hash of its container's name; the machine's GUID follows. */
export const RDP_KEY_FILE = 'f686aace6942fb7f7ceb231212eef4a4_';
const SHA1_BYTES = 20;
const PIN = 'SSLCertificateSHA1Hash';

const storePath = (store: string): string[] => ['Microsoft', 'SystemCertificates', store, 'Certificates'];

type Flaw = 'CERTIFICATE_BROKEN' | 'CERTIFICATE_EXPIRED' | 'CERTIFICATE_KEY_MISSING';

interface StoredCertificate {
  readonly key: Key;
  /** Upper-case hex, as the key is named. */
  readonly thumbprint: string;
  /** Null: the blob or the certificate in it cannot be read. */
  readonly info: CertificateInfo | null;
  readonly flaw: Flaw | null;
}

/** The certificates of RDP's own store, or of the machine's ('MY'). */
export function certificatesIn(view: MachineView, store: 'Remote Desktop' | 'MY'): StoredCertificate[] {
  const path = storePath(store);
  return (view.software?.key(path)?.subkeys() ?? []).map((key) => {
    const blob = readBinary(key.value('Blob'));
    const der = blob ? certificateOf(blob) : null;
    const read = der ? readCertificate(der) : null;
    const thumbprint = key.name.toUpperCase();
    const info = read && read.thumbprintSha1Hex.toUpperCase() === thumbprint ? read : null;
    return { key, thumbprint, info, flaw: flawOf(view, info, store === 'Remote Desktop') };
  });
}

function flawOf(view: MachineView, info: CertificateInfo | null, isRdpStore: boolean): Flaw | null {
  if (!info) return 'CERTIFICATE_BROKEN';
  const isOurOwn = isRdpStore && info.isSelfSigned;
  if (info.notAfter < (isOurOwn ? lastRan(view) : view.now)) return 'CERTIFICATE_EXPIRED';
  return isRdpStore && info.isSelfSigned && isKeyMissing(view) ? 'CERTIFICATE_KEY_MISSING' : null;
}

/**
 * The service makes a new certificate in the place of its own one that has expired: only one that had expired while Windows
 * still ran was not replaced. Now, where it is not known when it ran.
 */
function lastRan({ machine: { lastShutdown, lastBoot }, now }: MachineView): bigint {
  const [shutdown, boot] = [lastShutdown ?? 0n, BigInt(lastBoot?.filetime ?? 0)];
  const latest = shutdown > boot ? shutdown : boot;
  return latest === 0n ? now : latest;
}

/** The folder of machine keys is there, and RDP's key of this machine is not in it; false where it cannot be told. */
function isKeyMissing(view: MachineView): boolean {
  const guid = view.machine.machineGuid?.toLowerCase();
  const names = machineKeyNames(view);
  if (names === null || guid === undefined) return false;
  return !names.some((name) => name.toLowerCase() === `${RDP_KEY_FILE}${guid}`);
}

/** The files of the machine keys; null where there is no such folder, or none that can be looked into (a link is not followed). */
export function machineKeyNames({ files }: MachineView): readonly string[] | null {
  return orNull(HivemendError, () => (files?.exists(MACHINE_KEYS) ? files.list(MACHINE_KEYS) : null));
}

/** A self-signed certificate of RDP's store that is no use any more, or one that cannot be read at all. */
function isRemovable(stored: StoredCertificate): stored is StoredCertificate & { readonly flaw: Flaw } {
  return stored.flaw !== null && (stored.info === null || stored.info.isSelfSigned);
}

interface Pin {
  readonly controlSet: string;
  readonly path: readonly string[];
  readonly thumbprint: string;
  readonly code: 'CERTIFICATE_PIN_DANGLING' | 'CERTIFICATE_PIN_EXPIRED';
  readonly text: string;
}

/** Pins that must go: to a certificate that is not there, is taken out, or has expired. */
function badPins(view: MachineView): Pin[] {
  // An excerpt without the stores says nothing of what is in them.
  if (!view.software?.key(['Microsoft', 'SystemCertificates'])) return [];
  const stored = [...certificatesIn(view, 'Remote Desktop'), ...certificatesIn(view, 'MY')];
  return view.controlSets.flatMap((set): Pin[] => {
    const path = inControlSet(RDP_TCP, set.name);
    const bytes = readBinary(view.system.value(path, PIN));
    if (!bytes || (bytes.byteLength === SHA1_BYTES && bytes.every((byte) => byte === 0))) return [];
    const thumbprint = toHex(bytes).toUpperCase();
    const target = stored.find((certificate) => certificate.thumbprint === thumbprint);
    const place = `${PIN} in ${keyText('SYSTEM', path)}`;
    if (!target || target.flaw === 'CERTIFICATE_BROKEN' || target.flaw === 'CERTIFICATE_KEY_MISSING') {
      const text = `${place} names certificate ${thumbprint}, which ${target ? 'cannot be used' : 'is in no store of this machine'}: the listener does not have a certificate, and the connection ends with an internal error.`;
      return [{ controlSet: set.name, path, thumbprint, code: 'CERTIFICATE_PIN_DANGLING', text }];
    }
    if (target.flaw === null) return [];
    const text = `${place} names certificate ${thumbprint}, which expired on ${lastDay(target.info)}: clients refuse it.`;
    return [{ controlSet: set.name, path, thumbprint, code: 'CERTIFICATE_PIN_EXPIRED', text }];
  });
}

const lastDay = (info: CertificateInfo | null): string =>
  (info ? filetimeToIso(info.notAfter)?.slice(0, 10) : null) ?? 'an unknown day';

function flawText({ thumbprint, info, flaw }: StoredCertificate): string {
  switch (flaw) {
    case 'CERTIFICATE_EXPIRED':
      return `Certificate ${thumbprint} expired on ${lastDay(info)}`;
    case 'CERTIFICATE_KEY_MISSING':
      return `Certificate ${thumbprint} does not have a private key on this disk`;
    default:
      return `Certificate ${thumbprint} cannot be read as a certificate`;
  }
}

/** Only a name other than that of RDP's own store leads the service astray. */
const STORE_RULE: ValueRule = {
  hive: 'SYSTEM',
  path: ['{CS}', 'Control', 'Terminal Server', 'WinStations'],
  name: 'SelfSignedCertStore',
  write: sz('Remote Desktop'),
  isGood: (found: Found) => found.kind === 'absent' || (found.kind === 'text' && /^remote desktop$/i.test(found.text)),
  fault: (found: Found) =>
    found.kind === 'absent' || (found.kind === 'text' && /^remote desktop$/i.test(found.text))
      ? null
      : {
          code: 'CERTIFICATE_STORE_WRONG',
          severity: 'warning',
          effect: 'the service looks for its certificate in another store than the one in which it is made.',
        },
  isOnlyForFault: true,
  needsKey: true,
  why: "RDP's own certificate is in the store Remote Desktop.",
};

function detect(view: MachineView): Finding[] {
  const stored = certificatesIn(view, 'Remote Desktop');
  const hasGoodOne = stored.some((certificate) => certificate.flaw === null);
  const findings = stored.filter(isRemovable).map((certificate) =>
    hiveFinding(view, {
      code: certificate.flaw,
      // The service takes the good one where there is one beside it.
      severity: hasGoodOne ? 'warning' : 'error',
      hive: 'SOFTWARE',
      path: certificate.key.path,
      controlSet: null,
      repair: REPAIR,
      text: `${flawText(certificate)}, in the store Remote Desktop: the listener cannot make a TLS session with it, which the client sees as an internal error.`,
    }),
  );
  const pins = badPins(view).map((pin) =>
    hiveFinding(view, {
      code: pin.code,
      severity: 'error',
      hive: 'SYSTEM',
      path: pin.path,
      controlSet: pin.controlSet,
      repair: REPAIR,
      text: pin.text,
    }),
  );
  return [...findings, ...pins, ...ruleFindings(view, REPAIR, [STORE_RULE])];
}

function removals(view: MachineView, software: Hive): PlannedEdit[] {
  return certificatesIn(view, 'Remote Desktop')
    .filter(isRemovable)
    .map((certificate) => ({
      edit: { op: 'delete-key', key: { hive: software.name, path: certificate.key.path } } as const,
      why: `${flawText(certificate)}; the service makes a new one at its next start.`,
      controlSet: null,
      fixes: certificate.flaw,
    }));
}

function edits(view: MachineView, options: RepairOptions): PlannedEdit[] {
  const pins = badPins(view).map((pin) => ({
    edit: { op: 'delete-value', key: { hive: view.system.name, path: pin.path }, name: PIN } as const,
    why: `The pin to certificate ${pin.thumbprint} leads to none that can be used.`,
    controlSet: pin.controlSet,
    fixes: pin.code,
    security: {
      effect: 'lowers',
      text: 'The listener shows a self-signed certificate, not the pinned one, until a new one is pinned.',
    } as const,
  }));
  return [...(view.software ? removals(view, view.software) : []), ...pins, ...ruleEdits(view, [STORE_RULE], options)];
}

export const rdpCertificate: Repair = {
  name: REPAIR,
  title: 'take out an expired or broken RDP certificate, so that Windows makes a new one',
  about:
    "Takes an unreadable or keyless self-signed certificate, or one that had expired while Windows still ran, out of RDP's store and takes a pin off that leads nowhere; SessionEnv makes a new certificate at its next start. A certificate of a certification authority is unpinned when it has expired, never taken out. The private key file of a certificate that was taken out stays. Dates are read from the certificate itself.",
  article: 'rdp-internal-error, event-id 1057/1058/36870, RA',
  certainty: 'likely',
  link: 'certificate',
  writes: [
    {
      where: 'SOFTWARE\\Microsoft\\SystemCertificates\\Remote Desktop\\Certificates\\<thumbprint>',
      name: '(the key)',
      data: '(deleted)',
      when: 'self-signed and expired before Windows last ran, without its private key, or unreadable',
      security: null,
      source: 'which key belongs to it: ?',
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\Terminal Server\\WinStations\\RDP-Tcp',
      name: PIN,
      data: '(deleted)',
      when: 'it names a certificate that is in no store, cannot be used or has expired',
      security: 'lowers',
    },
    {
      where: 'SYSTEM\\{CS}\\Control\\Terminal Server\\WinStations',
      name: 'SelfSignedCertStore',
      data: 'REG_SZ Remote Desktop',
      when: 'there, with another name',
      security: null,
      source: 'RA',
    },
  ],
  afterBoot: [],
  unavailable: (view) => {
    if (isBeforeVista(view)) return 'RDP of this Windows uses no certificate';
    return view.software ? null : 'the SOFTWARE hive was not found';
  },
  detect,
  edits,
};
