// Every file of the documentation that is made, and what makes it.

import { commandsMarkdown } from './commands-markdown.ts';
import { bashCompletion, fishCompletion, powershellCompletion, zshCompletion } from './completions.ts';
import { errorsMarkdown } from './errors-markdown.ts';
import { findingsMarkdown } from './findings-markdown.ts';
import { manPage } from './man-page.ts';
import { profileSchema } from './profile-schema.ts';
import { repairsMarkdown } from './repairs-markdown.ts';
import { planSchema, reportSchema } from './schemas.ts';
import { startMarkdown } from './start-markdown.ts';

/** Path in the repository to content. */
export function pages(): Readonly<Record<string, string>> {
  return {
    'docs/commands.md': commandsMarkdown(),
    'docs/errors.md': errorsMarkdown(),
    'docs/findings.md': findingsMarkdown(),
    'docs/it-does-not-start.md': startMarkdown(),
    'docs/profile.schema.json': json(profileSchema()),
    'docs/repairs.md': repairsMarkdown(),
    'docs/schemas/plan.schema.json': json(planSchema()),
    'docs/schemas/report.schema.json': json(reportSchema()),
    'man/hivemend.1': manPage(),
    'completions/hivemend.bash': bashCompletion(),
    'completions/_hivemend': zshCompletion(),
    'completions/hivemend.fish': fishCompletion(),
    'completions/hivemend.ps1': powershellCompletion(),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
