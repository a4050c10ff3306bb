// Real NTFS volumes for tests: image files made by mkntfs and mounted by ntfs-3g, where this machine can do that.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';

/** Runs a program; its output, or an Error with what it said. */
export function sh(program: string, ...args: string[]): string {
  const result = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  if (result.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${result.error?.message ?? result.stderr}`);
  return result.stdout;
}

export interface NtfsImages {
  /** A folder for this test file, removed at its end. */
  readonly folder: string;
  /** A new image file holding an empty NTFS volume of `sizeMib`; `options` are those of mkntfs. */
  make(name: string, sizeMib?: number, ...options: string[]): string;
  /** Mounts an image or device; the same place may be mounted again after `unmount`. */
  mount(source: string, ...options: string[]): string;
  unmount(place: string): void;
}

function reasonToSkip(): string | null {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  if (!existsSync('/dev/fuse')) return 'there is no /dev/fuse';
  for (const program of ['mkntfs', 'ntfs-3g', 'umount']) {
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `${program} is not installed`;
  }
  const folder = mkdtempSync(join(tmpdir(), 'hivemend-probe-'));
  try {
    const image = join(folder, 'image');
    makeNtfs(image, 4);
    mkdirSync(join(folder, 'mount'));
    sh('ntfs-3g', image, join(folder, 'mount'));
    sh('umount', join(folder, 'mount'));
    return null;
  } catch (error) {
    return `ntfs-3g cannot mount here (${error instanceof Error ? error.message.trim() : error})`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function makeNtfs(image: string, sizeMib: number, options: readonly string[] = []): void {
  writeFileSync(image, '');
  truncateSync(image, sizeMib * 2 ** 20);
  sh('mkntfs', '-F', '-q', '-Q', ...options, image);
}

/** Whatever a test that failed halfway left: mounted twice, without its driver, or not at all. */
function unmountWholly(place: string): void {
  const isMounted = (): boolean => readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${place} `);
  for (let tries = 0; isMounted(); tries += 1) {
    if (spawnSync('umount', [place]).status !== 0) sh('umount', '-l', place);
    if (tries > 20) throw new Error(`${place} stays mounted`);
  }
}

/** A `describe` on real NTFS that runs only where it can be mounted, and whose title says why where it cannot. */
export function describeNtfs(name: string, body: (images: NtfsImages) => void): void {
  const why = reasonToSkip();
  if (why !== null) {
    describe(name, () => it.skipIf(true)(`skipped: ${why}`, () => {}));
    return;
  }
  describe(name, () => {
    const folder = mkdtempSync(join(tmpdir(), 'hivemend-ntfs-'));
    const mounted: string[] = [];
    afterAll(() => {
      for (const place of mounted) unmountWholly(place);
      rmSync(folder, { recursive: true, force: true });
    });
    body({
      folder,
      make: (imageName, sizeMib = 12, ...options) => {
        const image = join(folder, imageName);
        makeNtfs(image, sizeMib, options);
        return image;
      },
      mount: (source, ...options) => {
        const place = join(folder, `mount-${mounted.length}-${source.replace(/.*\//, '')}`);
        mkdirSync(place, { recursive: true });
        sh('ntfs-3g', ...options, source, place);
        mounted.push(place);
        return place;
      },
      unmount: (place) => {
        sh('umount', place);
        mounted.splice(mounted.indexOf(place), 1);
      },
    });
  });
}
