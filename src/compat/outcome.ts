/** What a command of the originals' grammars gives back: their exit code and their text, with '\n' at the ends of lines. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}
