/** URL of the compiled module; fetch it where there is no file system. */
export declare const wasmUrl: URL;

/** URL of the same module with assertions and checked memory accesses, for tests; not in the published package. */
export declare const debugWasmUrl: URL;

/** The module's bytes, read synchronously (Node); throws what node:fs throws when it has not been built. */
export declare function wasmBytes(url?: URL): Uint8Array;
