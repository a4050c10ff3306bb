// What we use of the host's WebAssembly object, typed here because neither the language's library nor Node's types
// declare it, and the browser's library is not for us.

export interface WasmModule {
  readonly kind?: 'WebAssembly.Module';
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export type WasmFunction = (...args: number[]) => number;

export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

interface WasmNamespace {
  readonly Module: {
    new (bytes: Uint8Array): WasmModule;
    imports(module: WasmModule): { readonly module: string; readonly name: string; readonly kind: string }[];
  };
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, WasmFunction>>>>,
  ) => WasmInstance;
  readonly Memory: new (descriptor: { initial: number }) => WasmMemory;
}

/** The host's own object; every Node and browser that we support has it. */
export const hostWasm = (globalThis as unknown as { readonly WebAssembly: WasmNamespace }).WebAssembly;
