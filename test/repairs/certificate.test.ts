import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesEqual, concatBytes, u32Bytes } from '../../src/base/bytes.ts';
import { isoToFiletime } from '../../src/base/time.ts';
import { readCertificate } from '../../src/commands/certificate.ts';
import { recover } from '../../src/regf/logs/recover.ts';
import { openVerifierHive } from '../../src/registry/readers/verifier-hive.ts';
import { certificateBlob, certificateOf, parseCertificateBlob } from '../../src/repairs/fixes/rdp/certificate-blob.ts';
import { describeShared } from '../shared-hives.ts';
import { CERTIFICATES } from './certificates.ts';

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

  it('is null of bytes that are none', () => {
    expect(readCertificate(new Uint8Array())).toBeNull();
    expect(readCertificate(valid.der.subarray(0, 100))).toBeNull();
    expect(readCertificate(new TextEncoder().encode('no certificate'))).toBeNull();
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
      const info = readCertificate(certificateOf(blob) ?? new Uint8Array());
      expect(info?.thumbprintSha1Hex.toUpperCase()).toBe(key.name.toUpperCase());
    }
  });
});
