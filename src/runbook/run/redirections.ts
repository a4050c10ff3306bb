// Where a command's output goes: pipes, files of the disk, listings.

import { HivemendError } from '../../base/errors.ts';
import { unkept, unknownIn } from '../parse/marks.ts';
import { unshield } from '../parse/placeholder.ts';
import type { Redirect } from '../parse/script.ts';
import { listingBytes } from '../tools/icacls-command.ts';
import type { OfflineSystem } from '../tools/offline-system.ts';
import type { Recorder } from './recorder.ts';
import { ToolFailure, Unresolved } from './unresolved.ts';

/** What flows through a pipe. */
export interface Streams {
  stdout: string;
  stderr: string;
  /** Null without a pipe. */
  readonly input: string | null;
}

export interface RedirectionContext {
  readonly system: OfflineSystem;
  readonly recorder: Recorder;
  expanded(text: string): string;
}

/** Runs `body` with streams of its own where it is redirected, and writes what they bring. */
export function redirected(
  redirects: readonly Redirect[],
  streams: Streams,
  context: RedirectionContext,
  body: (inner: Streams) => void,
): void {
  if (redirects.length === 0) {
    body(streams);
    return;
  }
  const inner: Streams = { stdout: '', stderr: '', input: streams.input };
  const from = context.recorder.steps.length;
  body(inner);
  const isDone = context.recorder.steps.slice(from).every((step) => step.state === 'done' || step.state === 'failed');
  const isUnknown = unknownIn(inner.stdout) !== null;
  if (!isDone && (inner.stdout === '' || isUnknown) && inner.stderr === '') {
    if (redirects.every(({ handle, mode }) => handle !== 1 || mode === 'dup')) streams.stdout += inner.stdout;
    return;
  }
  if (redirects.some(({ handle, mode }) => handle === 2 && mode === 'dup')) {
    inner.stdout += inner.stderr;
    inner.stderr = '';
  }
  for (const redirect of redirects) {
    if (redirect.mode === 'dup' || redirect.mode === 'read') continue;
    const text = redirect.handle === 2 ? inner.stderr : inner.stdout;
    if (redirect.handle === 2) inner.stderr = '';
    else inner.stdout = '';
    writeListing(redirect, text, context);
  }
  streams.stdout += inner.stdout;
  streams.stderr += inner.stderr;
}

function writeListing(redirect: Redirect, text: string, { system, recorder, expanded }: RedirectionContext): void {
  const from = system.session.changes.length;
  const target = expanded(redirect.target.text).replaceAll('"', '').trim();
  const show = `> ${unshield(target)}`;
  const span = { at: redirect.target.at, endLine: redirect.target.at.line };
  try {
    system.files.write(target, listingBytes(unkept(text).replace(/\r?\n/g, '\r\n')), redirect.mode === 'append');
  } catch (error) {
    // cmd.exe says why it cannot open what the output was to go to, and runs the line no further.
    if (error instanceof ToolFailure) {
      recorder.push(span, show, show, { state: 'failed', rule: 'line-failed', why: error.message });
      return;
    }
    if (!(error instanceof Unresolved) && !(error instanceof HivemendError)) throw error;
    const rule = error instanceof Unresolved ? error.rule : 'cannot-be-bound';
    recorder.refuse(span, show, rule, error.message);
    return;
  }
  const changes = system.session.changes.slice(from);
  if (changes.length > 0) recorder.push(span, show, show, { state: 'done', changes });
}
