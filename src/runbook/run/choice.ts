// Which blocks of a runbook are run.

import { RefusedError, UsageError } from '../../base/errors.ts';
import { isOfCurrentUser } from '../../compat/reg/user-profiles.ts';
import type { Block, Runbook } from '../lint/runbook.ts';
import type { Recorder } from './recorder.ts';
import type { RunRequest } from './request.ts';

/** A block that is not run, and why. */
export interface LeftOut {
  readonly block: Block;
  readonly why: string;
}

/** Those that name the disk, in order; or those that were asked for. */
export function chooseBlocks(runbook: Runbook, request: RunRequest): { chosen: Block[]; leftOut: LeftOut[] } {
  const chosen: Block[] = [];
  const leftOut: LeftOut[] = [];
  const inSection = (block: Block): boolean =>
    request.sections.length === 0 ||
    request.sections.some((wanted) =>
      block.section.some((title) => title.toLowerCase().includes(wanted.toLowerCase())),
    );
  for (const number of request.blocks) {
    if (runbook.blocks.every((block) => block.number !== number)) {
      throw new UsageError('BAD_ARGUMENT', `--block ${number} is not there, expected 1 to ${runbook.blocks.length}`, {
        hint: `hivemend lint ${request.name}`,
      });
    }
  }
  if (request.sections.length > 0 && !runbook.blocks.some(inSection)) {
    throw new UsageError('BAD_ARGUMENT', `no section of ${request.name} is called ${request.sections.join(' or ')}`);
  }
  for (const block of runbook.blocks) {
    if (!inSection(block) || (request.blocks.length > 0 && !request.blocks.includes(block.number)))
      leftOut.push({ block, why: 'not asked for' });
    else if (block.place === 'other') leftOut.push({ block, why: 'not a script' });
    else if (block.place === 'live' && !request.withLiveBlocks && !(request.allUsers && isOfUsers(block)))
      leftOut.push({ block, why: 'for the running system (--live-blocks runs it on the disk)' });
    else chosen.push(block);
  }
  return { chosen, leftOut };
}

/** The machine that runs a block is named by keys of its user alone. */
function isOfUsers({ commands }: Block): boolean {
  return commands
    .filter(({ place }) => place === 'live')
    .every(({ words }) => words.some(({ text }) => isOfCurrentUser(text.replace(/^Registry::/i, ''))));
}

/** Two blocks that want one value differently are alternatives, unless a person named both. */
export function alternatives(recorder: Recorder, chosen: readonly Block[], request: RunRequest): RefusedError | null {
  if (request.blocks.length > 1) return null;
  const seen = new Map<string, { block: number; value: string }>();
  for (const block of chosen) {
    for (const [place, value] of recorder.wanted.get(block.number) ?? []) {
      const earlier = seen.get(place);
      if (!earlier) seen.set(place, { block: block.number, value });
      else if (earlier.value !== value && earlier.block !== block.number) {
        const name = place.replace('\\\\', '\\');
        return new RefusedError(
          'AMBIGUOUS',
          `blocks ${earlier.block} and ${block.number} set ${name} differently, so they are alternatives; expected one of them to be chosen`,
          {
            hint: `--block ${earlier.block}   or: --block ${block.number}   (both, in this order: --block ${earlier.block} --block ${block.number})`,
            data: { blocks: [earlier.block, block.number], place: name },
          },
        );
      }
    }
  }
  return null;
}
