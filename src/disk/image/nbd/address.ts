// NBD addresses as its URI specification writes them: nbd+unix:///export?socket=/path and nbd://host:port/export.

import { UsageError } from '../../../base/errors.ts';
import { printable } from '../../../base/text.ts';

/** Where a server listens, and which of its exports is meant; '' is its default one. */
export interface NbdAddress {
  readonly server: { readonly path: string } | { readonly host: string; readonly port: number };
  readonly exportName: string;
  /** As it was given. */
  readonly text: string;
}

const DEFAULT_PORT = 10_809;
/** The protocol's own limit. */
const MAX_NAME_BYTES = 4096;

/** Whether a volume argument is meant as an NBD address. */
export function isNbdAddress(text: string): boolean {
  return /^nbds?(\+[a-z]+)?:/i.test(text);
}

/** @throws UsageError BAD_ARGUMENT */
export function parseNbdAddress(text: string): NbdAddress {
  const bad = (why: string, hint = 'nbd+unix:///?socket=/run/nbd.sock or nbd://host:10809/export'): UsageError =>
    new UsageError('BAD_ARGUMENT', `${printable(text)} is not an NBD address that can be opened: ${why}`, { hint });
  let url: URL;
  let exportName: string;
  try {
    url = new URL(text);
    exportName = decodeURIComponent(url.pathname.replace(/^\//, ''));
  } catch {
    throw bad('it cannot be parsed');
  }
  if (new TextEncoder().encode(exportName).byteLength > MAX_NAME_BYTES) throw bad('the name of the export is too long');
  if (url.username !== '' || url.password !== '') throw bad('a user name is not supported');
  if (url.protocol === 'nbd+unix:') {
    const path = url.searchParams.get('socket');
    if (url.host !== '') throw bad('a unix socket does not have a host');
    if (path === null || !path.startsWith('/')) throw bad('expected ?socket= with an absolute path');
    return { server: { path }, exportName, text };
  }
  if (url.protocol === 'nbd:') {
    if (url.hostname === '') throw bad('expected a host');
    const host = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1');
    return { server: { host, port: url.port === '' ? DEFAULT_PORT : Number(url.port) }, exportName, text };
  }
  if (/^nbds/.test(url.protocol)) throw bad('TLS is not supported', 'nbd+unix:// through an SSH tunnel of the socket');
  throw bad('expected nbd+unix: or nbd:');
}
