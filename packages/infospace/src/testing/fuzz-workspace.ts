import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Tree, treeOf } from './tree.js';

/** A workspace of one infospace that is brought back to given files again and again: cheaper than a new one a case. */
export interface FuzzWorkspace {
  readonly directory: string;
  readonly infospace: string;
  /** Afterwards exactly these files are there. Names are relative to the workspace, contents are latin-1. */
  reset(files: Tree): void;
  remove(): void;
}

export function fuzzWorkspace(): FuzzWorkspace {
  const directory = mkdtempSync(join(fastestDirectory(), 'budget-fuzz-'));
  return {
    directory,
    infospace: join(directory, 'infospaces', 'demo'),
    reset(files) {
      for (const name of Object.keys(treeOf(directory))) if (!(name in files)) rmSync(join(directory, name));
      for (const [name, content] of Object.entries(files)) {
        const path = join(directory, name);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, content, 'latin1');
      }
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** In memory where the system has such a place: every case waits for the disk several times. */
function fastestDirectory(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}
