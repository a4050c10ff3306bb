// What is said of a finding's code, for the docs.

export interface FindingNote {
  /** As it is raised; where it depends on what was found, all of them. */
  readonly severity: string;
  /** One sentence. */
  readonly means: string;
  /** The repair that fixes it; null: none does; left out: no repair is concerned. */
  readonly repair?: string | null;
}

export const note = (severity: string, means: string): FindingNote => ({ severity, means });

export const fault = (severity: string, repair: string | null, means: string): FindingNote => ({
  severity,
  repair,
  means,
});
