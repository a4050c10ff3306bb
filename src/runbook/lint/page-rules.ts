// Rules that look at more than one command: blocks whose fence lies, hives that nobody loads, steps that say they check.

import { upcase } from '../../base/text.ts';
import { commandsIn } from '../parse/nodes.ts';
import { unshield } from '../parse/placeholder.ts';
import type { CommandNode } from '../parse/script.ts';
import { namesSetBy, unsetNames } from '../parse/variable-names.ts';
import type { CheckedCommand } from './checked-command.ts';
import type { Remark, RuleId } from './rules.ts';
import { type Block, badNodes, type Runbook } from './runbook.ts';

/** Lines of a block that is not meant for a disk may be anything. */
const ONLY_OFFLINE: ReadonlySet<RuleId> = new Set(['unknown-command', 'powershell', 'bad-syntax', 'cut-line']);

/** Everything that is to be said of one block. */
export function blockRemarks(block: Block): Remark[] {
  if (block.place === 'other') return [];
  const remarks = block.remarks.filter((remark) => block.place !== 'live' || !ONLY_OFFLINE.has(remark.rule));
  return [
    ...remarks,
    ...unread(block),
    ...elsewhere(block),
    ...liveLines(block),
    ...labels(block),
    ...variables(block),
    ...fence(block),
    ...checks(block),
    ...listings(block),
  ];
}

function unread(block: Block): Remark[] {
  if (block.place === 'live') return [];
  return badNodes(block).map(({ rule, at, why }) => ({ rule, ...at, text: `${unshield(why)}.` }));
}

/** The block's commands of cmd.exe. */
function cmdNodes(block: Block): CommandNode[] {
  return block.parts.flatMap((part) =>
    part.dialect === 'cmd' ? [...commandsIn(part.script.statements.map(({ node }) => node))] : [],
  );
}

function elsewhere(block: Block): Remark[] {
  return block.commands
    .filter((command) => command.verdict === 'elsewhere')
    .map((command) => ({
      rule: 'run-elsewhere' as const,
      ...command.at,
      text: `${unshield(command.words[0]!.text)} needs a running Windows; it is listed and not run.`,
    }));
}

function liveLines(block: Block): Remark[] {
  if (block.place !== 'offline') return [];
  return block.commands
    .filter((command) => command.place === 'live' && command.verdict === 'run')
    .map((command) => ({
      rule: 'live-line' as const,
      ...command.at,
      text: 'The line names the machine that runs it, among lines for an attached disk.',
    }));
}

function labels(block: Block): Remark[] {
  const known = new Set(
    block.parts.flatMap((part) =>
      part.dialect === 'cmd'
        ? part.script.statements.flatMap(({ node }) => (node.kind === 'label' ? [node.name] : []))
        : [],
    ),
  );
  return block.commands.flatMap((command): Remark[] => {
    const label = command.words[1]?.text.replace(/^:/, '').toLowerCase();
    const isJump = command.tool === 'goto' || (command.tool === 'call' && command.words[1]?.text.startsWith(':'));
    if (!isJump || label === undefined || label === 'eof' || known.has(label) || label.includes('%')) return [];
    return [{ rule: 'not-found-label', ...command.at, text: `There is no label :${label}.` }];
  });
}

/** Variables that nobody sets, outside of data that reg stores. */
function variables(block: Block): Remark[] {
  if (block.dialect !== 'cmd') return [];
  // In a subroutine the arguments are those of its call.
  const hasCalls = block.commands.some(({ tool, words }) => tool === 'call' && words[1]?.text.startsWith(':'));
  const known = new Set(cmdNodes(block).flatMap(({ text }) => namesSetBy(text).map((name) => upcase(name.trim()))));
  const remarks: Remark[] = [];
  for (const node of cmdNodes(block)) {
    if (/^(?:echo|rem|set)\b/i.test(node.text)) continue;
    for (const word of node.words) {
      for (const unset of unsetNames(word.text, known)) {
        if (/^~?[a-z]*0$/i.test(unset) || (hasCalls && /^~?[a-z]*[1-9*]$/i.test(unset))) continue;
        remarks.push({
          rule: 'unset-variable',
          ...word.at,
          text: `%${unset}${/^[0-9*~]/.test(unset) ? '' : '%'} is never set in this script.`,
        });
      }
    }
  }
  return remarks;
}

function fence(block: Block): Remark[] {
  const [first] = block.lines;
  if (!first || block.fence === null) return [];
  if (block.fence === 'inline')
    return [{ rule: 'inline-code', line: first.line, column: first.column, text: 'The step is given as inline code.' }];
  const says = /^(?:powershell|ps|ps1|pwsh|azurepowershell\S*)$/.test(block.fence)
    ? 'powershell'
    : /^(?:cmd|console|bat|batch|dos)$/.test(block.fence)
      ? 'cmd'
      : null;
  const remLine = block.lines.find((line) => /^\s*rem\s/i.test(line.text));
  const isLie = says !== null && (says !== block.dialect || (says === 'powershell' && remLine !== undefined));
  if (
    !isLie ||
    block.commands.every((command) => command.tool !== 'reg' && command.tool !== 'bcdedit' && command.verdict !== 'run')
  )
    return [];
  return [
    {
      rule: 'fence-language',
      line: first.line,
      column: first.column,
      text: `The block says ${block.fence} and is ${block.dialect === 'cmd' ? 'cmd.exe' : 'PowerShell'}.`,
    },
  ];
}

const SAYS_CHECK =
  /\b(?:check|verify|see|query|determine|find out|controleer|controleren|überprüfen|vérifie[rz]|comprueb[ae])\b/i;
const SAYS_SET = /\b(?:enable|disable|set|change|configure|fix|restore|turn|modify|schakel|inschakelen|wijzig)/i;

/** The prose before a block speaks of a check, and its lines write. */
function checks(block: Block): Remark[] {
  if (
    block.place !== 'offline' ||
    !SAYS_CHECK.test(block.lead) ||
    SAYS_SET.test(block.lead.replace(/enabled|disabled/gi, ''))
  )
    return [];
  const writer = block.commands.find(
    (command) =>
      command.tool === 'reg' && /^(?:add|delete)$/i.test(command.words[1]?.text ?? '') && command.verdict === 'run',
  );
  if (!writer) return [];
  return [
    {
      rule: 'check-that-writes',
      ...writer.at,
      text: `The text before it says '${block.lead.slice(0, 80)}', and the line writes.`,
    },
  ];
}

/** md F:\temp, and a listing that goes to c:\temp. */
function listings(block: Block): Remark[] {
  const made = block.commands.flatMap((command) =>
    /^(?:md|mkdir)$/.test(command.tool) ? [command.words[1]?.text ?? ''] : [],
  );
  const remarks: Remark[] = [];
  for (const node of cmdNodes(block)) {
    for (const { mode, target } of node.redirects) {
      if (mode !== 'write' && mode !== 'append') continue;
      const folder = target.text.slice(0, target.text.lastIndexOf('\\'));
      const other = made.find(
        (path) =>
          path.slice(1).toLowerCase() === folder.slice(1).toLowerCase() &&
          path[0]?.toLowerCase() !== folder[0]?.toLowerCase(),
      );
      if (other !== undefined)
        remarks.push({
          rule: 'listing-elsewhere',
          ...target.at,
          text: `${other} is made, and the listing goes to ${target.text}.`,
        });
    }
  }
  return remarks.slice(0, 1);
}

/** What is to be said of the page as a whole: hives over block boundaries. */
export function pageRemarks(runbook: Runbook): Remark[] {
  const commands = runbook.blocks.filter((block) => block.place === 'offline').flatMap((block) => block.commands);
  const loaded = new Set<string>();
  const told = new Set<string>();
  const remarks: Remark[] = [];
  let open: { name: string; command: CheckedCommand } | null = null;
  for (const command of commands) {
    if (command.tool !== 'reg') continue;
    const verb = command.words[1]?.text.toLowerCase() ?? '';
    const key = command.words[2]?.text ?? '';
    const name = upcase(key.split('\\').slice(0, 2).join('\\').replace(/^HKLM/i, 'HKEY_LOCAL_MACHINE'));
    if (verb === 'load') {
      loaded.add(name);
      open = { name, command };
    } else if (verb === 'unload') {
      if (open?.name === name) open = null;
    } else if (command.place === 'offline' && !loaded.has(name) && !told.has(name)) {
      told.add(name);
      remarks.push({
        rule: 'hive-not-loaded',
        ...command.at,
        text: `${key.split('\\').slice(0, 2).join('\\')} is loaded nowhere before this line.`,
      });
    }
  }
  if (open)
    remarks.push({
      rule: 'never-unloaded',
      ...open.command.at,
      text: `${open.command.words[2]?.text ?? 'The hive'} is loaded here and never unloaded.`,
    });
  return remarks;
}
