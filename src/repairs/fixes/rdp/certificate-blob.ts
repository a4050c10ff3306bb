// A certificate as the registry keeps it: records { u32 property id, u32 1, u32 length, bytes } to the last byte. Ten of
// ten blobs of a real SOFTWARE hive parse so.

const HEADER_BYTES = 12;
const PROPERTY_CERTIFICATE = 0x20;

export interface BlobProperty {
  readonly id: number;
  readonly bytes: Uint8Array;
}

/** The records of a Blob, or null where they do not fill it exactly. */
export function parseCertificateBlob(blob: Uint8Array): BlobProperty[] | null {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const properties: BlobProperty[] = [];
  let offset = 0;
  while (offset + HEADER_BYTES <= blob.byteLength) {
    const lengthBytes = view.getUint32(offset + 8, true);
    const end = offset + HEADER_BYTES + lengthBytes;
    if (end > blob.byteLength) return null;
    properties.push({ id: view.getUint32(offset, true), bytes: blob.subarray(offset + HEADER_BYTES, end) });
    offset = end;
  }
  return offset === blob.byteLength ? properties : null;
}

/** The DER bytes of the certificate, or null where the blob is broken or holds none. */
export function certificateOf(blob: Uint8Array): Uint8Array | null {
  return parseCertificateBlob(blob)?.find((property) => property.id === PROPERTY_CERTIFICATE)?.bytes ?? null;
}
