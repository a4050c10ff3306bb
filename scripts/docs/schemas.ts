// docs/schemas/report.schema.json and plan.schema.json. They share their definitions; a test holds the members equal to the
// interfaces of src/report.ts, and real reports and plans to the schemas.

import { ERROR_CODES } from '../../src/base/errors.ts';
import { LINKS } from '../../src/repairs/model.ts';

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const hex: Schema = { type: 'string', pattern: '^([0-9a-f]{2})*$', description: 'Bytes as lower-case hex.' };
const decimal: Schema = { type: 'string', pattern: '^-?[0-9]+$', description: '64 bits as a decimal number.' };
const count: Schema = { type: 'integer', minimum: 0 };
const sha256: Schema = { type: ['string', 'null'], pattern: '^[0-9a-f]{64}$' };
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const oneOf = (...values: readonly string[]): Schema => ({ enum: values });
const ref = (name: string): Schema => ({ $ref: `#/$defs/${name}` });
const described = (schema: Schema, description: string): Schema => ({ ...schema, description });

/** An object with these members and no others; names that end in '?' may be absent. */
function record(members: Readonly<Record<string, Schema>>): Schema {
  const names = Object.keys(members);
  return {
    type: 'object',
    additionalProperties: false,
    required: names.filter((name) => !name.endsWith('?')),
    properties: Object.fromEntries(names.map((name) => [name.replace(/\?$/, ''), members[name]!])),
  };
}

const key = ref('KeyPath');
const path = described(text, 'On the Windows volume, with backslashes; a drive letter where drives are mapped.');

const DEFINITIONS: Readonly<Record<string, Schema>> = {
  Tool: record({ name: { const: 'hivemend' }, version: text }),
  Time: record({ iso: { type: ['string', 'null'] }, filetime: decimal }),
  ControlSetInfo: record({
    name: described({ type: 'string', pattern: '^ControlSet[0-9]{3}$' }, 'As the key is named.'),
    number: count,
    isCurrent: { type: 'boolean' },
    isDefault: { type: 'boolean' },
    isLastKnownGood: { type: 'boolean' },
    isFailed: { type: 'boolean' },
  }),
  Machine: record({
    windowsFolder: described(text, 'On the host.'),
    volume: text,
    device: { type: ['string', 'null'] },
    'mountPoint?': described(
      text,
      'Left out for a drive of Windows, an image, and a folder that is not a mount point.',
    ),
    'diskSizeBytes?': described(count, 'Of the whole disk; left out where it cannot be told.'),
    'lun?': described(count, 'Of a SCSI disk.'),
    'isSystemRead?': described({ const: false }, 'SYSTEM could not be read: its name and control sets are not known.'),
    computerName: { type: ['string', 'null'] },
    domain: { type: ['string', 'null'] },
    product: { type: ['string', 'null'] },
    ntVersion: described({ type: ['string', 'null'] }, "As '6.1' or '10.0'; null where it cannot be told."),
    build: { type: ['string', 'null'] },
    machineGuid: { type: ['string', 'null'] },
    controlSets: listOf(ref('ControlSetInfo')),
    firmware: { enum: ['bios', 'uefi', null] },
    lastShutdown: orNull(ref('Time')),
    'lastBoot?': orNull(ref('Time')),
  }),
  Target: record({
    kind: oneOf('hive', 'file', 'descriptor'),
    path: described(text, 'On the host.'),
    'hive?': described(text, 'What KeyPath.hive calls it.'),
    sha256Before: sha256,
    sha256After: described(sha256, 'Null where it is not known yet, as in a plan.'),
    'view?': oneOf('recovered', 'primary'),
    'logEntriesApplied?': count,
    'pagesChanged?': described(count, 'Of 4,096 bytes, the header included.'),
    'bytesChanged?': count,
    'place?': ref('DiskPlace'),
  }),
  DiskPlace: record({
    disk: described(text, 'The image, device or address.'),
    partition: described({ type: ['integer', 'null'] }, 'As Linux counts; null without a partition table.'),
    record: described(count, 'MFT record; on FAT the offset of the directory entry in the volume.'),
    sequence: { type: ['integer', 'null'] },
    extents: listOf(record({ offsetBytes: described(count, 'From the start of the disk.'), sizeBytes: count })),
  }),
  KeyPath: record({ hive: described(text, 'SYSTEM, SOFTWARE, BCD, or what a file is called.'), path: listOf(text) }),
  RegValue: record({
    type: described({ type: 'integer', minimum: 0, maximum: 4294967295 }, 'The number of the REG_ type.'),
    hex,
  }),
  Edit: {
    oneOf: [
      record({ op: oneOf('create-key', 'delete-key'), key }),
      record({ op: oneOf('rename-key'), key, newName: text }),
      record({ op: oneOf('set-value'), key, name: text, value: ref('RegValue') }),
      record({ op: oneOf('delete-value'), key, name: text }),
      record({ op: oneOf('set-class'), key, className: text }),
      record({ op: oneOf('set-key-security'), key, sdHex: hex }),
      record({ op: oneOf('set-key-time'), key, filetime: decimal }),
      record({ op: oneOf('recover-hive'), key }),
      record({ op: oneOf('set-security'), path, sdHex: hex }),
      record({ op: oneOf('write-file'), path, hex }),
      record({ op: oneOf('make-folder', 'delete-file'), path }),
      record({ op: oneOf('move-file'), path, to: path }),
    ],
  },
  KeyRecord: record({
    path: described(listOf(text), 'Below the key of the edit.'),
    'className?': text,
    'sdHex?': hex,
    filetime: decimal,
    values: listOf(record({ name: text, value: ref('RegValue') })),
  }),
  State: described(
    orNull(
      record({
        'value?': ref('RegValue'),
        'tree?': listOf(ref('KeyRecord')),
        'className?': text,
        'sdHex?': hex,
        'filetime?': decimal,
        'fileSha256?': text,
      }),
    ),
    'What stood there; null: nothing.',
  ),
};

const lossOf: Readonly<Record<string, Schema>> = {
  what: oneOf('key', 'value', 'subkeys', 'values', 'class', 'descriptor'),
  how: oneOf('dropped', 'replaced'),
  cellOffset: described({ type: ['integer', 'null'] }, 'From the first bin.'),
  path: listOf(text),
  name: { type: ['string', 'null'] },
  count: { type: ['integer', 'null'] },
  hex: described(hex, 'Bytes left at its place, at most 256.'),
  why: text,
};

const OF_REPORTS: Readonly<Record<string, Schema>> = {
  RebuildFacts: record({
    path: described(text, 'The hive that is rebuilt.'),
    way: oneOf('sound', 'in-place', 'as-new', 'other-copy'),
    why: text,
    keyCount: count,
    valueCount: count,
    keysLost: count,
    canStart: oneOf('yes', 'no', 'unknown'),
    canStartWhy: text,
    toAccept: described(listOf(text), 'Why --in-place needs --accept-loss.'),
    losses: listOf(ref('RebuildLoss')),
    foundAgain: listOf(record({ cellOffset: { type: 'integer' }, path: listOf(text), why: text })),
    fixes: listOf(record({ what: text, cellOffset: { type: 'integer' } })),
    sources: listOf(ref('RebuildSource')),
    output: described({ type: ['string', 'null'] }, 'The new file; null where the old one is written.'),
  }),
  RebuildLoss: record({
    ...lossOf,
    isRead: described({ type: ['boolean', 'null'] }, 'A check of the start or the logon reads it; null: not known.'),
  }),
  RebuildSource: record({
    path: text,
    problem: { type: ['string', 'null'] },
    sizeBytes: count,
    isDirty: { type: 'boolean' },
    defectCount: count,
    lastWritten: orNull(ref('Time')),
    machine: oneOf('same', 'other', 'unknown'),
    differences: orNull(record({ keysMissing: count, keysMore: count, valuesDiffer: count })),
  }),
  Change: record({ edit: ref('Edit'), before: ref('State'), after: ref('State') }),
  Where: record({
    file: text,
    'line?': count,
    'column?': count,
    'offset?': described(count, 'In bytes.'),
    'key?': text,
  }),
  Finding: record({
    code: described({ type: 'string', pattern: '^[A-Z][A-Z0-9_]*$' }, 'docs/findings.md, docs/validation.md.'),
    severity: oneOf('info', 'warning', 'error'),
    'security?': oneOf('raises', 'lowers'),
    'repair?': described(text, 'The repair that fixes it.'),
    'revert?': described(listOf(text), 'The lines that revert the change.'),
    'controlSets?': described(listOf(text), 'The control sets in which it stands alike.'),
    'measure?': described(
      record({ stated: count, needed: count }),
      'A number that the data states, and the one that the facts need.',
    ),
    where: ref('Where'),
    text,
    'link?': described(oneOf(...LINKS), 'diagnose: the check that it belongs to.'),
    'controlSet?': { type: ['string', 'null'] },
    'certainty?': oneOf('certain', 'likely', 'uncertain'),
    'article?': text,
  }),
  RepairOutcome: record({
    name: text,
    controlSet: { type: ['string', 'null'] },
    state: oneOf('applied', 'planned', 'already', 'skipped'),
    changes: listOf(ref('Change')),
    'fixes?': described(
      listOf({ type: ['string', 'null'] }),
      'Of each change the code of the finding that it fixes; null: the repair profile sets it besides.',
    ),
  }),
  UndoRef: record({ id: text, journal: text, command: text }),
  PermissionListings: record({ BeforeScript_permissions: text, AfterScript_permissions: text }),
  ErrorJson: record({
    kind: oneOf(...Object.keys(ERROR_CODES)),
    code: described(oneOf(...Object.values(ERROR_CODES).flat()), 'docs/errors.md.'),
    message: text,
    'hint?': text,
    'data?': { type: 'object' },
  }),
  PlannedChange: record({
    repair: text,
    edit: ref('Edit'),
    why: text,
    controlSet: { type: ['string', 'null'] },
    fixes: { type: ['string', 'null'] },
  }),
  SummaryCause: record({
    code: text,
    check: oneOf(...LINKS),
    text,
    repair: { type: ['string', 'null'] },
    controlSets: listOf(text),
    where: ref('Where'),
  }),
  Summary: record({
    state: described(
      { enum: ['clear', 'broken', 'incomplete', 'fixed', 'damaged', null] },
      'Null: the command judged no machine, or did not get that far.',
    ),
    causes: listOf(ref('SummaryCause')),
    warnings: listOf(ref('SummaryCause')),
    fixed: described(listOf(ref('SummaryCause')), 'Causes that this run has fixed, or would.'),
    notChecked: listOf(record({ check: text, why: text })),
    repairBlocked: described({ type: ['string', 'null'] }, 'Why a repair would be refused now.'),
  }),
  Verdict: record({
    link: oneOf(...LINKS),
    controlSet: { type: ['string', 'null'] },
    verdict: oneOf('ok', 'remark', 'broken', 'unknown'),
    text,
  }),
};

/** docs/schemas/report.schema.json. */
export function reportSchema(): Schema {
  const report = record({
    schema: { const: 2 },
    tool: ref('Tool'),
    command: text,
    startedAt: described(text, 'ISO with seven digits.'),
    dryRun: { type: 'boolean' },
    'note?': text,
    status: oneOf('ok', 'unchanged', 'partly', 'findings', 'blocked', 'failed'),
    exitCode: described(count, 'As the process ends.'),
    summary: ref('Summary'),
    'rebuild?': described(ref('RebuildFacts'), 'rebuild alone.'),
    machine: orNull(ref('Machine')),
    targets: listOf(ref('Target')),
    repairs: listOf(ref('RepairOutcome')),
    changes: listOf(ref('Change')),
    findings: listOf(ref('Finding')),
    skipped: listOf(record({ what: text, why: text })),
    next: listOf(record({ why: text, commands: listOf(text) })),
    'permissions?': ref('PermissionListings'),
    undo: orNull(ref('UndoRef')),
    error: orNull(ref('ErrorJson')),
    'checks?': described(listOf(ref('Verdict')), 'diagnose alone.'),
    'plan?': described(
      record({
        profile: text,
        fixes: listOf(ref('PlannedChange')),
        requested: listOf(ref('PlannedChange')),
        besides: listOf(ref('PlannedChange')),
      }),
      'diagnose alone: what repair with the same options commits.',
    ),
    'data?': described({}, 'Of commands that read something: what they read. inspect, diff, bcdedit, run.'),
  });
  return {
    ...head('report', 'The one report that a command prints with --json, or writes with --report'),
    ...report,
    $defs: { ...DEFINITIONS, ...OF_REPORTS },
  };
}

/** docs/schemas/plan.schema.json. */
export function planSchema(): Schema {
  const plan = record({
    schema: { const: 2 },
    tool: ref('Tool'),
    machine: orNull(ref('Machine')),
    options: described({ type: 'object' }, 'What the plan was made with; apply does not read it.'),
    targets: described(listOf(ref('Target')), 'A hive whose sha256 is no longer sha256Before is refused.'),
    edits: listOf(ref('Edit')),
    why: described(listOf(text), 'One sentence an edit, in the same order.'),
    steps: described(
      listOf(
        record({
          repair: { type: ['string', 'null'] },
          controlSet: { type: ['string', 'null'] },
          fixes: { type: ['string', 'null'] },
          what: text,
          before: text,
          after: text,
        }),
      ),
      'One an edit, in the same order: to be read before the plan is approved.',
    ),
    findings: described(listOf(ref('Finding')), 'What the plan does to security, its risks, and what was found.'),
    summary: ref('Summary'),
  });
  return {
    ...head('plan', 'A plan that repair --plan or run --plan saved, and apply commits'),
    ...plan,
    $defs: { ...DEFINITIONS, ...OF_REPORTS },
  };
}

function head(name: string, title: string): Schema {
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: `urn:hivemend:${name}:2`, title };
}
