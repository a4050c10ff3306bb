// The JSON Schema of a user's profile file, made from the repairs; it ships as docs/profile.schema.json.

import { REPAIRS } from '../../src/repairs/fixes/index.ts';

/** The schema as a JSON value (draft 2020-12). */
export function profileSchema(): Readonly<Record<string, unknown>> {
  const repairList = {
    type: 'array',
    uniqueItems: true,
    items: { enum: REPAIRS.map((repair) => repair.name) },
  };
  const data = (type: string, schema: object) => ({
    if: { properties: { type: { const: type } } },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word
    then: { properties: { data: schema }, required: ['data'] },
  });
  const text = (description: string) => ({ type: 'string', minLength: 1, description });
  const object = (properties: object, required: readonly string[]) => ({
    type: 'object',
    additionalProperties: false,
    properties,
    required,
  });
  const services = {
    type: 'array',
    items: object({ service: text('Its name.'), why: text('One sentence.') }, ['service', 'why']),
  };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A profile of hivemend: repairs, options and values of your own',
    type: 'object',
    required: ['schema', 'name'],
    additionalProperties: false,
    properties: {
      $schema: { type: 'string' },
      schema: { const: 1 },
      name: { type: 'string', minLength: 1 },
      title: { type: 'string', minLength: 1 },
      repairs: { ...repairList, description: 'Repairs whose every change is made.' },
      fixes: { ...repairList, description: 'Repairs of which only what fixes a cause that was found is made.' },
      mends: { ...repairList, description: 'What 0.1.0 called fixes.', deprecated: true },
      options: {
        type: 'object',
        additionalProperties: false,
        description: 'Preset options; the command line wins.',
        properties: {
          asPublished: { type: 'boolean' },
          tls: { type: 'array', items: { enum: ['1.0', '1.1', '1.2'] } },
          serial: { enum: ['full', 'ems'] },
          port: { type: 'integer', minimum: 1, maximum: 65_535 },
          disableFirewall: { type: 'boolean' },
          allKeys: { type: 'boolean' },
        },
      },
      when: {
        type: 'array',
        description: 'All must hold, else the profile changes nothing of its own.',
        items: {
          anyOf: [
            object({ file: text('A path of the Windows volume that is there.') }, ['file']),
            object({ buildFrom: { type: 'integer' }, buildTo: { type: 'integer' } }, []),
            object(
              {
                hive: { enum: ['SYSTEM', 'SOFTWARE'] },
                key: text('As in values.'),
                name: { type: 'string' },
                is: { type: ['integer', 'string'] },
              },
              ['hive', 'key', 'name', 'is'],
            ),
          ],
        },
      },
      disable: { ...services, description: 'Services that are disabled in the control set that the boot uses.' },
      quarantine: {
        type: 'array',
        description: 'Files that are moved to \\hivemend\\(the commit)\\files on the same volume.',
        items: object(
          {
            files: text(
              'A path below \\Windows\\System32\\drivers; * and ? in the name, which has 6 other characters.',
            ),
            writtenFrom: text('Only files written at or after this time (ISO).'),
            writtenTo: text('Only files written at or before this time (ISO).'),
            why: text('One sentence.'),
          },
          ['files', 'why'],
        ),
      },
      fallback: {
        ...services,
        description: 'Services that are disabled where files cannot be moved (a disk image), with --allow-fallback.',
      },
      bcd: {
        type: 'array',
        description: 'Elements of the boot store: of the loader of this Windows, or of the boot manager.',
        items: object(
          {
            object: { enum: ['loader', 'bootmgr'] },
            element: text('Its number: eight hex digits, like 250000e0.'),
            data: {
              type: ['boolean', 'integer', 'string', 'null'],
              description: 'As the element takes it; null: it is to be absent.',
            },
            why: text('One sentence.'),
          },
          ['object', 'element', 'data', 'why'],
        ),
      },
      values: {
        type: 'array',
        items: {
          type: 'object',
          required: ['hive', 'key', 'name', 'type', 'why'],
          additionalProperties: false,
          properties: {
            hive: { enum: ['SYSTEM', 'SOFTWARE'] },
            key: {
              type: 'string',
              minLength: 1,
              description: 'Names joined by backslashes, without the hive; {CS} stands for each control set worked on.',
            },
            name: { type: 'string', description: "'' is the default value." },
            type: {
              enum: ['REG_DWORD', 'REG_QWORD', 'REG_SZ', 'REG_EXPAND_SZ', 'REG_MULTI_SZ', 'REG_BINARY', 'absent'],
            },
            data: {},
            why: { type: 'string', minLength: 1, description: 'One sentence, for the plan and the report.' },
            security: { enum: ['raises', 'lowers'] },
          },
          allOf: [
            data('REG_DWORD', { type: 'integer', minimum: 0, maximum: 4_294_967_295 }),
            data('REG_QWORD', { type: 'string', pattern: '^[0-9]{1,20}$' }),
            data('REG_SZ', { type: 'string' }),
            data('REG_EXPAND_SZ', { type: 'string' }),
            data('REG_MULTI_SZ', { type: 'array', items: { type: 'string', minLength: 1 } }),
            data('REG_BINARY', { type: 'string', pattern: '^([0-9a-fA-F]{2})*$' }),
          ],
        },
      },
    },
  };
}
