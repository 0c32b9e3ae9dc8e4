import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PAGE_BYTES = 4096;

export interface SmallDisk {
  readonly directory: string;
  /** Leaves room for so many pages. */
  fillUpTo(pages: number): void;
  makeRoom(): void;
  remove(): void;
}

/** A disk of one mebibyte, where this user and this system give one. */
export function smallDisk(): SmallDisk | null {
  if (process.getuid?.() !== 0) return null;
  const directory = mkdtempSync(join(tmpdir(), 'budget-full-disk-'));
  const { status } = spawnSync('sh', ['-c', 'mount -t tmpfs -o size=1m tmpfs "$0"', directory]);
  if (status !== 0) {
    rmSync(directory, { recursive: true });
    return null;
  }
  const filler = join(directory, 'filler');
  return {
    directory,
    fillUpTo(pages) {
      spawnSync('dd', ['if=/dev/zero', `of=${filler}`, `bs=${PAGE_BYTES}`]);
      truncateSync(filler, statSync(filler).size - pages * PAGE_BYTES);
    },
    makeRoom: () => rmSync(filler),
    remove() {
      spawnSync('sh', ['-c', 'umount "$0"', directory]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
