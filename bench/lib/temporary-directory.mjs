import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Does the work in a directory of its own, which is gone afterwards. */
export async function inTemporaryDirectory(work) {
  const directory = mkdtempSync(join(tmpdir(), 'budget-bench-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Waits until what was written before is on disk, so that it does not get there while something is measured. */
export function settleDisk() {
  // Where there is no such command, measurements are only a little less quiet.
  spawnSync('sync');
}
