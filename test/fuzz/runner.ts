// Runs cases by seed: each within its time and its memory, and each ending well or in a refusal with a code. What does
// not end at all is ended by a watchdog in a thread of its own, which names the case.

import { Worker } from 'node:worker_threads';
import { fixtureEngine } from '../fixture-hives.ts';
import { isRefusal } from './hive-targets.ts';
import { type Below, random } from './random.ts';

export interface FuzzTarget {
  readonly name: string;
  /** Of how many cases one goes to it, in proportion to the others. */
  readonly share: number;
  run(below: Below): void;
}

export interface FuzzFailure {
  readonly target: string;
  readonly seed: number;
  readonly text: string;
  /** How many cases failed at the same place; `seed` is the first's. */
  times: number;
}

export interface FuzzResult {
  readonly cases: number;
  /** By target: how many ended well, and how many with which code. */
  readonly outcomes: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly milliseconds: ReadonlyMap<string, number>;
  readonly failures: readonly FuzzFailure[];
  readonly slowest: { readonly target: string; readonly seed: number; readonly milliseconds: number };
  readonly largestBytes: number;
}

/** Of the processor, since the machine may be busy with others; a case takes some milliseconds. */
const BUDGET_MILLISECONDS = 5000;
/** By the clock. */
const HANG_MILLISECONDS = 120_000;
/** One array of a case, or the engine's memory: its inputs have some hundred KB. */
const MAX_ARRAY_BYTES = 128 * 1024 * 1024;
const MAX_FAILURES = 20;

const WATCHDOG = `
const { workerData: { heart, milliseconds } } = require('node:worker_threads');
let last = -1, since = Date.now();
setInterval(() => {
  const beat = Atomics.load(heart, 0);
  if (beat < 0) process.exit(0);
  if (beat !== last) { last = beat; since = Date.now(); return; }
  if (Date.now() - since < milliseconds) return;
  require('node:fs').writeSync(2, 'a case does not end: seed ' + (beat >>> 0) + '\\n');
  process.kill(process.pid, 'SIGKILL');
}, 1000);`;

/** Runs `cases` cases, or as many as `seconds` allow; case i has the seed `seed + i`. */
export function fuzz(
  targets: readonly FuzzTarget[],
  options: { seed: number; cases: number; seconds: number },
): FuzzResult {
  const heart = new Int32Array(new SharedArrayBuffer(4));
  const watchdog = new Worker(WATCHDOG, { eval: true, workerData: { heart, milliseconds: HANG_MILLISECONDS } });
  watchdog.unref();
  const memory = watchMemory();
  const outcomes = new Map<string, Map<string, number>>(targets.map(({ name }) => [name, new Map()]));
  const spent = new Map<string, number>();
  const failures: FuzzFailure[] = [];
  let slowest = { target: '', seed: 0, milliseconds: 0 };
  let largestBytes = 0;
  let cases = 0;
  const end = performance.now() + options.seconds * 1000;
  const shares = targets.flatMap((target) => Array.from({ length: target.share }, () => target));
  try {
    for (; cases < options.cases && failures.length < MAX_FAILURES && performance.now() < end; cases += 1) {
      const seed = (options.seed + cases) >>> 0;
      Atomics.store(heart, 0, seed & 0x7fff_ffff);
      const below = random(seed);
      const target = shares[below(shares.length)]!;
      memory.reset();
      const start = process.cpuUsage();
      const outcome = outcomeOf(target, below);
      const { user, system } = process.cpuUsage(start);
      const milliseconds = (user + system) / 1000;
      spent.set(target.name, (spent.get(target.name) ?? 0) + milliseconds);
      const bytes = memory.largestBytes();
      const fail = (text: string): void => {
        const alike = failures.find(
          (failure) => failure.target === target.name && placeOf(failure.text) === placeOf(text),
        );
        if (alike) alike.times += 1;
        else failures.push({ target: target.name, seed, text, times: 1 });
      };
      if (typeof outcome !== 'string') fail(textOf(outcome.error));
      if (milliseconds > BUDGET_MILLISECONDS) fail(`took ${Math.round(milliseconds)} ms of the processor`);
      if (bytes > MAX_ARRAY_BYTES) fail(`asked for ${bytes} bytes at once`);
      if (milliseconds > slowest.milliseconds) slowest = { target: target.name, seed, milliseconds };
      largestBytes = Math.max(largestBytes, bytes);
      const counts = outcomes.get(target.name)!;
      const name = typeof outcome === 'string' ? outcome : 'failed';
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  } finally {
    Atomics.store(heart, 0, -1);
    memory.stop();
  }
  return { cases, outcomes, milliseconds: spent, failures, slowest, largestBytes };
}

function outcomeOf(target: FuzzTarget, below: Below): string | { readonly error: unknown } {
  try {
    target.run(below);
    return 'well';
  } catch (error) {
    return isRefusal(error) ? error.code : { error };
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `\n  caused by ${textOf(error.cause)}` : '';
  return `${(error.stack ?? error.message).split('\n').slice(0, 8).join('\n')}${cause}`;
}

/** The frames nearest to a failure: failures that share them are one. */
function placeOf(text: string): string {
  const frames = text.split('\n').filter((line) => line.startsWith('    at '));
  return frames.length === 0 ? text.replace(/\d+/g, '') : frames.slice(0, 3).join('\n');
}

interface MemoryWatch {
  reset(): void;
  largestBytes(): number;
  stop(): void;
}

/** The largest array that is made, and the largest memory that the engine gives back. */
export function watchMemory(): MemoryWatch {
  const { Uint8Array: Plain, ArrayBuffer: PlainBuffer } = globalThis;
  let largest = 0;
  const note = (size: unknown): void => {
    if (typeof size === 'number' && size > largest) largest = size;
  };
  const watched = <T extends object>(Kind: T): T =>
    new Proxy(Kind, {
      construct: (kind, args, newTarget) => {
        note(args[0]);
        return Reflect.construct(kind as never, args, newTarget === proxyOf.get(kind) ? (kind as never) : newTarget);
      },
    });
  const proxyOf = new Map<object, unknown>();
  const WatchedArray = watched(Plain);
  const WatchedBuffer = watched(PlainBuffer);
  proxyOf.set(Plain, WatchedArray);
  proxyOf.set(PlainBuffer, WatchedBuffer);
  globalThis.Uint8Array = WatchedArray;
  globalThis.ArrayBuffer = WatchedBuffer;
  const engine = fixtureEngine();
  const release = engine.release.bind(engine);
  engine.release = (heap) => {
    note(heap.sizeBytes);
    release(heap);
  };
  return {
    reset: () => {
      largest = 0;
    },
    largestBytes: () => largest,
    stop: () => {
      globalThis.Uint8Array = Plain;
      globalThis.ArrayBuffer = PlainBuffer;
      Reflect.deleteProperty(engine, 'release');
    },
  };
}

/** The outcomes as a table, one target a line. */
export function tableOf({ outcomes, milliseconds }: FuzzResult): string {
  const lines = [...outcomes].map(([name, counts]) => {
    const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([outcome, count]) => `${count} ${outcome}`);
    const cases = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const mean = ((milliseconds.get(name) ?? 0) / Math.max(cases, 1)).toFixed(1);
    return `  ${name.padEnd(22)} ${mean.padStart(6)} ms  ${parts.join(', ')}`;
  });
  return lines.join('\n');
}
