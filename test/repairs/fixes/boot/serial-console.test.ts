import { describe, expect, it } from 'vitest';
import { toHex } from '../../../../src/base/bytes.ts';
import type { HivemendError } from '../../../../src/base/errors.ts';
import { elementData } from '../../../../src/bcd/data.ts';
import { copyObject, deleteElement, deleteObject, setElement } from '../../../../src/bcd/edits.ts';
import { ELEMENT } from '../../../../src/bcd/elements/element-numbers.ts';
import { BOOTMGR, EMS_SETTINGS, GLOBAL_SETTINGS } from '../../../../src/bcd/objects.ts';
import { guidsOf } from '../../../../src/bcd/store.ts';
import type { HiveEdit } from '../../../../src/registry/edit.ts';
import type { Hive } from '../../../../src/registry/hive.ts';
import type { WorkingHive } from '../../../../src/registry/working/working-hive.ts';
import { type SerialConsoleOptions, serialConsole } from '../../../../src/repairs/fixes/boot/serial-console.ts';
import { describeMachine } from '../../../../src/repairs/machine.ts';
import { DEFAULT_OPTIONS } from '../../../../src/repairs/model.ts';
import type { MachineView } from '../../../../src/repairs/view.ts';
import { NOW, openFixture, openReal, openRecovery, REAL_STORES, storeOf } from '../../../bcd/stores.ts';

const LOADER = '{8f1c0e21-7a44-11ea-9b52-000d3a4c9e10}';
const SECOND = '{11111111-2222-4333-8444-555555555555}';

function viewOf(working: WorkingHive, more: Partial<MachineView> = {}): MachineView {
  const system = openFixture('SYSTEM-healthy').hive;
  return {
    machine: describeMachine(system, null, null),
    system,
    software: null,
    bcd: storeOf(working),
    bcdMissing: null,
    loader: null,
    controlSets: [],
    windowsPath: '\\Windows',
    files: null,
    hives: [],
    freeBytes: null,
    now: NOW,
    ...more,
  };
}

function detect(view: MachineView, options: Partial<SerialConsoleOptions> = {}): string[] {
  return serialConsole.detect(view, { ...DEFAULT_OPTIONS, ...options }).map(({ code }) => code);
}

function plan(view: MachineView, options: Partial<SerialConsoleOptions> = {}): HiveEdit[] {
  return serialConsole.edits(view, { ...DEFAULT_OPTIONS, ...options }).map(({ edit }) => edit as HiveEdit);
}

/** 'object element hex' of every value that a plan writes. */
function writes(edits: readonly HiveEdit[]): string[] {
  return edits.flatMap((edit) =>
    edit.op === 'set-value' ? [`${edit.key.path[1]} ${edit.key.path[3] ?? edit.key.path[2]} ${edit.value.hex}`] : [],
  );
}

function devices(hive: Hive): string[] {
  return [...hive.walk()]
    .filter((key) => /^[123]1/.test(key.name) && key.path[2] === 'Elements')
    .map((key) => `${key.path.join('\\')} ${toHex(key.value('Element')?.data() ?? new Uint8Array())}`);
}

/** Signatures of the allocated subkey lists of an image, by a walk over its bins and cells. */
function listSignatures(image: Uint8Array): string[] {
  const view = new DataView(image.buffer, image.byteOffset);
  const found: string[] = [];
  for (let bin = 4096; bin < image.length; bin += view.getUint32(bin + 8, true)) {
    const end = bin + view.getUint32(bin + 8, true);
    for (let cell = bin + 32; cell < end; cell += Math.abs(view.getInt32(cell, true))) {
      const signature = String.fromCharCode(image[cell + 4]!, image[cell + 5]!);
      if (view.getInt32(cell, true) < 0 && /^(?:l[fhi]|ri)$/.test(signature)) found.push(signature);
    }
  }
  return found;
}

function addSecondLoader(working: WorkingHive, root: string): void {
  const store = storeOf(working);
  working.apply(copyObject(store, store.object(LOADER)!, SECOND, 'Another Windows'), NOW);
  working.apply(setElement(store, store.object(SECOND)!, ELEMENT.systemRoot, elementData.string(root)), NOW);
}

function thrownBy(run: () => unknown): HivemendError {
  try {
    run();
  } catch (error) {
    return error as HivemendError;
  }
  throw new Error('nothing was thrown');
}

describe('serial-console', () => {
  it('writes the article’s bytes, in the boot manager, the loader and {emssettings}', () => {
    const working = openFixture('BCD-bios');
    const edits = plan(viewOf(working), { asPublished: true });
    expect(writes(edits)).toEqual([
      `${BOOTMGR} 26000020 01`,
      `${BOOTMGR} 25000004 0500000000000000`,
      `${BOOTMGR} 16000020 01`,
      `${LOADER} 260000b0 01`,
      `${EMS_SETTINGS} 15000022 0100000000000000`,
      `${EMS_SETTINGS} 15000023 00c2010000000000`,
    ]);
  });

  it('lets a timeout stay that serves, and fixes one that does not', () => {
    const working = openFixture('BCD-bios');
    const timeouts = (): string[] => writes(plan(viewOf(working))).filter((write) => write.includes('25000004'));
    expect(timeouts()).toEqual([]);
    const store = storeOf(working);
    for (const seconds of [0, 31, 0xffffffff]) {
      working.apply(setElement(store, store.object(BOOTMGR)!, ELEMENT.timeout, elementData.integer(seconds)), NOW);
      expect(timeouts(), `${seconds} seconds`).toEqual([`${BOOTMGR} 25000004 0500000000000000`]);
    }
  });

  it('leaves menu and timeout alone with --serial ems', () => {
    const written = writes(plan(viewOf(openFixture('BCD-uefi')), { serial: 'ems', asPublished: true })).join('\n');
    expect(written).not.toMatch(/26000020|25000004/);
    expect(written).toContain(`${BOOTMGR} 16000020 01`);
  });

  it.each(['BCD-bios', 'BCD-uefi'] as const)('changes nothing the second time, nor any device, in %s', (name) => {
    const working = openFixture(name);
    const before = devices(working.hive);
    for (const options of [{}, { asPublished: true }, { serial: 'ems' as const }]) {
      working.apply(plan(viewOf(working), options), NOW);
      expect(plan(viewOf(working), options)).toEqual([]);
      expect(detect(viewOf(working), options)).toEqual([]);
    }
    expect(devices(working.hive)).toEqual(before);
  });

  it('adds keys to lf lists, as stores of version 1.3 have them, and makes no lh list', () => {
    const working = openFixture('BCD-bios');
    const store = storeOf(working);
    working.apply(deleteObject(store, store.object(EMS_SETTINGS)!, true), NOW);
    working.apply(plan(viewOf(working), { asPublished: true }), NOW);
    const lists = listSignatures(working.image());
    expect(lists).toContain('lf');
    expect(lists).not.toContain('lh');
  });

  it('edits the loader that was chosen, and no other', () => {
    const working = openFixture('BCD-bios');
    addSecondLoader(working, '\\Windows2');
    const loaders = (more: Partial<MachineView>, options = {}): string[] =>
      writes(plan(viewOf(working, more), options)).filter((write) => write.includes('260000b0'));
    expect(loaders({})).toEqual([`${LOADER} 260000b0 01`]);
    expect(loaders({ loader: SECOND })).toEqual([`${SECOND} 260000b0 01`]);
    expect(loaders({}, { allLoaders: true })).toEqual([`${LOADER} 260000b0 01`, `${SECOND} 260000b0 01`]);
  });

  it('creates {emssettings} and lets it be inherited', () => {
    const working = openFixture('BCD-bios');
    const store = storeOf(working);
    working.apply(deleteObject(store, store.object(EMS_SETTINGS)!, true), NOW);
    working.apply(plan(viewOf(working)), NOW);
    expect(store.object(EMS_SETTINGS)?.type).toBe(0x20100000);
    expect(guidsOf(store.object(GLOBAL_SETTINGS), ELEMENT.inherit)).toContain(EMS_SETTINGS);
    expect(plan(viewOf(working))).toEqual([]);
  });

  it('lets entries reach the settings that they do not inherit yet', () => {
    const working = openFixture('BCD-bios');
    const store = storeOf(working);
    working.apply(deleteObject(store, store.object(GLOBAL_SETTINGS)!, true), NOW);
    working.apply(deleteElement(store, store.object(LOADER)!, ELEMENT.inherit), NOW);
    working.apply(plan(viewOf(working)), NOW);
    expect(guidsOf(store.object(GLOBAL_SETTINGS), ELEMENT.inherit)).toEqual([EMS_SETTINGS]);
    expect(guidsOf(store.object(BOOTMGR), ELEMENT.inherit)).toEqual([GLOBAL_SETTINGS]);
    expect(guidsOf(store.object(LOADER), ELEMENT.inherit)).toEqual([GLOBAL_SETTINGS]);
    expect(plan(viewOf(working))).toEqual([]);
  });

  it('says what it changes besides: the firmware’s port, BitLocker', () => {
    const uefi = detect(viewOf(openFixture('BCD-uefi'), { hasBitLocker: true }));
    expect(uefi).toEqual(['SERIAL_CONSOLE_OFF', 'SERIAL_PORT_FROM_FIRMWARE', 'BITLOCKER_MAY_ASK_FOR_KEY']);
    expect(detect(viewOf(openFixture('BCD-bios')))).toEqual(['SERIAL_CONSOLE_OFF']);
    const security = serialConsole
      .edits(viewOf(openFixture('BCD-bios')), DEFAULT_OPTIONS)
      .filter((edit) => edit.security);
    expect(security.map(({ security: note }) => note?.effect)).toEqual(['lowers', 'lowers', 'lowers']);
  });

  it('sees BitLocker by what it leaves on an unlocked volume', () => {
    const files = {
      exists: () => false,
      list: (path: string) =>
        path === '\\System Volume Information' ? ['FVE2.{e40ad34d-dae9-4bc7-95bd-b16218c10f72}.1'] : [],
      sizeBytes: () => null,
      readFile: () => null,
      descriptor: () => null,
    };
    expect(detect(viewOf(openFixture('BCD-bios'), { files }))).toContain('BITLOCKER_MAY_ASK_FOR_KEY');
  });

  it('finds a default that does not exist, and fixes it when it is told with what', () => {
    const working = openFixture('BCD-bios');
    const store = storeOf(working);
    addSecondLoader(working, '\\Windows2');
    const gone = '{00000000-1111-2222-3333-444444444444}';
    working.apply(setElement(store, store.object(BOOTMGR)!, ELEMENT.default, elementData.guid(gone)), NOW);
    const [finding] = serialConsole.detect(viewOf(working), DEFAULT_OPTIONS);
    expect(finding).toMatchObject({ code: 'DEFAULT_DANGLING', severity: 'error', repair: 'serial-console' });
    expect(finding?.text).toContain(LOADER);
    expect(thrownBy(() => plan(viewOf(working)))).toMatchObject({ kind: 'RefusedError', code: 'AMBIGUOUS' });
    expect(thrownBy(() => plan(viewOf(working), { fixDefault: gone }))).toMatchObject({ kind: 'UsageError' });
    const options = { ...DEFAULT_OPTIONS, fixDefault: SECOND };
    expect(serialConsole.edits(viewOf(working), options)[0]).toMatchObject({ fixes: 'DEFAULT_DANGLING' });
    working.apply(plan(viewOf(working), options), NOW);
    expect(store.resolveDefault().id).toBe(SECOND);
    expect(detect(viewOf(working), options)).toEqual([]);
    expect(plan(viewOf(working), options)).toEqual([]);
  });

  it('refuses a store that starts no Windows, and says what it is', () => {
    const view = viewOf(openRecovery());
    expect(detect(view)).toEqual(['DEFAULT_DANGLING']);
    expect(thrownBy(() => plan(view))).toMatchObject({ kind: 'RefusedError', code: 'AMBIGUOUS' });
    expect(thrownBy(() => plan(view, { allLoaders: true })).code).toBe('AMBIGUOUS');
    expect(serialConsole.unavailable?.({ ...view, bcd: null, bcdMissing: 'no ESP was given' }, DEFAULT_OPTIONS)).toBe(
      'no ESP was given',
    );
  });

  it.each(REAL_STORES)('does what is right for the real store %s', (name) => {
    const working = openReal(name);
    const before = devices(working.hive);
    if (storeOf(working).windowsLoaders().length === 0) {
      expect(thrownBy(() => plan(viewOf(working))).code).toBe('AMBIGUOUS');
      return;
    }
    const default_ = storeOf(working).resolveDefault().id;
    const edits = plan(viewOf(working));
    expect(writes(edits).filter((write) => write.includes('260000b0'))).toEqual([`${default_} 260000b0 01`]);
    working.apply(edits, NOW);
    expect(plan(viewOf(working))).toEqual([]);
    expect(detect(viewOf(working))).toEqual([]);
    expect(devices(working.hive)).toEqual(before);
  });
});
