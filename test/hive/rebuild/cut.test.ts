// A file that ends within a cell: what the cell held is lost, and not filled with zeros.

import { expect, it } from 'vitest';
import { rebuildImage } from '../../../src/hive/rebuild/rebuild.ts';
import { VK } from '../../../src/regf/layout.ts';
import { RegfTree } from '../../../src/regf/tree.ts';
import { fixtureEngine } from '../../fixture-hives.ts';
import { Patient, smallHive } from '../../regf/patient.ts';

const OPTIONS = { file: 'HIVE', orphans: false, isSecret: false, filetime: 133_537_680_000_000_000n };

it('a value whose data the file ends in is lost, and listed', () => {
  const patient = new Patient(smallHive(5));
  const place = ['Key 7', 'Below'];
  const data = patient.u32(patient.value(place, 'text'), VK.dataOffset);
  // Within the text: four bytes of size and eight of it are there.
  const { image, losses } = rebuildImage(fixtureEngine(), patient.image.slice(0, 4096 + data + 12), OPTIONS);
  const key = new RegfTree(image, 'HIVE').root.subkey('Key 7')!.subkey('Below')!;
  expect(key.value('text')).toBe(null);
  const lost = losses.filter(({ path, name }) => path.join('\\') === place.join('\\') && name === 'text');
  expect(lost.map(({ what }) => what)).toEqual(['value']);
});

it('a root that cannot be read loses its descriptor too', () => {
  const patient = new Patient(smallHive(5));
  patient.image.fill(0, 4096 + patient.key() + 4, 4096 + patient.key() + 60);
  const { losses } = rebuildImage(fixtureEngine(), patient.image, OPTIONS);
  const ofRoot = losses.filter(({ path, what }) => path.length === 0 && what === 'descriptor');
  expect(ofRoot).toHaveLength(1);
});
