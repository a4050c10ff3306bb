// Findings of lint as SARIF 2.1.0, for code hosts and editors.

import type { Finding } from '../base/finding.ts';
import { TOOL } from '../report.ts';
import { RULES } from '../runbook/lint/rules.ts';

const LEVELS = { info: 'note', warning: 'warning', error: 'error' } as const;

/** One run of this version. */
export function sarif(findings: readonly Finding[]): string {
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'hivemend lint', version: TOOL.version, rules: RULES.map(ruleOf) } },
        results: findings.map(resultOf),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function ruleOf(rule: (typeof RULES)[number]): object {
  return {
    id: rule.id,
    shortDescription: { text: rule.title },
    fullDescription: { text: rule.what },
    help: { text: `docs/runbooks.md#${rule.id}` },
    defaultConfiguration: { level: LEVELS[rule.severity] },
  };
}

function resultOf(finding: Finding): object {
  const { file, line = 1, column = 1 } = finding.where;
  return {
    ruleId: idOf(finding),
    level: LEVELS[finding.severity],
    message: { text: finding.text },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: file.replaceAll('\\', '/') },
          region: { startLine: line, startColumn: column },
        },
      },
    ],
  };
}

/** The rule's id: 'cut-line' of CUT_LINE. */
export function idOf(finding: Finding): string {
  return finding.code.toLowerCase().replaceAll('_', '-');
}
