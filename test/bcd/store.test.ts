import { describe, expect, it } from 'vitest';
import type { HivemendError } from '../../src/base/errors.ts';
import { chooseLoader, classifyStore, loaderOfWindows, storesOfWindows } from '../../src/bcd/boot-choice.ts';
import { elementData } from '../../src/bcd/data.ts';
import type { DeviceIdentity } from '../../src/bcd/device.ts';
import { copyObject, deleteElement, deleteObject, setElement } from '../../src/bcd/edits.ts';
import { ELEMENT } from '../../src/bcd/elements/element-numbers.ts';
import { BOOTMGR, SETUP_ENTRY } from '../../src/bcd/objects.ts';
import type { BcdStore } from '../../src/bcd/store.ts';
import { deviceOf, elementOf, guidsOf, integerOf, textOf } from '../../src/bcd/store.ts';
import { storeJson } from '../../src/bcd/store-json.ts';
import type { WorkingHive } from '../../src/registry/working/working-hive.ts';
import { NOW, openFixture, openReal, openRecovery, REAL_STORES, storeOf } from './stores.ts';

const BIOS_LOADER = '{8f1c0e21-7a44-11ea-9b52-000d3a4c9e10}';

function thrownBy(run: () => unknown): HivemendError {
  try {
    run();
  } catch (error) {
    return error as HivemendError;
  }
  throw new Error('nothing was thrown');
}

function setDefaultOf(working: WorkingHive, store: BcdStore, id: string): void {
  working.apply(setElement(store, store.object(BOOTMGR)!, ELEMENT.default, elementData.guid(id)), NOW);
}

describe('a store', () => {
  it('gives objects by GUID and by alias, in any letter case', () => {
    const store = storeOf(openFixture('BCD-bios'));
    expect(store.isStore()).toBe(true);
    expect(store.object('{BootMgr}')?.id).toBe(BOOTMGR);
    expect(store.object(BOOTMGR.toUpperCase())?.alias).toBe('{bootmgr}');
    expect(store.object('{Default}')?.id).toBe(BIOS_LOADER);
    expect(store.object('{00000000-1111-2222-3333-444444444444}')).toBeNull();
    expect(textOf(store.object('{default}'), ELEMENT.description)).toBe('Windows Server 2016');
    expect(integerOf(store.object(BOOTMGR), ELEMENT.timeout)).toBe(30n);
    expect(guidsOf(store.object(BOOTMGR), ELEMENT.displayOrder)).toEqual([BIOS_LOADER]);
    expect(deviceOf(store.object('{default}'), ELEMENT.osDevice)).toMatchObject({ kind: 'partition' });
    expect(elementOf(null, ELEMENT.ems)).toBeNull();
  });

  it('refuses {current}, which no file can tell', () => {
    const error = thrownBy(() => storeOf(openFixture('BCD-bios')).object('{current}'));
    expect(error).toMatchObject({ kind: 'RefusedError', code: 'AMBIGUOUS' });
    expect(error.message).toContain('running Windows');
  });

  it('follows {default} through the boot manager', () => {
    const store = storeOf(openFixture('BCD-uefi'));
    expect(store.defaultState().state).toBe('ok');
    expect(store.resolveDefault().id).toBe('{3c2b1a55-9d51-11ec-8a0b-0022481f6a0c}');
  });

  it('says that there is no default, with the loaders that could be it', () => {
    const working = openFixture('BCD-bios');
    const store = storeOf(working);
    working.apply(deleteElement(store, store.object(BOOTMGR)!, ELEMENT.default), NOW);
    const error = thrownBy(() => store.resolveDefault());
    expect(error).toMatchObject({ kind: 'NotFoundError', code: 'ELEMENT_NOT_FOUND' });
    expect(error.hint).toContain(BIOS_LOADER);
    expect(error.data).toMatchObject({ candidates: [BIOS_LOADER] });
    expect(store.object('{default}')).toBeNull();
  });

  it('says that the default names nothing', () => {
    const working = openFixture('BCD-bios');
    const store = storeOf(working);
    const gone = '{00000000-1111-2222-3333-444444444444}';
    setDefaultOf(working, store, gone);
    const error = thrownBy(() => store.resolveDefault());
    expect(error).toMatchObject({ kind: 'NotFoundError', code: 'OBJECT_NOT_FOUND' });
    expect(error.message).toContain(gone);
    expect(error.hint).toContain(BIOS_LOADER);
  });

  it('says that there is no boot manager', () => {
    const working = openFixture('BCD-bios');
    const store = storeOf(working);
    working.apply(deleteObject(store, store.object(BOOTMGR)!, false), NOW);
    expect(store.defaultState().state).toBe('no-boot-manager');
    expect(thrownBy(() => store.resolveDefault())).toMatchObject({ code: 'OBJECT_NOT_FOUND' });
  });

  it('refuses a default that starts the recovery environment', () => {
    const working = openRecovery();
    const store = storeOf(working);
    setDefaultOf(working, store, '{5b3f6a10-1f2e-11ee-9c2a-00155d012a30}');
    const error = thrownBy(() => store.resolveDefault());
    expect(error).toMatchObject({ kind: 'RefusedError', code: 'AMBIGUOUS' });
    expect(error.message).toContain('recovery environment');
  });

  it('refuses a default that is no loader at all', () => {
    const working = openFixture('BCD-bios');
    const store = storeOf(working);
    setDefaultOf(working, store, '{b2721d73-1db4-4c62-bf78-c548a880142d}');
    expect(thrownBy(() => store.resolveDefault())).toMatchObject({ kind: 'RefusedError', code: 'AMBIGUOUS' });
  });

  it('keeps what it does not know, and what is damaged', () => {
    const store = storeOf(openRecovery());
    const loader = store.object('{5b3f6a10-1f2e-11ee-9c2a-00155d012a30}');
    expect(elementOf(loader, 0x25000fff)).toMatchObject({ info: { name: null }, data: { value: 42n } });
    expect(elementOf(loader, ELEMENT.winPe)?.data).toMatchObject({ format: 'malformed', type: 3 });
    expect(integerOf(store.object('{dbgsettings}'), ELEMENT.baudRate)).toBe(115_200n);
  });

  it('is JSON, with the bytes beside their meaning', () => {
    const json = storeJson(storeOf(openFixture('BCD-bios')));
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
    const loader = json.objects.find(({ isDefault }) => isDefault);
    expect(loader).toMatchObject({ id: BIOS_LOADER, type: '10200003', starts: 'windows' });
    expect(loader?.elements.find(({ name }) => name === 'nx')).toMatchObject({
      element: '25000020',
      format: 'integer',
      value: '3',
      word: 'AlwaysOn',
      stored: { type: 3 },
    });
    expect(loader?.elements.find(({ name }) => name === 'isolatedcontext')?.nameSource).toBe('K');
  });
});

describe('the kind of a store', () => {
  it('is told by what it holds', () => {
    expect(classifyStore(storeOf(openFixture('BCD-bios')))).toMatchObject({ kind: 'system', firmware: 'bios' });
    expect(classifyStore(storeOf(openFixture('BCD-uefi')))).toMatchObject({ kind: 'system', firmware: 'uefi' });
    expect(classifyStore(storeOf(openRecovery()))).toMatchObject({ kind: 'recovery', defaultState: 'dangling' });
    expect(classifyStore(storeOf(openFixture('SOFTWARE')))).toMatchObject({ kind: 'none' });
  });

  const KINDS: Readonly<Record<string, string>> = {
    empty: 'empty',
    'media-bios': 'media',
    'media-efi': 'media',
    minimal: 'template',
    'pe-bios': 'media',
    'pe-both': 'media',
    'pe-efi': 'media',
    'recovery-1': 'recovery',
    'uefi-1': 'media',
    'uefi-2': 'system',
    'win11-machine': 'system',
    'win11-machine-earlier': 'system',
    'win11-many-objects': 'system',
    'win11-recovery': 'recovery',
  };
  it.skipIf(REAL_STORES.length === 0)('is right for every real store (skipped where there are none)', () => {
    expect(Object.fromEntries(REAL_STORES.map((name) => [name, classifyStore(storeOf(openReal(name))).kind]))).toEqual(
      KINDS,
    );
  });

  it.skipIf(REAL_STORES.length === 0)('tells Windows Setup apart (skipped where there are no real stores)', () => {
    const store = storeOf(openReal('media-efi'));
    expect(store.loaderKind(store.object(SETUP_ENTRY)!)).toBe('setup');
    expect(thrownBy(() => store.resolveDefault()).message).toContain('Windows Setup');
  });
});

describe('the loader of a Windows', () => {
  const partition = { style: 'mbr' as const, diskSignature: 0xa45b3e8d, offsetBytes: 525_336_576 };

  it('is found by folder and partition', () => {
    const store = storeOf(openFixture('BCD-bios'));
    expect(loaderOfWindows(store, { windowsPath: '\\WINDOWS\\', partition }).loader?.id).toBe(BIOS_LOADER);
    expect(loaderOfWindows(store, { windowsPath: '\\Windows', partition: null }).loader?.id).toBe(BIOS_LOADER);
  });

  it('is not the loader of another folder or partition', () => {
    const store = storeOf(openFixture('BCD-bios'));
    const elsewhere = { ...partition, offsetBytes: 4096 };
    for (const place of [
      { windowsPath: '\\Windows', partition: elsewhere },
      { windowsPath: '\\Win2', partition },
    ]) {
      const choice = loaderOfWindows(store, place);
      expect(choice.loader).toBeNull();
      expect(choice.others.map(({ id }) => id)).toEqual([BIOS_LOADER]);
    }
  });

  it('is none that another loader names as its recovery sequence, and one without a systemroot contradicts nothing', () => {
    const working = openFixture('BCD-bios');
    const store = storeOf(working);
    const second = '{11111111-2222-4333-8444-555555555555}';
    working.apply(copyObject(store, store.object(BIOS_LOADER)!, second, 'Rescue'), NOW);
    expect(store.windowsLoaders()).toHaveLength(2);
    const sequence = elementData.guids([second]);
    working.apply(setElement(store, store.object(BIOS_LOADER)!, ELEMENT.recoverySequence, sequence), NOW);
    expect(store.loaderKind(store.object(second)!)).toBe('recovery');
    expect(store.windowsLoaders().map(({ id }) => id)).toEqual([BIOS_LOADER]);
    working.apply(deleteElement(store, store.object(BIOS_LOADER)!, ELEMENT.systemRoot), NOW);
    expect(loaderOfWindows(store, { windowsPath: '\\Windows', partition }).loader?.id).toBe(BIOS_LOADER);
  });

  it('may lie on a disk that got another signature, or in a virtual disk', () => {
    const working = openFixture('BCD-bios');
    const store = storeOf(working);
    const place = (changed: object) => ({ windowsPath: '\\Windows', partition: { ...partition, ...changed } });
    expect(loaderOfWindows(store, place({ diskSignature: 1 })).loader?.id).toBe(BIOS_LOADER);
    const uefi = storeOf(openFixture('BCD-uefi'));
    const device = deviceOf(uefi.resolveDefault(), ELEMENT.osDevice);
    if (device?.kind !== 'partition' || device.partition.style !== 'gpt')
      throw new Error('the fixture has a GPT partition');
    const guid = '{00000000-0000-0000-0000-000000000001}';
    const on = (changed: object) => ({
      windowsPath: '\\Windows',
      partition: { ...device.partition, ...changed } as DeviceIdentity,
    });
    expect(loaderOfWindows(uefi, on({})).loader).not.toBeNull();
    expect(loaderOfWindows(uefi, on({ diskGuid: guid })).loader).not.toBeNull();
    expect(loaderOfWindows(uefi, on({ partitionGuid: guid })).loader).toBeNull();
    expect(loaderOfWindows(uefi, place({})).loader).toBeNull();
  });

  it('is chosen for editing, or the reason names what the store starts instead', () => {
    const working = openFixture('BCD-bios');
    const store = storeOf(working);
    const place = { windowsPath: '\\Windows', partition };
    expect(chooseLoader(store, place)).toEqual({ loader: BIOS_LOADER });
    const other = chooseLoader(store, { ...place, windowsPath: '\\Win2' });
    expect(other).toEqual({ why: expect.stringContaining(BIOS_LOADER) });
    expect(other).toEqual({ why: expect.stringContaining('\\Win2 on mbr:a45b3e8d@525336576') });
    const second = '{11111111-2222-4333-8444-555555555555}';
    working.apply(copyObject(store, store.object(BIOS_LOADER)!, second, 'Twin'), NOW);
    expect(chooseLoader(store, place)).toEqual({ loader: BIOS_LOADER });
    working.apply(deleteElement(store, store.object(BOOTMGR)!, ELEMENT.default), NOW);
    expect(chooseLoader(store, place)).toEqual({ why: expect.stringContaining(second) });
    expect(chooseLoader(store, place, second.toUpperCase())).toEqual({ loader: second });
    expect(chooseLoader(storeOf(openRecovery()), place)).toEqual({
      why: expect.stringContaining('recovery environment'),
    });
  });

  it('tells which of several stores boots it', () => {
    const stores = [openRecovery(), openFixture('BCD-uefi'), openFixture('BCD-bios')].map((working) => ({
      store: storeOf(working),
    }));
    expect(storesOfWindows(stores, { windowsPath: '\\Windows', partition })).toEqual([stores[2]]);
    expect(storesOfWindows(stores, { windowsPath: '\\Windows', partition: null })).toEqual([stores[1], stores[2]]);
  });
});
