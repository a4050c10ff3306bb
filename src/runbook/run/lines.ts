// What became of each line of a script: every non-empty line of every block ends in exactly one state.

import type { Change } from '../../registry/edit.ts';
import type { Block } from '../lint/runbook.ts';
import { unshield } from '../parse/placeholder.ts';
import { statementsOf } from '../parse/powershell/walk.ts';
import type { Recorder } from './recorder.ts';
import type { Step } from './step.ts';

export type LineState = 'done' | 'noChange' | 'onWindows' | 'skipped' | 'notUnderstood';

export interface LineResult {
  readonly block: number;
  readonly line: number;
  readonly text: string;
  readonly state: LineState;
  /** Its tool ended with an error; counted as skipped. */
  readonly isFailed: boolean;
  readonly why: string;
  /** As it was run, where it was. */
  readonly effective: string | null;
  readonly changes: readonly Change[];
  /** What its commands print, of those that answer a question. */
  readonly answer: string;
}

export interface Tally {
  readonly lines: number;
  readonly done: number;
  readonly noChange: number;
  readonly onWindows: number;
  readonly skipped: number;
  readonly notUnderstood: number;
  /** Of the skipped ones, those whose tool ended with an error. */
  readonly failed: number;
}

const COMMENT = /^\s*(?:@?rem\b|::|#|:[\w-]+\s*$|@?echo\s+(?:on|off)\s*$)/i;
const STRUCTURE =
  /^[\s(){}[\];,@&|"']*(?:(?:else|try|finally|do|begin|process|end|param|catch)\b)?[\s(){}[\];,]*(?:\[[\w.\]\s[]*)?[\s(){}]*$/i;

/** A line of a param() block. */
const PARAMETER =
  /^\s*(?:(?:\[\w+\([^)]*\)\]\s*)*param\s*\(.*\)\s*$|\[(?:CmdletBinding|Parameter|Validate\w+|Alias|OutputType|Allow\w+)\b.*|(?:\[[^\]]*(?:\([^)]*\))?\]\s*)+\$\w+\s*(?:=.*)?,?\s*\)?\s*)$/i;

/** The lines of blocks that are run. */
export function lineResults(blocks: readonly Block[], recorder: Recorder): LineResult[] {
  return blocks.flatMap((block) => {
    const steps = stepsByLine(recorder.steps.filter((step) => step.block === block.number));
    const comments = commentLines(block);
    const claimed = claimedLines(block);
    const results: LineResult[] = [];
    for (const [i, { text, line }] of block.lines.entries()) {
      if (text.trim() === '') continue;
      const base = { block: block.number, line, text: unshield(text.trimEnd()) };
      const own = steps.get(line);
      if (own) results.push({ ...base, ...resultOf(own, line) });
      else {
        const next = block.lines.slice(i + 1).find((other) => other.text.trim() !== '');
        const isReached =
          recorder.isReached(line) ||
          (/[{(]\s*$/.test(text) && next !== undefined && (recorder.isReached(next.line) || steps.has(next.line)));
        const isComment =
          comments.has(line) ||
          COMMENT.test(text) ||
          STRUCTURE.test(text) ||
          (block.dialect === 'powershell' && PARAMETER.test(text));
        if (isReached || isComment) results.push({ ...base, ...QUIET, state: 'noChange' });
        else if (claimed.has(line))
          results.push({ ...base, ...QUIET, state: 'skipped', why: 'its turn does not come' });
        else results.push({ ...base, ...QUIET, state: 'notUnderstood', why: 'this line is not read' });
      }
    }
    return results;
  });
}

const QUIET = { isFailed: false, why: '', effective: null, changes: [], answer: '' } as const;

/** The lines of blocks that are not run. */
export function leftOutLines(block: Block, why: string): LineResult[] {
  return block.lines
    .filter(({ text }) => text.trim() !== '')
    .map(({ text, line }) => ({
      block: block.number,
      line,
      text: unshield(text.trimEnd()),
      ...QUIET,
      state: 'skipped',
      why,
    }));
}

export function tallyOf(lines: readonly LineResult[]): Tally {
  const count = (state: LineState): number => lines.filter((line) => line.state === state).length;
  return {
    lines: lines.length,
    done: count('done'),
    noChange: count('noChange'),
    onWindows: count('onWindows'),
    skipped: count('skipped'),
    notUnderstood: count('notUnderstood'),
    failed: lines.filter(({ isFailed }) => isFailed).length,
  };
}

function stepsByLine(steps: readonly Step[]): Map<number, Step[]> {
  const found = new Map<number, Step[]>();
  for (const step of steps) {
    for (let line = step.at.line; line <= step.endLine; line += 1) found.set(line, [...(found.get(line) ?? []), step]);
  }
  return found;
}

/** One state of several steps: what is not understood is told first, then what failed, and so on. */
function resultOf(steps: readonly Step[], line: number): Omit<LineResult, 'block' | 'line' | 'text'> {
  const first = (state: Step['state']): Step | undefined => steps.find((step) => step.state === state);
  const changes = steps.filter((step) => step.at.line === line).flatMap((step) => step.changes);
  const ran = steps.filter((step) => step.state === 'done');
  const answer = ran
    .filter(({ effective }) => /^\S*reg(?:\.exe)?"?\s+query|\/enum\b/i.test(effective))
    .map(({ output }) => output)
    .join('');
  const bad = first('notUnderstood');
  const common = { isFailed: false, changes, answer };
  if (bad) return { ...common, state: 'notUnderstood', why: bad.why, effective: bad.effective };
  const failed = first('failed');
  if (failed) return { ...common, state: 'skipped', isFailed: true, why: failed.why, effective: failed.effective };
  const windows = first('onWindows');
  if (windows) return { ...common, state: 'onWindows', why: windows.why, effective: windows.effective };
  const shown = ran.find((step) => step.changes.length > 0) ?? ran[0];
  if (changes.length > 0 || ran.some((step) => step.changes.length > 0)) {
    return { ...common, state: 'done', why: shown?.why ?? '', effective: shown?.effective ?? null };
  }
  const skipped = first('skipped');
  if (skipped) return { ...common, state: 'skipped', why: skipped.why, effective: skipped.effective };
  return { ...common, state: 'noChange', why: shown?.why ?? '', effective: shown?.effective ?? null };
}

/** Lines inside `<# #>`. */
function commentLines({ lines, dialect }: Block): Set<number> {
  const found = new Set<number>();
  if (dialect !== 'powershell') return found;
  let isInside = false;
  for (const { text, line } of lines) {
    if (!isInside && /<#/.test(text)) isInside = true;
    if (isInside) found.add(line);
    if (isInside && /#>/.test(text)) isInside = false;
  }
  return found;
}

/** Lines that belong to a statement, or to the parameters before the first one. */
function claimedLines({ parts, lines }: Block): Set<number> {
  const found = new Set<number>();
  const claim = (first: number, last: number): void => {
    for (let line = first; line <= last; line += 1) found.add(line);
  };
  for (const part of parts) {
    if (part.dialect === 'cmd') for (const { first, last } of part.script.statements) claim(first, last);
    if (part.dialect !== 'powershell') continue;
    const statements = statementsOf(part.script);
    if (part.script.params) claim(lines[0]?.line ?? 1, statements[0]?.at.line ?? lines.at(-1)?.line ?? 1);
    for (const { at, endLine } of statements) claim(at.line, endLine);
  }
  return found;
}
