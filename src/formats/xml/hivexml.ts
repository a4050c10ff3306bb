// hivexml's documents: read, written, and built into hives.

export { buildHive, hivexmlEdits } from './builder.ts';
export { type ParsedHivexml, type ParsedKey, type ParsedValue, parseHivexml } from './reader.ts';
export { type HivexmlOptions, hivexmlChunks, writeHivexml } from './writer.ts';
