// What a run remembers: a step for each line that was reached, and remarks that arose on the way. Bounded by a budget.

import { RefusedError } from '../../base/errors.ts';
import type { Remark, RuleId } from '../lint/rules.ts';
import { unshield } from '../parse/placeholder.ts';
import type { Position, Span } from '../parse/script.ts';
import type { Step, StepState } from './step.ts';

/** Commands and turns of loops that one script may take. */
const MOST_STEPS = 20_000;

export class Recorder {
  readonly steps: Step[] = [];
  readonly remarks: Remark[] = [];
  /** What each block wants at each place. */
  readonly wanted = new Map<number, Map<string, string>>();
  /** The block that is run now. */
  block = 0;
  /** Lines that were reached, those that are no command among them. */
  private readonly reached = new Set<number>();
  private count = 0;

  /** @throws RefusedError LIMIT for a script that seems never to end */
  spend(at: Position): void {
    this.count += 1;
    if (this.count <= MOST_STEPS) return;
    throw new RefusedError(
      'LIMIT',
      `the script still runs after ${MOST_STEPS} steps, at line ${at.line}; it may never end`,
      {
        hint: 'hivemend lint shows its lines',
      },
    );
  }

  /** Remembers a remark once. */
  remark(remark: Remark): void {
    const isKnown = this.remarks.some((other) => other.rule === remark.rule && other.line === remark.line);
    if (!isKnown) this.remarks.push(remark);
  }

  /** A statement that does nothing to the disk was reached. */
  touch({ at, endLine }: Span): void {
    for (let line = at.line; line <= endLine; line += 1) this.reached.add(line);
  }

  isReached(line: number): boolean {
    return this.reached.has(line);
  }

  /** A line that is not understood, or that depends on one. */
  refuse(span: Span, source: string, rule: RuleId, why: string): void {
    const last = this.steps.at(-1);
    if (last?.state === 'notUnderstood' && last.at.line === span.at.line && last.why === why) return;
    this.push(span, source, source, { state: 'notUnderstood', rule, why });
  }

  push(span: Span, source: string, effective: string, rest: Partial<Step> & { readonly state: StepState }): void {
    const rule: RuleId | null = rest.rule ?? null;
    this.touch(span);
    this.steps.push({
      block: this.block,
      at: span.at,
      endLine: Math.max(span.at.line, span.endLine),
      source: unshield(source),
      effective: unshield(effective),
      why: '',
      exitCode: 0,
      output: '',
      changes: [],
      ...rest,
      rule,
    });
  }

  /** What the block wants at each place, for alternatives. */
  want(places: ReadonlyMap<string, string>): void {
    const wanted = this.wanted.get(this.block) ?? new Map<string, string>();
    for (const [place, value] of places) wanted.set(place, value);
    this.wanted.set(this.block, wanted);
  }
}
