// Which reader serves a hive, decided once: the engine where it can read every record, else the verifier.

import { EngineError, FormatError, RefusedError, UsageError } from '../base/errors.ts';
import type { Finding } from '../base/finding.ts';
import { HiveHandle } from '../engine/handle.ts';
import type { Engine } from '../engine/module.ts';
import type { Recovery } from '../regf/logs/recover.ts';
import type { Hive } from '../registry/hive.ts';
import { type EngineHive, openEngineHive } from '../registry/readers/engine-hive.ts';
import { openVerifierHive, type VerifierHive } from '../registry/readers/verifier-hive.ts';

/** A loaded hive with the reader that serves it until `close`. */
export class HiveReader {
  readonly findings: readonly Finding[];
  /** Why the engine does not read it, null where it does. */
  readonly problem: string | null;
  private readonly engine: Engine;
  private readonly image: Uint8Array;
  private readonly served: EngineHive | VerifierHive;
  /** The engine's, opened again where it was given away. */
  private handle: HiveHandle | null = null;
  private isClosed = false;

  constructor(engine: Engine, name: string, path: string, recovery: Recovery) {
    this.engine = engine;
    this.image = recovery.image;
    try {
      this.handle = openReadable(engine, recovery.image);
      this.served = openEngineHive(name, () => this.opened(), recovery.view);
      this.problem = null;
      this.findings = [];
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof EngineError || error instanceof RefusedError)) throw error;
      this.served = openVerifierHive(name, recovery.image, path, recovery.view);
      this.problem = error.message;
      this.findings = [readByVerifier(path, error.message)];
    }
  }

  get hive(): Hive {
    return this.served;
  }

  /** Null where the engine reads. */
  verifier(): VerifierHive | null {
    return this.served.reader === 'verifier' ? (this.served as VerifierHive) : null;
  }

  /** The engine's handle, which is then the caller's; null where there is none. */
  take(): HiveHandle | null {
    const { handle } = this;
    this.handle = null;
    return handle;
  }

  close(): void {
    if (this.served.reader === 'engine') (this.served as EngineHive).expire();
    this.take()?.close();
    this.isClosed = true;
  }

  private opened(): HiveHandle {
    if (this.isClosed) throw new UsageError('BAD_ARGUMENT', 'this hive is closed, expected an open one');
    this.handle ??= HiveHandle.open(this.engine, this.image);
    return this.handle;
  }
}

function openReadable(engine: Engine, image: Uint8Array): HiveHandle {
  const handle = HiveHandle.open(engine, image);
  try {
    handle.checkRecords();
    return handle;
  } catch (error) {
    handle.close();
    throw error;
  }
}

function readByVerifier(path: string, cause: string): Finding {
  return {
    code: 'READ_BY_VERIFIER',
    severity: 'warning',
    where: { file: path },
    text: `the engine cannot read this hive (${cause}), so it is read by the verifier alone and cannot be edited`,
  };
}
