// What a pane waits for: an answer of the worker, asked for again when what it is about has changed.

import { type ComponentChild, h } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { printable } from '../base/text.ts';
import { Refused, Stopped } from './asking.ts';

export type Answer<T> = { readonly value: T } | { readonly problem: string; again(): void } | null;

/** Null until it is there. */
export function useAnswer<T>(ask: (signal: AbortSignal) => Promise<T>, inputs: readonly unknown[]): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const ending = new AbortController();
    const fail = (problem: string): void =>
      setAnswer({
        problem,
        again: () => {
          setAnswer(null);
          setAttempt(attempt + 1);
        },
      });
    ask(ending.signal).then(
      (value) => {
        if (!ending.signal.aborted) setAnswer({ value });
      },
      (error: unknown) => {
        if (ending.signal.aborted) return;
        if (error instanceof Stopped) return fail('Stopped.');
        fail(error instanceof Error ? error.message : String(error));
        if (!(error instanceof Refused)) throw error;
      },
    );
    return () => ending.abort();
  }, [...inputs, attempt]);
  return answer;
}

/** In the place of an answer that is not there. */
export function NoAnswer({
  answer,
  reading,
}: {
  readonly answer: Answer<unknown>;
  readonly reading: string;
}): ComponentChild {
  if (answer === null) return h('p', { role: 'status' }, reading);
  if (!('problem' in answer)) return null;
  return h(
    'p',
    { role: 'alert' },
    printable(answer.problem),
    ' ',
    h('button', { type: 'button', onClick: answer.again }, 'Try again'),
  );
}
