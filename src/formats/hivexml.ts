// hivexml's documents: read, written, and built into hives.

export { buildHive, hivexmlEdits } from './hivexml-builder.ts';
export { type ParsedHivexml, type ParsedKey, type ParsedValue, parseHivexml } from './hivexml-reader.ts';
export { type HivexmlOptions, writeHivexml } from './hivexml-writer.ts';
