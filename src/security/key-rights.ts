// Rights on keys of the registry, by the names that .NET, SetACL and subinacl have for them.

const READ = 0x2_0019;
const WRITE = 0x2_0006;
const FULL = 0xf_003f;

const RIGHTS: Readonly<Record<string, number>> = {
  queryvalues: 0x1,
  setvalue: 0x2,
  createsubkey: 0x4,
  enumeratesubkeys: 0x8,
  notify: 0x10,
  createlink: 0x20,
  delete: 0x1_0000,
  readpermissions: 0x2_0000,
  changepermissions: 0x4_0000,
  takeownership: 0x8_0000,
  readkey: READ,
  executekey: READ,
  writekey: WRITE,
  fullcontrol: FULL,
};

const SETACL: Readonly<Record<string, number>> = {
  read: READ,
  full: FULL,
  query_val: 0x1,
  set_val: 0x2,
  create_subkey: 0x4,
  enum_subkeys: 0x8,
  notify: 0x10,
  create_link: 0x20,
  delete: 0x1_0000,
  read_access: 0x2_0000,
  write_dacl: 0x4_0000,
  write_owner: 0x8_0000,
};

const SUBINACL: Readonly<Record<string, number>> = {
  f: FULL,
  r: READ,
  a: 0x2_0000,
  q: 0x1,
  s: 0x2,
  c: 0x4,
  e: 0x8,
  y: 0x10,
  l: 0x20,
  d: 0x1_0000,
  w: 0x4_0000,
  o: 0x8_0000,
};

/** Rights on files, by the names that .NET has for them. */
const FILE_RIGHTS: Readonly<Record<string, number>> = {
  fullcontrol: 0x1f_01ff,
  modify: 0x13_01bf,
  readandexecute: 0x12_00a9,
  read: 0x12_0089,
  write: 0x10_0116,
  delete: 0x11_0000,
};

const NAMES = { net: RIGHTS, setacl: SETACL, subinacl: SUBINACL, file: FILE_RIGHTS };

/** The mask that names between commas mean; null where one is not known. subinacl's are letters that stand together. */
export function rightsMask(text: string, names: keyof typeof NAMES): number | null {
  const words = names === 'subinacl' ? [...text.trim()] : text.split(/[,+]/);
  let mask = 0;
  for (const word of words) {
    const right = NAMES[names][word.trim().toLowerCase()];
    if (right === undefined) return null;
    mask = (mask | right) >>> 0;
  }
  return mask;
}
