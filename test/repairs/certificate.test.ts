import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesEqual, concatBytes, u32Bytes } from '../../src/base/bytes.ts';
import { isoToFiletime, msToFiletime } from '../../src/base/time.ts';
import { recover } from '../../src/regf/logs/recover.ts';
import { openVerifierHive } from '../../src/registry/readers/verifier-hive.ts';
import { certificateOf, parseCertificateBlob } from '../../src/repairs/fixes/rdp/certificate-blob.ts';
import { type CertificateInfo, readCertificate } from '../../src/security/certificate.ts';
import { describeShared } from '../shared-hives.ts';
import { CERTIFICATES, certificateBlob } from './certificates.ts';

const { valid, issued } = CERTIFICATES;

describe('a certificate blob', () => {
  const blob = certificateBlob(valid.der, valid.sha1);

  it('is records to its last byte', () => {
    const properties = parseCertificateBlob(blob);
    expect(properties?.map(({ id }) => id)).toEqual([3, 0x20]);
    expect(bytesEqual(certificateOf(blob) ?? new Uint8Array(), valid.der)).toBe(true);
  });

  it('is none when it is cut, has a tail, or holds no certificate', () => {
    for (const end of [0, 1, 11, 12, 20, blob.length - 1]) expect(certificateOf(blob.subarray(0, end))).toBeNull();
    expect(parseCertificateBlob(concatBytes(blob, new Uint8Array([0])))).toBeNull();
    expect(certificateOf(concatBytes(u32Bytes(3), u32Bytes(1), u32Bytes(0)))).toBeNull();
    expect(parseCertificateBlob(concatBytes(u32Bytes(3), u32Bytes(1), u32Bytes(0xffff_ffff)))).toBeNull();
  });
});

/** What node:crypto, another reader, says of a certificate. */
function asNodeReads(der: Uint8Array): CertificateInfo {
  const certificate = new X509Certificate(der);
  const { validFrom, validTo, fingerprint } = certificate;
  // It escapes names as RFC 2253 has it; ours are for people.
  const [subject, issuer] = [certificate.subject, certificate.issuer].map((name) => name.replace(/\\(.)/g, '$1')) as [
    string,
    string,
  ];
  const [notBefore, notAfter] = [validFrom, validTo].map((time) => msToFiletime(Date.parse(time))) as [bigint, bigint];
  const thumbprintSha1Hex = fingerprint.replaceAll(':', '').toLowerCase();
  return { subject, issuer, notBefore, notAfter, thumbprintSha1Hex, isSelfSigned: subject === issuer };
}

describe('a certificate', () => {
  it('tells who made it and when it is valid', () => {
    expect(readCertificate(valid.der)).toEqual({
      subject: 'CN=RESCUE01',
      issuer: 'CN=RESCUE01',
      notBefore: isoToFiletime('2023-12-01'),
      notAfter: isoToFiletime('2123-12-01'),
      thumbprintSha1Hex: valid.thumbprint.toLowerCase(),
      isSelfSigned: true,
    });
    expect(readCertificate(issued.der)).toMatchObject({ issuer: 'CN=Example CA', isSelfSigned: false });
  });

  it('is read as OpenSSL reads it', () => {
    for (const { der } of Object.values(CERTIFICATES)) expect(readCertificate(der)).toEqual(asNodeReads(der));
  });

  it('is null of bytes that are none', () => {
    expect(readCertificate(new Uint8Array())).toBeNull();
    expect(readCertificate(valid.der.subarray(0, 100))).toBeNull();
    expect(readCertificate(new TextEncoder().encode('no certificate'))).toBeNull();
    for (let end = 0; end < valid.der.length; end += 1) expect(readCertificate(valid.der.subarray(0, end))).toBeNull();
    expect(readCertificate(concatBytes(valid.der, new Uint8Array(1)))).toBeNull();
  });

  it('that was changed is another, or none: never an error', () => {
    for (let at = 0; at < valid.der.length; at += 1) {
      const der = valid.der.slice();
      der[at] = der[at]! ^ 0x55;
      expect(readCertificate(der)?.thumbprintSha1Hex).not.toBe(valid.thumbprint.toLowerCase());
    }
  });
});

describeShared('the certificates of a real SOFTWARE hive', (folder) => {
  it('are all read to the last byte, under their own thumbprint', () => {
    const file = join(folder, 'software', 'partial', 'SOFTWARE');
    const { image } = recover('SOFTWARE', new Uint8Array(readFileSync(file)), []);
    const hive = openVerifierHive('SOFTWARE', image, 'SOFTWARE', 'primary');
    const stores = hive.key(['Microsoft', 'SystemCertificates'])?.subkeys() ?? [];
    const certificates = stores.flatMap((store) => store.subkey('Certificates')?.subkeys() ?? []);
    expect(certificates.length).toBeGreaterThanOrEqual(10);
    for (const key of certificates) {
      const blob = key.value('Blob')?.data() ?? new Uint8Array();
      const der = certificateOf(blob) ?? new Uint8Array();
      const info = readCertificate(der);
      expect(info).toEqual(asNodeReads(der));
      expect(info?.thumbprintSha1Hex.toUpperCase()).toBe(key.name.toUpperCase());
    }
  });
});
