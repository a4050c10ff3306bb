// Where the records of a sound hive lie, read by this file alone: what damage is aimed at, and what each key and value
// depends on. Offsets are from the start of the file.

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface SoundValue {
  readonly name: string;
  readonly type: number;
  readonly data: Uint8Array;
  /** The cell of the record. */
  readonly vk: number;
  /** Everything that it stands on besides its key. */
  readonly spans: readonly Span[];
}

export interface SoundKey {
  readonly path: readonly string[];
  readonly nk: number;
  readonly parent: SoundKey | null;
  readonly values: readonly SoundValue[];
  readonly descriptor: Uint8Array;
  readonly sk: number;
  readonly className: Uint8Array | null;
  /** The key's record, and the lists through which its parent names it. */
  readonly spans: readonly Span[];
  readonly classSpan: Span | null;
  readonly skSpan: Span;
  /** Cells of its lists of subkeys. */
  readonly lists: readonly number[];
  readonly valueList: number | null;
}

export interface Structures {
  readonly keys: readonly SoundKey[];
  /** Every key of a name that two siblings have is left out of what is expected. */
  readonly lists: readonly number[];
  readonly valueLists: readonly number[];
  readonly values: readonly number[];
  readonly securities: readonly number[];
  readonly bigData: readonly number[];
  readonly dataCells: readonly number[];
  readonly bins: readonly number[];
}

export function structuresOf(image: Uint8Array): Structures {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const u16 = (at: number): number => view.getUint16(at, true);
  const u32 = (at: number): number => view.getUint32(at, true);
  const cell = (offset: number): number => 4096 + offset;
  const span = (at: number): Span => ({ start: at, end: at - view.getInt32(at, true) });
  const tag = (at: number): string => String.fromCharCode(image[at + 4]!, image[at + 5]!);
  const text = (at: number, size: number, isByte: boolean): string => {
    let out = '';
    for (let i = 0; i < size; i += isByte ? 1 : 2) out += String.fromCharCode(isByte ? image[at + i]! : u16(at + i));
    return out;
  };
  const keys: SoundKey[] = [];
  const all = { lists: [] as number[], valueLists: [] as number[], values: [] as number[], bigData: [] as number[] };
  const dataCells: number[] = [];
  const securities = new Set<number>();
  const minor = u32(0x18);

  function readData(vk: number): { data: Uint8Array; spans: Span[] } {
    const stored = u32(vk + 8);
    const size = stored & 0x7fff_ffff;
    if (stored >= 0x8000_0000) return { data: image.slice(vk + 12, vk + 12 + size), spans: [] };
    if (size === 0) return { data: new Uint8Array(), spans: [] };
    const at = cell(u32(vk + 12));
    if (minor < 4 || size <= 16_344 || tag(at) !== 'db') {
      dataCells.push(at);
      return { data: image.slice(at + 4, at + 4 + size), spans: [span(at)] };
    }
    all.bigData.push(at);
    const list = cell(u32(at + 8));
    const data = new Uint8Array(size);
    const spans = [span(at), span(list)];
    for (let i = 0, done = 0; done < size; i += 1, done += 16_344) {
      const segment = cell(u32(list + 4 + 4 * i));
      spans.push(span(segment));
      data.set(image.subarray(segment + 4, segment + 4 + Math.min(16_344, size - done)), done);
    }
    return { data, spans };
  }

  function read(nk: number, parent: SoundKey | null, path: readonly string[], listSpans: readonly Span[]): void {
    const values: SoundValue[] = [];
    const count = u16(nk + 6) & 0x40 ? 0 : u32(nk + 40);
    const valueList = count > 0 ? cell(u32(nk + 44)) : null;
    if (valueList !== null) {
      all.valueLists.push(valueList);
      for (let i = 0; i < count; i += 1) {
        const vk = cell(u32(valueList + 4 + 4 * i));
        all.values.push(vk);
        const { data, spans } = readData(vk);
        const name = text(vk + 24, u16(vk + 6), (u16(vk + 20) & 1) !== 0);
        values.push({ name, type: u32(vk + 16), data, vk, spans: [span(vk), span(valueList), ...spans] });
      }
    }
    const sk = cell(u32(nk + 48));
    securities.add(sk);
    const classSize = u16(nk + 78);
    const classCell = classSize > 0 ? cell(u32(nk + 52)) : null;
    const lists: number[] = [];
    const subkeys: { nk: number; spans: Span[] }[] = [];
    if (u32(nk + 24) > 0) {
      const list = cell(u32(nk + 32));
      const leaves =
        tag(list) === 'ri' ? Array.from({ length: u16(list + 6) }, (_, i) => cell(u32(list + 8 + 4 * i))) : [list];
      if (tag(list) === 'ri') lists.push(list);
      for (const leaf of leaves) {
        lists.push(leaf);
        const step = tag(leaf) === 'li' ? 4 : 8;
        const spans = tag(list) === 'ri' ? [span(list), span(leaf)] : [span(leaf)];
        for (let i = 0; i < u16(leaf + 6); i += 1) subkeys.push({ nk: cell(u32(leaf + 8 + step * i)), spans });
      }
    }
    all.lists.push(...lists);
    const key: SoundKey = {
      path,
      nk,
      parent,
      values,
      descriptor: image.slice(sk + 24, sk + 24 + u32(sk + 20)),
      sk,
      className: classCell === null ? null : image.slice(classCell + 4, classCell + 4 + classSize),
      spans: [span(nk), ...listSpans],
      classSpan: classCell === null ? null : span(classCell),
      skSpan: span(sk),
      lists,
      valueList,
    };
    keys.push(key);
    for (const subkey of subkeys) {
      const name = text(subkey.nk + 80, u16(subkey.nk + 76), (u16(subkey.nk + 6) & 0x20) !== 0);
      read(subkey.nk, key, [...path, name], subkey.spans);
    }
  }

  read(cell(u32(0x24)), null, [], []);
  const bins: number[] = [];
  for (let at = 4096; at < image.byteLength; at += u32(at + 8)) bins.push(at);
  return { keys, ...all, securities: [...securities], dataCells, bins };
}
