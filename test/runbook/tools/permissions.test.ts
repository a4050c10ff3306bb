// icacls and takeown on a volume with descriptors, as the article uses them.

import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DescriptorAccess } from '../../../src/base/write-fs.ts';
import { type Host, thisHost } from '../../../src/host.ts';
import type { PreparedRun } from '../../../src/runbook/run/run.ts';
import { encodeDescriptor, fromSddl, parseDescriptor, toSddl } from '../../../src/security/index.ts';
import { disk, run } from '../disk.ts';

const BEFORE = 'O:SYG:SYD:AI(A;ID;FA;;;SY)(A;OICI;FR;;;BA)';

/** A host whose volumes keep a descriptor for every file, in memory, by whichever path the file is reached. */
function hostWithDescriptors(): { host: Host; sddl(path: string): string } {
  const real = thisHost();
  const kept = new Map<string, Uint8Array>();
  const descriptors: DescriptorAccess = {
    read: (path) => kept.get(realpathSync(path)) ?? encodeDescriptor(fromSddl(BEFORE)),
    write: (path, descriptor) => void kept.set(realpathSync(path), descriptor),
  };
  const host = Object.create(real, {
    descriptors: { value: descriptors },
    writing: { value: { ...real.writing, descriptors } },
  }) as Host;
  return { host, sddl: (path) => toSddl(parseDescriptor(descriptors.read(path)!)) };
}

const KEYS = 'ProgramData/Microsoft/Crypto/RSA/MachineKeys';

const prepare = (text: string, host: Host, windows: string): PreparedRun =>
  run(text, { windows, esp: null }, { name: 'keys.cmd' }, host);

const ARTICLE = `Md F:\\temp
icacls F:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys /t /c > c:\\temp\\BeforeScript_permissions.txt
takeown /f "F:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys" /a /r
icacls F:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys /t /c /grant "NT AUTHORITY\\System:(F)"
icacls F:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys /t /c /grant "NT AUTHORITY\\NETWORK SERVICE:(R)"
icacls F:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys /t /c /grant "BUILTIN\\Administrators:(F)"
icacls F:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys /t /c > c:\\temp\\AfterScript_permissions.txt
`;

function keysDisk(): { windows: string; folder: string; key: string } {
  const { windows } = disk();
  const folder = join(windows, KEYS);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'key'), 'x');
  return { windows, folder, key: join(folder, 'key') };
}

describe('permissions', () => {
  it("the article's block: owner, three rights on the folder and what is in it, listings before and after", () => {
    const { windows, folder, key } = keysDisk();
    const { host, sddl } = hostWithDescriptors();
    const ready = prepare(ARTICLE, host, windows);
    expect(ready.refusal).toBeNull();
    expect(ready.steps.map((step) => step.state)).toEqual(Array(7).fill('done'));
    const text = (name: string): string => new TextDecoder().decode(ready.listings.get(`C\\temp\\${name}`));
    expect(text('BeforeScript_permissions.txt')).not.toContain('NETWORK SERVICE');
    expect(text('BeforeScript_permissions.txt')).toContain('Successfully processed 2 files; Failed processing 0 files');
    expect(text('AfterScript_permissions.txt')).toContain('F:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys\\key ');
    expect(text('AfterScript_permissions.txt')).toContain('NT AUTHORITY\\NETWORK SERVICE:(R)');
    expect(ready.prepared.commit().status).toBe('ok');
    ready.prepared[Symbol.dispose]();
    for (const path of [folder, key]) {
      expect(sddl(path)).toMatch(/^O:BA/);
      for (const entry of ['(A;;FA;;;SY)', '(A;;FR;;;NS)', '(A;;FA;;;BA)']) expect(sddl(path)).toContain(entry);
    }
    const again = prepare(ARTICLE, host, windows);
    expect(again.prepared.changes).toEqual([]);
    again.prepared[Symbol.dispose]();
  });

  it('takes SIDs, removes entries, sets the owner, saves and restores', () => {
    const { windows, folder } = keysDisk();
    const { host, sddl } = hostWithDescriptors();
    const path = 'F:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys';
    const first = prepare(
      `icacls ${path} /save F:\\saved.txt\nicacls ${path} /grant *S-1-5-20:(OI)(CI)(RX) /remove *S-1-5-32-544 /setowner *S-1-5-32-544`,
      host,
      windows,
    );
    expect(first.refusal).toBeNull();
    first.prepared.commit();
    first.prepared[Symbol.dispose]();
    expect(sddl(folder)).toBe('O:BAG:SYD:AI(A;OICI;0x1200a9;;;NS)(A;ID;FA;;;SY)');
    const back = prepare('icacls F:\\ProgramData\\Microsoft\\Crypto\\RSA /restore F:\\saved.txt', host, windows);
    expect(back.refusal).toBeNull();
    back.prepared.commit();
    back.prepared[Symbol.dispose]();
    expect(sddl(folder)).toBe(BEFORE.replace('O:SY', 'O:BA'));
  });

  it('passes on what a folder passes on, breaks and restores inheritance, and resets', () => {
    const { windows, folder, key } = keysDisk();
    const { host, sddl } = hostWithDescriptors();
    const path = 'F:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys';
    const done = (line: string): string[] => {
      const ready = prepare(line, host, windows);
      expect(ready.refusal, line).toBeNull();
      ready.prepared.commit();
      ready.prepared[Symbol.dispose]();
      return [sddl(folder), sddl(key)];
    };
    const inherited = (text: string): string => text.slice(text.indexOf('D:'));
    expect(done(`icacls ${path} /grant *S-1-5-20:(OI)(CI)(RX)`).map(inherited)[1]).toContain('(A;ID;0x1200a9;;;NS)');
    expect(done(`icacls ${path}\\key /inheritance:d`)[1]).toMatch(/D:PA?I?.*\(A;;0x1200a9;;;NS\)/);
    // What is protected takes no more from above.
    expect(done(`icacls ${path} /remove *S-1-5-20`)[1]).toContain('(A;;0x1200a9;;;NS)');
    expect(done(`icacls ${path}\\key /inheritance:e`)[1]).toContain('(A;;0x1200a9;;;NS)');
    expect(done(`icacls ${path}\\key /reset`)[1]).not.toContain('NS');
    expect(done(`icacls ${path}\\key /inheritance:r`)[1]).toMatch(/D:P(?:AI)?$/);
    expect(done(`icacls ${path} /deny *S-1-1-0:(W)`)[0]).toMatch(/\(D;;[^;]*;;;WD\)/);
  });

  it('refuses names that only their machine knows, and switches that are not done', () => {
    const { windows } = keysDisk();
    const { host } = hostWithDescriptors();
    for (const rest of ['/grant CONTOSO\\x:(F)', '/setintegritylevel H', '/findsid *S-1-5-18']) {
      const ready = prepare(`icacls F:\\ProgramData ${rest}`, host, windows);
      expect(ready.refusal?.code, rest).toBe('UNRESOLVED_LINE');
      ready.prepared[Symbol.dispose]();
    }
  });
});
