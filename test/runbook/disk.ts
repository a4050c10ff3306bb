// Runs scripts on folders that hold the fixtures' hives, in this process.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Host, thisHost } from '../../src/host.ts';
import { idOf } from '../../src/render/sarif.ts';
import { lintRunbook } from '../../src/runbook/lint/linter.ts';
import { badNodes, readRunbook } from '../../src/runbook/lint/runbook.ts';
import { unshield } from '../../src/runbook/parse/placeholder.ts';
import { lineOf } from '../../src/runbook/parse/words.ts';
import type { RunRequest } from '../../src/runbook/run/request.ts';
import { type PreparedRun, prepareRun } from '../../src/runbook/run/run.ts';
import { type DiskFiles, makeDisk, put, scratch } from '../cli/process.ts';

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** 'line:column rule' of each finding. */
export function lint(text: string, name = 'fix.cmd'): string[] {
  return lintRunbook(name, bytes(text)).map(
    (finding) => `${finding.where.line}:${finding.where.column} ${idOf(finding)}`,
  );
}

/** The lines as they are run; what is not run is led by its verdict. */
export function effective(text: string, name = 'fix.cmd'): string[] {
  return readRunbook(name, bytes(text)).blocks.flatMap((block) => [
    ...badNodes(block).map((node) => `unresolved: ${unshield('source' in node ? String(node.source) : '')}`),
    ...block.commands.map(
      (command) => `${command.verdict === 'run' ? '' : `${command.verdict}: `}${unshield(lineOf(command.words))}`,
    ),
  ]);
}

export interface TestDisk {
  readonly windows: string;
  readonly esp: string | null;
}

/** A BIOS disk; `esp` puts the store on a second volume, as Gen2 machines have it. */
export function disk(files: DiskFiles & { readonly esp?: boolean } = {}): TestDisk {
  const { esp: isGen2 = false, ...rest } = files;
  const windows = makeDisk(isGen2 ? { ...rest, BCD: null } : rest);
  const esp = isGen2 ? scratch() : null;
  if (esp !== null) put(esp, 'EFI/Microsoft/Boot/BCD', 'BCD-uefi');
  return { windows, esp };
}

/** Puts a plain file on a volume. */
export function file(root: string, path: string, content: string): void {
  const place = join(root, ...path.split('/'));
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, content);
}

export type RunOptions = Partial<Omit<RunRequest, 'bytes'>>;

/** Prepares a run with F: on the Windows volume; the caller disposes of `prepared`. */
export function run(text: string, on: TestDisk, options: RunOptions = {}, host: Host = thisHost()): PreparedRun {
  return prepareRun(host, {
    name: 'fix.cmd',
    bytes: bytes(text),
    drives: [`F:=${on.windows}`],
    volumes: on.esp === null ? [] : [on.esp],
    partitions: [],
    sections: [],
    blocks: [],
    withLiveBlocks: false,
    isVerbatim: false,
    isCmdExpansion: false,
    isStrict: false,
    skipUnresolved: false,
    ...options,
  });
}

/** 'SYSTEM\\key name = REG_DWORD 1' and the like, of everything that a run would change. */
export function changesOf(ready: PreparedRun): string[] {
  return ready.prepared.changes.map(({ edit }) => {
    if (!('key' in edit)) return `${edit.op} ${edit.path}${'to' in edit ? ` -> ${edit.to}` : ''}`;
    const key = [edit.key.hive, ...edit.key.path].join('\\');
    if (edit.op === 'set-value') return `${key} ${edit.name} = ${edit.value.type}:${edit.value.hex}`;
    if (edit.op === 'delete-value') return `${key} ${edit.name} deleted`;
    return `${edit.op} ${key}`;
  });
}

/** Changes and refusal of a run, with everything released. */
export function tried(
  text: string,
  on: TestDisk,
  options: RunOptions = {},
): { changes: string[]; refusal: string | null; states: string[]; outputs: string[]; ready: PreparedRun } {
  const ready = run(text, on, options);
  try {
    return {
      changes: changesOf(ready),
      refusal: ready.refusal?.code ?? null,
      states: ready.steps.map((step) => `${step.at.line} ${step.state}${step.rule === null ? '' : ` ${step.rule}`}`),
      outputs: ready.steps.map((step) => step.output),
      ready,
    };
  } finally {
    ready.prepared[Symbol.dispose]();
  }
}
