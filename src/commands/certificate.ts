// The one place that reads X.509: node:crypto behind the shape that the repairs ask for.

import { X509Certificate } from 'node:crypto';
import { msToFiletime } from '../base/time.ts';
import type { CertificateInfo } from '../repairs/view.ts';

/** Reads a DER certificate; null where the bytes are none. Never throws. */
export function readCertificate(der: Uint8Array): CertificateInfo | null {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(der);
  } catch {
    // Node throws a different error for each way in which the bytes are no certificate.
    return null;
  }
  const notBefore = Date.parse(certificate.validFrom);
  const notAfter = Date.parse(certificate.validTo);
  if (Number.isNaN(notBefore) || Number.isNaN(notAfter)) return null;
  return {
    subject: certificate.subject,
    issuer: certificate.issuer,
    notBefore: msToFiletime(notBefore),
    notAfter: msToFiletime(notAfter),
    thumbprintSha1Hex: certificate.fingerprint.replaceAll(':', '').toLowerCase(),
    isSelfSigned: certificate.subject === certificate.issuer,
  };
}
