import { describe, expect, it } from 'vitest';
import { BOOT_MANAGER_ELEMENTS, LIBRARY_ELEMENTS } from '../../../src/bcd/elements/common-elements.ts';
import { elementInfo, elementNamed, formatOf, isElementName } from '../../../src/bcd/elements/elements.ts';
import { LOADER_ELEMENTS } from '../../../src/bcd/elements/loader-elements.ts';
import { aliases, aliasOf, CURRENT_ALIAS, DEFAULT_ALIAS, idOf, OBJECT_TYPE } from '../../../src/bcd/objects.ts';

describe('elements', () => {
  it('mean different things in different kinds of objects', () => {
    const name = (type: number, id: number): string | null => elementInfo(type, id).name;
    expect(name(OBJECT_TYPE.bootManager, 0x23000003)).toBe('default');
    expect(name(OBJECT_TYPE.osLoader, 0x23000003)).toBe('resumeobject');
    expect(name(OBJECT_TYPE.osLoader, 0x22000002)).toBe('systemroot');
    expect(name(OBJECT_TYPE.resume, 0x22000002)).toBe('filepath');
    expect(name(OBJECT_TYPE.resume, 0x21000001)).toBe('filedevice');
    expect(name(OBJECT_TYPE.memoryTester, 0x25000001)).toBe('passcount');
    expect(name(OBJECT_TYPE.deviceOptions, 0x31000003)).toBe('ramdisksdidevice');
    expect(name(OBJECT_TYPE.inheritLoader, 0x250000f3)).toBe('hypervisordebugtype');
    expect(name(OBJECT_TYPE.inheritAny, 0x250000f3)).toBeNull();
    for (const type of Object.values(OBJECT_TYPE)) expect(name(type, 0x12000004)).toBe('description');
  });

  it('are found by name in the objects that they apply to', () => {
    expect(elementNamed(OBJECT_TYPE.osLoader, 'NX')?.id).toBe(0x25000020);
    expect(elementNamed(OBJECT_TYPE.bootManager, 'nx')).toBeNull();
    expect(elementNamed(OBJECT_TYPE.bootManager, 'timeout')?.id).toBe(0x25000004);
    expect(elementNamed(OBJECT_TYPE.osLoader, 'timeout')).toBeNull();
    expect(elementNamed(OBJECT_TYPE.osLoader, 'nointegritychecks')?.id).toBe(0x16000048);
    expect(elementNamed(OBJECT_TYPE.osLoader, 'testsigning')?.id).toBe(0x16000049);
    expect(elementNamed(OBJECT_TYPE.inheritAny, 'custom:16000067')).toMatchObject({
      id: 0x16000067,
      format: 'boolean',
    });
    expect(elementNamed(OBJECT_TYPE.osLoader, '')).toBeNull();
    expect(isElementName('systemroot')).toBe(true);
    expect(isElementName('integrityservicesenable')).toBe(false);
  });

  it('keep unknown numbers with the format that the number states', () => {
    expect(elementInfo(OBJECT_TYPE.osLoader, 0x25000fff)).toMatchObject({ name: null, source: '-', format: 'integer' });
    expect(formatOf(0x2f000001)).toBe('unknown');
  });

  it('have no number and no name twice in one table', () => {
    for (const table of [LIBRARY_ELEMENTS, BOOT_MANAGER_ELEMENTS, LOADER_ELEMENTS]) {
      const ids = table.map(([id]) => id);
      const names = table.map(([, name]) => name).filter((name) => name !== '');
      expect(new Set(ids).size).toBe(ids.length);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

describe('aliases', () => {
  it('lead to GUIDs and back, in any letter case', () => {
    for (const alias of aliases()) {
      const id = idOf(alias.toUpperCase());
      expect(id, alias).not.toBeNull();
      const isVirtual = id === DEFAULT_ALIAS || id === CURRENT_ALIAS;
      if (!isVirtual) expect(idOf(aliasOf(id!)!)).toBe(id);
    }
    expect(aliasOf('{1afa9c49-16ab-4a5c-901b-212802da9460}')).toBe('{resumeloadersettings}');
    expect(idOf('9DEA862C-5CDD-4E70-ACC1-F32B344D4795')).toBe('{9dea862c-5cdd-4e70-acc1-f32b344d4795}');
    expect(idOf('{nosuch}')).toBeNull();
  });
});
