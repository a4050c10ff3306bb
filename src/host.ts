// The host of this process, made once: the engine's module is read from the hivex-wasm package when it is first used.

import { wasmBytes } from 'hivex-wasm';
import { type Host, nodeHost } from './session.ts';

let host: Host | null = null;

/** This machine, with its files, clock and randomness, and the engine that hivex-wasm carries. */
export function thisHost(): Host {
  host ??= nodeHost(() => wasmBytes());
  return host;
}
