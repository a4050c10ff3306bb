// Damage done to a hive on purpose, by kinds that are named: what a disk, a cut write or another program leaves behind.

import { type Below, pick } from '../../fuzz/random.ts';
import type { Structures } from './structures.ts';

export interface Damaged {
  readonly kind: string;
  readonly image: Uint8Array;
}

interface Scene {
  readonly image: Uint8Array;
  readonly view: DataView;
  readonly parts: Structures;
  /** Another hive, for pages that come from elsewhere. */
  readonly other: Uint8Array;
  readonly below: Below;
}

/** Changes the scene's image, or gives another one; null where the hive has nothing of the kind. */
type Damage = (scene: Scene) => Uint8Array | null | undefined;

const at16 =
  (place: (scene: Scene) => number | null, change: (old: number, scene: Scene) => number): Damage =>
  (scene) => {
    const at = place(scene);
    if (at === null) return null;
    scene.view.setUint16(at, change(scene.view.getUint16(at, true), scene) & 0xffff, true);
    return undefined;
  };
const at32 =
  (place: (scene: Scene) => number | null, change: (old: number, scene: Scene) => number): Damage =>
  (scene) => {
    const at = place(scene);
    if (at === null) return null;
    scene.view.setUint32(at, change(scene.view.getUint32(at, true), scene) >>> 0, true);
    return undefined;
  };
const some = (scene: Scene, from: readonly number[], field: number): number | null =>
  from.length === 0 ? null : pick(scene.below, from) + field;
/** A key that is not the root. */
const key =
  (field: number) =>
  (scene: Scene): number | null =>
    some(
      scene,
      scene.parts.keys.slice(1).map(({ nk }) => nk),
      field,
    );
const root =
  (field: number) =>
  (scene: Scene): number =>
    scene.parts.keys[0]!.nk + field;
const keyWith =
  (test: (at: Structures['keys'][number]) => boolean, field: number) =>
  (scene: Scene): number | null =>
    some(
      scene,
      scene.parts.keys.filter(test).map(({ nk }) => nk),
      field,
    );
const parent = (field: number) => keyWith(({ lists }) => lists.length > 0, field);
const owner = (field: number) => keyWith(({ valueList }) => valueList !== null, field);
const classed = (field: number) => keyWith(({ className }) => className !== null, field);
const list =
  (field: number) =>
  (scene: Scene): number | null =>
    some(scene, scene.parts.lists, field);
const leaf =
  (signature: string, field: number) =>
  (scene: Scene): number | null =>
    some(
      scene,
      scene.parts.lists.filter((at) => scene.image[at + 5] === signature.charCodeAt(1)),
      field,
    );
const valueList =
  (field: number) =>
  (scene: Scene): number | null =>
    some(scene, scene.parts.valueLists, field);
const value =
  (field: number) =>
  (scene: Scene): number | null =>
    some(scene, scene.parts.values, field);
const security =
  (field: number) =>
  (scene: Scene): number | null =>
    some(scene, scene.parts.securities, field);
const big =
  (field: number) =>
  (scene: Scene): number | null =>
    some(scene, scene.parts.bigData, field);
const data =
  (field: number) =>
  (scene: Scene): number | null =>
    some(scene, scene.parts.dataCells, field);
const bin =
  (field: number) =>
  (scene: Scene): number | null =>
    some(scene, scene.parts.bins, field);
const header = (field: number) => (): number => field;

const to = (number: number) => (): number => number;
const garbage = (_: number, { below }: Scene): number => below(2 ** 32);
const outside = (_: number, { image, below }: Scene): number => image.byteLength + 8 * below(1000);
const flip = (old: number, { below }: Scene): number => old ^ (1 << below(16));
const page = ({ image, below }: Scene): number => 4096 * (1 + below(image.byteLength / 4096 - 1));

function fillPage(fill: (scene: Scene, at: number) => void): Damage {
  return (scene) => {
    fill(scene, page(scene));
    return undefined;
  };
}

export const DAMAGES: Readonly<Record<string, Damage>> = {
  'header signature': at32(header(0), garbage),
  'header checksum': at32(header(0x1fc), garbage),
  'header sequence': at32(header(4), (old) => old + 1),
  'header root outside': at32(header(0x24), outside),
  'header root at another key': at32(header(0x24), (_, scene) => pick(scene.below, scene.parts.keys).nk - 4096),
  'header bins size short': at32(header(0x28), (old) => Math.max(4096, old - 4096)),
  'header bins size long': at32(header(0x28), (old) => old + 8192),
  'header type': at32(header(0x1c), to(6)),
  'header format': at32(header(0x20), to(0)),
  'header clustering': at32(header(0x2c), to(8)),
  'header minor version': at32(header(0x18), to(77)),
  'header zeroed': ({ image }) => void image.fill(0, 0, 4096),
  'header from elsewhere': ({ image, other }) => void image.set(other.subarray(0, 4096)),
  'bin signature': at32(bin(0), garbage),
  'bin offset': at32(bin(4), garbage),
  'bin size': at32(bin(8), garbage),
  'bin header zeroed': (scene) => {
    const at = pick(scene.below, scene.parts.bins);
    scene.image.fill(0, at, at + 32);
    return undefined;
  },
  'page zeroed': fillPage(({ image }, at) => void image.fill(0, at, at + 4096)),
  'page of ones': fillPage(({ image }, at) => void image.fill(0xff, at, at + 4096)),
  'page random': fillPage(({ image, below }, at) => {
    for (let i = at; i < at + 4096; i += 1) image[i] = below(256);
  }),
  'pages swapped': (scene) => {
    const [a, b] = [page(scene), page(scene)];
    const kept = scene.image.slice(a, a + 4096);
    scene.image.copyWithin(a, b, b + 4096);
    scene.image.set(kept, b);
    return undefined;
  },
  'page doubled': fillPage((scene, at) => {
    const from = page(scene);
    scene.image.copyWithin(at, from, from + 4096);
  }),
  'page from elsewhere': fillPage(({ image, other, below }, at) => {
    const from = 4096 * (1 + below(other.byteLength / 4096 - 1));
    image.set(other.subarray(from, from + 4096), at);
  }),
  'page torn': fillPage((scene, at) => {
    const from = page(scene);
    scene.image.copyWithin(at, from, from + 512 * (1 + scene.below(7)));
  }),
  'sector zeroed': (scene) => {
    const at = page(scene) + 512 * scene.below(8);
    scene.image.fill(0, at, at + 512);
    return undefined;
  },
  'cut at a page': (scene) => scene.image.slice(0, page(scene)),
  'cut anywhere': (scene) => scene.image.slice(0, 4096 + scene.below(scene.image.byteLength - 4096)),
  'cut in the first page': (scene) => scene.image.slice(0, 512 + scene.below(7680)),
  'end zeroed': (scene) => void scene.image.fill(0, page(scene)),
  'cell of a key: size zero': at32(key(0), to(0)),
  'cell of a key: free': at32(key(0), (old) => -old),
  'cell of a key: size odd': at32(key(0), (old) => old + 3),
  'cell of a key: size large': at32(key(0), (old) => old - 65_536),
  'cell of a list: free': at32(list(0), (old) => -old),
  'cell of a list: size zero': at32(list(0), to(0)),
  'cell of a value: free': at32(value(0), (old) => -old),
  'cell of a value list: free': at32(valueList(0), (old) => -old),
  'cell of data: free': at32(data(0), (old) => -old),
  'cell of data: size garbage': at32(data(0), garbage),
  'cell of a descriptor: free': at32(security(0), (old) => -old),
  'key signature': at16(key(4), garbage),
  'key flags volatile': at16(key(6), (old) => old | 1),
  'key flags root': at16(key(6), (old) => old | 4),
  'key flags undefined': at16(key(6), (old, { below }) => old | pick(below, [0x400, 0x800, 0xc00])),
  'root flags': at16(root(6), (old) => old & ~4),
  'key parent garbage': at32(key(20), garbage),
  'key parent itself': at32(key(20), (_, scene) => pick(scene.below, scene.parts.keys).nk - 4096),
  'key subkey count high': at32(parent(24), (old) => old + 3),
  'key subkey count low': at32(parent(24), (old) => old - 1),
  'key subkey count zero': at32(parent(24), to(0)),
  'key subkey count garbage': at32(parent(24), garbage),
  'key list nil': at32(parent(32), to(0xffff_ffff)),
  'key list garbage': at32(parent(32), garbage),
  'key list at a value': at32(parent(32), (old, scene) => some(scene, scene.parts.values, -4096) ?? old),
  'key list of the root': at32(parent(32), (_, scene) => scene.parts.lists[0]! - 4096),
  'key list where none was': at32(
    keyWith(({ lists }) => lists.length === 0, 32),
    garbage,
  ),
  'value count high': at32(owner(40), (old) => old + 5),
  'value count low': at32(owner(40), (old) => old - 1),
  'value count zero': at32(owner(40), to(0)),
  'value count garbage': at32(owner(40), garbage),
  'value list nil': at32(owner(44), to(0xffff_ffff)),
  'value list garbage': at32(owner(44), garbage),
  'security nil': at32(key(48), to(0xffff_ffff)),
  'security garbage': at32(key(48), garbage),
  'root security garbage': at32(root(48), garbage),
  'class nil': at32(classed(52), to(0xffff_ffff)),
  'class length': at16(classed(78), (old) => old + 400),
  'class length odd': at16(classed(78), (old) => old + 1),
  'class where none was': at16(
    keyWith(({ className }) => className === null, 78),
    to(20),
  ),
  'longest names zero': at16(parent(56), to(0)),
  'longest data zero': at32(owner(68), to(0)),
  'key name length zero': at16(key(76), to(0)),
  'key name length long': at16(key(76), (old) => old + 300),
  'key name changed': at16(key(80), flip),
  'key name with a backslash': at16(key(80), to(0x5c5c)),
  'list signature': at16(list(4), garbage),
  'list count high': at16(list(6), (old) => old + 1),
  'list count zero': at16(list(6), to(0)),
  'list count garbage': at16(list(6), garbage),
  'list element garbage': at32(list(8), garbage),
  'list element outside': at32(list(8), outside),
  'list element twice': (scene) => {
    const at = some(
      scene,
      scene.parts.lists.filter((leafAt) => scene.view.getUint16(leafAt + 6, true) > 1),
      8,
    );
    if (at === null) return null;
    scene.image.copyWithin(at + 8, at, at + 4);
    return undefined;
  },
  'list order': (scene) => {
    const hashed = scene.parts.lists.filter(
      (leafAt) =>
        scene.view.getUint16(leafAt + 6, true) > 1 &&
        (scene.image[leafAt + 5] === 0x68 || scene.image[leafAt + 5] === 0x66),
    );
    const at = some(scene, hashed, 8);
    if (at === null) return null;
    const first = scene.image.slice(at, at + 8);
    scene.image.copyWithin(at, at + 8, at + 16);
    scene.image.set(first, at + 8);
    return undefined;
  },
  'list hash': at32(leaf('h', 12), garbage),
  'list hint': at32(leaf('f', 12), garbage),
  'list of lists element': at32(leaf('i', 8), garbage),
  'value signature': at16(value(4), garbage),
  'value name length': at16(value(6), (old) => old + 5000),
  'value data size large': at32(value(8), (old) => old + 100_000),
  'value data size resident': at32(value(8), to(0x8000_0009)),
  'value data zero with a cell': at32(value(8), to(0)),
  'value data offset garbage': at32(value(12), garbage),
  'value list element garbage': at32(valueList(4), garbage),
  'value list element outside': at32(valueList(4), outside),
  'big data count': at16(big(6), (old) => old + 1),
  'big data list': at32(big(8), garbage),
  'big data signature': at16(big(4), garbage),
  'descriptor signature': at16(security(4), garbage),
  'descriptor forward': at32(security(8), garbage),
  'descriptor backward': at32(security(12), garbage),
  'descriptor count': at32(security(16), (old) => old + 7),
  'descriptor size': at32(security(20), (old) => old + 10_000),
  'descriptor revision': at16(security(24), to(0x0909)),
  'bits flipped': (scene) => {
    for (let i = 1 + scene.below(20); i > 0; i -= 1) {
      scene.image[4096 + scene.below(scene.image.byteLength - 4096)]! ^= 1 << scene.below(8);
    }
    return undefined;
  },
};

/** One damage of a kind; null where the hive has nothing that it could be done to. */
export function damage(
  kind: string,
  sound: { readonly image: Uint8Array; readonly parts: Structures },
  other: Uint8Array,
  below: Below,
): Uint8Array | null {
  const image = sound.image.slice();
  const scene = { image, view: new DataView(image.buffer), parts: sound.parts, other, below };
  const made = DAMAGES[kind]!(scene);
  return made === null ? null : (made ?? image);
}
