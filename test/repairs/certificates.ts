// Certificates for the tests, by what is of interest in them. Each is an EC P-256 certificate of a key that was thrown
// away, made with python3-cryptography: x509.CertificateBuilder with subject CN, issuer CN, not_valid_before and
// not_valid_after as the comment beside it says, signed with SHA-256.

import { X509Certificate } from 'node:crypto';
import { fromHex } from '../../src/base/bytes.ts';
import type { RegValue } from '../../src/registry/edit.ts';
import { binary } from '../../src/registry/value.ts';

// biome-ignore format: one certificate a line
const DER_BASE64 = {
  // RESCUE01 by itself, 2023-12-01 to 2123-12-01
  valid: 'MIIBJzCBzqADAgECAhQorAAp+MCQbiCj6iNfiEPFCeN8FzAKBggqhkjOPQQDAjATMREwDwYDVQQDDAhSRVNDVUUwMTAgFw0yMzEyMDEwMDAwMDBaGA8yMTIzMTIwMTAwMDAwMFowEzERMA8GA1UEAwwIUkVTQ1VFMDEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQIC7BM1TYn5Y10yHPuZ/J7NH4HNmouzUs9RN5I1Vr93Oz6ziVWVrkQYaZk39Zin0EQSZy72bo0M9w3IarVHtOzMAoGCCqGSM49BAMCA0gAMEUCIBS95SG56ZZWNYW0NJWEMJk28nFJpqmJt6//jqUqvFDpAiEAiJM8xElM2GTBxO5pXquxOlv1K/5eoZC5+8sohnU9djE=',
  // RESCUE01 by itself, 2023-01-01 to 2023-07-01
  expired: 'MIIBJjCBzKADAgECAhQfvZu3L5Zo2NXNgg2rdb/mC4RqkDAKBggqhkjOPQQDAjATMREwDwYDVQQDDAhSRVNDVUUwMTAeFw0yMzAxMDEwMDAwMDBaFw0yMzA3MDEwMDAwMDBaMBMxETAPBgNVBAMMCFJFU0NVRTAxMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEVRW8U0v4KYm7xAJ3gMFkjZ+QtcO9zDdbE/JLrAyU+/P4a4wok5Xx5jfInQrUSyRCGzQTB/aFmqBpLA7upjTqqzAKBggqhkjOPQQDAgNJADBGAiEAtv8kChtUCkoh8vEfkoTIfFQDurCczO0NGwCrlwEHYYMCIQDbvf89YOWIBsteGO9B3nYHo2p7taMxNY/DkMJrUT2wMA==',
  // rdp.example.com by Example CA, 2023-12-01 to 2123-12-01
  issued: 'MIIBMDCB16ADAgECAhRenyBjwncPKv13OU0DCPTIPhForTAKBggqhkjOPQQDAjAVMRMwEQYDVQQDDApFeGFtcGxlIENBMCAXDTIzMTIwMTAwMDAwMFoYDzIxMjMxMjAxMDAwMDAwWjAaMRgwFgYDVQQDDA9yZHAuZXhhbXBsZS5jb20wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS461yrymVBrsFJtS7Fe8P1wCpxg0KyT+8We3M/OTUqbdZdSDyRrxefvYyaw3Obdzmxu9xS+3ONgGRh715ULTbqMAoGCCqGSM49BAMCA0gAMEUCIFwRQAONfdXD410fh4u2ddmfAH0WBrSu6F9UoOLYmwPrAiEAw1VVvtew29jhupmAtQISo+975uklouMNIsDsSfK9Eic=',
  // rdp.example.com by Example CA, 2022-01-01 to 2023-01-01
  issuedExpired: 'MIIBLTCB1aADAgECAhRC2p8gerDyhfry95iSf10gUY523zAKBggqhkjOPQQDAjAVMRMwEQYDVQQDDApFeGFtcGxlIENBMB4XDTIyMDEwMTAwMDAwMFoXDTIzMDEwMTAwMDAwMFowGjEYMBYGA1UEAwwPcmRwLmV4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEglbm2dY8ItGar074nrAfMCIImVCQ8Hs5n+qzDdzKvQlDzq9z3t+vnzZ3DDh08zpsJULW3L3WVDzWbkDNhm1yRDAKBggqhkjOPQQDAgNHADBEAiBE3GpfWzYwbgaXqvforfpt85vFoj0/FMYlN1++Q0vJ7QIgV4oftg9MmwDw7nQMmDdazfANSzHbH/sHfxP4yi82uBk=',
  // RESCUE01 by itself, 2090-01-01 to 2123-07-01
  future: 'MIIBKDCB0KADAgECAhRWP0buJ3VgqFdcanYGo7p7mTgwIDAKBggqhkjOPQQDAjATMREwDwYDVQQDDAhSRVNDVUUwMTAiGA8yMDkwMDEwMTAwMDAwMFoYDzIxMjMwNzAxMDAwMDAwWjATMREwDwYDVQQDDAhSRVNDVUUwMTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEx2U4O9LRIp/KZg5OFKcw0Ic1Ah5N/q3jrUOGhY4w4OFZsURLMOOqwtSuTDHu1LX60Uz0tI5+Pe4h2K0PvQ5MQwCgYIKoZIzj0EAwIDRwAwRAIgPGBuQM58/+E0FP7PZ6vz9CF05WaNmN64n2v2B/zO/14CIHSRa5gf0M2+cvv3otvIZtyVuN6VxAMRTvYTVNdu37A8',
};

export interface TestCertificate {
  readonly der: Uint8Array;
  /** Upper-case hex. */
  readonly thumbprint: string;
  readonly sha1: Uint8Array;
  /** As the registry keeps it. */
  readonly blob: RegValue;
}

/** Seen from 2024-03-01, the day of the tests. */
export const CERTIFICATES = Object.fromEntries(
  Object.entries(DER_BASE64).map(([name, base64]) => {
    const der = new Uint8Array(Buffer.from(base64, 'base64'));
    const thumbprint = new X509Certificate(der).fingerprint.replaceAll(':', '');
    const sha1 = fromHex(thumbprint) ?? new Uint8Array();
    return [name, { der, thumbprint, sha1, blob: binary(certificateBlob(der, sha1)) }];
  }),
) as Readonly<Record<keyof typeof DER_BASE64, TestCertificate>>;

/** A blob with a certificate and its SHA-1, as Windows would store it. */
export function certificateBlob(der: Uint8Array, sha1: Uint8Array): Uint8Array {
  const parts = [
    { id: 3, bytes: sha1 },
    { id: 32, bytes: der },
  ];
  const blob = new Uint8Array(parts.reduce((sum, part) => sum + 12 + part.bytes.byteLength, 0));
  const view = new DataView(blob.buffer);
  let offset = 0;
  for (const { id, bytes } of parts) {
    view.setUint32(offset, id, true);
    view.setUint32(offset + 4, 1, true);
    view.setUint32(offset + 8, bytes.byteLength, true);
    blob.set(bytes, offset + 12);
    offset += 12 + bytes.byteLength;
  }
  return blob;
}
