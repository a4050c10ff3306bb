// Where the compiled module is. Making an instance needs no glue: the module asks its host for nothing that matters.

import { readFileSync } from 'node:fs';

/** URL of the module; fetch it where there is no file system. */
export const wasmUrl = new URL('./dist/hivex.wasm', import.meta.url);

/** URL of the same module with assertions and checked memory accesses, for tests; not in the published package. */
export const debugWasmUrl = new URL('./dist/hivex-debug.wasm', import.meta.url);

/** The module's bytes, read synchronously (Node). */
export function wasmBytes(url = wasmUrl) {
  return new Uint8Array(readFileSync(url));
}
