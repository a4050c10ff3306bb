// As much of JSON Schema as ours use: enough to hold every record to the schema that ships in the package.

interface Schema {
  readonly $ref?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const KNOWN = new Set([
  '$schema',
  '$id',
  '$defs',
  '$ref',
  'title',
  'description',
  'const',
  'enum',
  'type',
  'pattern',
  'minimum',
  'maximum',
  'items',
  'required',
  'properties',
  'additionalProperties',
  'oneOf',
  'anyOf',
]);

/** What is wrong with `value`, as 'path: what'; [] where it fits. Throws for a keyword that is not understood here. */
export function schemaErrors(root: Schema, value: unknown, schema: Schema = root, path = '$'): string[] {
  for (const keyword of Object.keys(schema)) if (!KNOWN.has(keyword)) throw new Error(`keyword ${keyword} at ${path}`);
  const errors: string[] = [];
  const wrong = (what: string): void => void errors.push(`${path}: ${what}`);
  if (schema.$ref !== undefined) {
    const target = root.$defs?.[schema.$ref.replace('#/$defs/', '')];
    if (!target) throw new Error(`no ${schema.$ref}`);
    errors.push(...schemaErrors(root, value, target, path));
  }
  if ('const' in schema && value !== schema.const) wrong(`is not ${JSON.stringify(schema.const)}`);
  if (schema.enum && !schema.enum.includes(value))
    wrong(`${JSON.stringify(value)} is none of ${schema.enum.join(', ')}`);
  if (schema.type !== undefined && ![schema.type].flat().some((type) => isOfType(value, type))) {
    wrong(`${JSON.stringify(value)} is no ${[schema.type].flat().join(' or ')}`);
  }
  if (schema.pattern !== undefined && typeof value === 'string' && !new RegExp(schema.pattern).test(value)) {
    wrong(`${JSON.stringify(value)} does not match ${schema.pattern}`);
  }
  if (typeof value === 'number' && value < (schema.minimum ?? value)) wrong('is too small');
  if (typeof value === 'number' && value > (schema.maximum ?? value)) wrong('is too large');
  if (schema.items && Array.isArray(value)) {
    value.forEach((item, i) => void errors.push(...schemaErrors(root, item, schema.items, `${path}[${i}]`)));
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    errors.push(...objectErrors(root, value, schema, path));
  for (const choices of [schema.oneOf, schema.anyOf]) {
    if (!choices) continue;
    const results = choices.map((choice) => schemaErrors(root, value, choice, path));
    const fitting = results.filter((result) => result.length === 0).length;
    if (fitting === 0) errors.push(results.toSorted((a, b) => a.length - b.length)[0]!.join('; '));
    if (choices === schema.oneOf && fitting > 1) wrong('fits several');
  }
  return errors;
}

function objectErrors(root: Schema, value: object, schema: Schema, path: string): string[] {
  const errors: string[] = [];
  for (const name of schema.required ?? []) if (!(name in value)) errors.push(`${path}: ${name} is missing`);
  for (const [name, member] of Object.entries(value)) {
    const property = schema.properties?.[name];
    if (property) errors.push(...schemaErrors(root, member, property, `${path}.${name}`));
    else if (schema.additionalProperties === false) errors.push(`${path}: ${name} is not in the schema`);
  }
  return errors;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}
