// The host of this process, made once: the engine's module is read from the hivex-wasm package when it is first used.

import { wasmBytes } from 'hivex-wasm';
import { type Host, nodeHost } from '../session.ts';

let host: Host | null = null;

export function cliHost(): Host {
  host ??= nodeHost(wasmBytes);
  return host;
}
