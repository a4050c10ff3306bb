// Text whose characters know where they stand in the script, through every replacement of a variable.

export interface Traced {
  readonly text: string;
  /** For each character the index in the block's text that it came from. */
  readonly origins: readonly number[];
}

/** `text` as it stands in a block from `start` on. */
export function traced(text: string, start = 0): Traced {
  return { text, origins: Array.from({ length: text.length }, (_, i) => start + i) };
}

/** Builds traced text piece by piece. */
export class TracedText {
  private text = '';
  private readonly origins: number[] = [];

  /** One character that stays. */
  keep(from: Traced, index: number): void {
    this.text += from.text[index]!;
    this.origins.push(from.origins[index]!);
  }

  /** What stands in the place of the character at `index`. */
  put(text: string, from: Traced, index: number): void {
    this.text += text;
    const origin = from.origins[index] ?? 0;
    for (let i = 0; i < text.length; i += 1) this.origins.push(origin);
  }

  done(): Traced {
    return { text: this.text, origins: this.origins };
  }
}
