// docs/repairs.md, made from the repairs and the checks, so that it cannot say anything else than the code does.

import { CHECKS } from '../../src/repairs/diagnose.ts';
import { REPAIRS } from '../../src/repairs/fixes/index.ts';
import { LINKS, type Repair, type WriteNote } from '../../src/repairs/model.ts';
import { PROFILES } from '../../src/repairs/profiles.ts';
import { grouped } from './group.ts';

const HEAD = `# Repairs

Made from the repairs themselves (\`src/repairs/\`); do not edit. \`hivemend diagnose\` says which of them a disk needs,
\`hivemend repair --only <name>\` makes one. {CS} stands for each control set that is worked on.

By default a value that is good enough already stays. \`--as-published\` writes the published article's numbers to the letter.

What a repair writes is listed by place: the name, what is written, and when it is written, by what is there before. A source is
named where it is another than the articles of the repair: "?" is a fact that could not be confirmed, "RA" the offline script of
Azure's repair extension.
`;

const EXAMPLE = `\`\`\`json
{
  "schema": 1,
  "name": "ours",
  "repairs": ["tls", "nla"],
  "fixes": ["rdp-listener", "rdp-firewall", "rdp-services"],
  "options": { "serial": "ems" },
  "values": [
    {
      "hive": "SYSTEM",
      "key": "{CS}\\\\Control\\\\Terminal Server",
      "name": "KeepAliveEnable",
      "type": "REG_DWORD",
      "data": 1,
      "why": "Our proxies drop idle connections."
    }
  ]
}
\`\`\``;

const code = (text: string): string => `\`${text}\``;

/** A list for each place; places where the same is written share one. */
function writes(notes: readonly WriteNote[]): string {
  const items = grouped(notes, ({ where }) => where);
  const places = grouped(items.keys(), (where) => items.get(where)!.map(item).join('\n'));
  return [...places].map(([list, where]) => `${where.map(code).join(', ')}:\n\n${list}`).join('\n\n');
}

function item({ name, data, when, security, source }: WriteNote): string {
  const effect = security === null ? '' : ` ${security === 'lowers' ? 'Lowers' : 'Raises'} security.`;
  const other = source === undefined || source === 'article' ? '' : ` Source: ${source}.`;
  return `- ${code(name)}: ${code(data)}. When: ${when}.${effect}${other}`;
}

function repairSection(repair: Repair): string {
  const afterBoot =
    repair.afterBoot.length === 0
      ? ''
      : `\nOn the running Windows, afterwards: ${repair.afterBoot.map((line) => `\`${line}\``).join(', ')}.\n`;
  return `## ${repair.name}

To ${repair.title}. Helps: ${repair.certainty}. Article: ${repair.article}.

${repair.about}

${writes(repair.writes)}
${afterBoot}`;
}

function profileRows(): string {
  return Object.values(PROFILES)
    .map(
      ({ name, title, sets, fixes }) =>
        `- **${name}**: ${title}. ${sets.length === 0 ? '' : `Sets: ${sets.join(', ')}. `}Fixes: ${fixes.join(', ')}.`,
    )
    .join('\n');
}

function checkRows(): string {
  return LINKS.map((link) => {
    const isHere = (repair: Repair): boolean =>
      repair.link === link || (link === 'remote-desktop' && repair.name === 'rdp-listener');
    const repairs = REPAIRS.filter(isHere).map((repair) => repair.name);
    const articles = CHECKS.filter((check) => check.link === link).map(
      (check) => `${check.article}${check.certainty === 'uncertain' ? ' (uncertain)' : ''}`,
    );
    return `| ${link} | ${repairs.join(', ')} | ${[...new Set(articles)].join(', ')} |`;
  }).join('\n');
}

/** The whole of docs/repairs.md. */
export function repairsMarkdown(): string {
  return `${HEAD}
## Profiles

"Sets" is made always, "fixes" only where the repair finds its own cause. \`--needed\` skips what fixes nothing. A profile of your own is a JSON file (\`docs/profile.schema.json\` is its schema): \`--profile ./mine.json\`, or \`--profile mine\` for \`/etc/hivemend/profiles.d/mine.json\`.

${profileRows()}

${EXAMPLE}

## The checks of diagnose

| check | repairs that fix it | looked at besides, from article |
|---|---|---|
${checkRows()}

${REPAIRS.map(repairSection).join('\n')}`;
}
