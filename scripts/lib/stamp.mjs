import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rootDirectory } from './root-directory.mjs';

// Inside node_modules, so that deleting node_modules also forgets what was done with it.
const pathOf = (name) => join(rootDirectory, 'node_modules', '.cache', 'house', name);

/** What was last noted under this name, or undefined. */
export function readStamp(name) {
  try {
    return readFileSync(pathOf(name), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

export function writeStamp(name, text) {
  mkdirSync(dirname(pathOf(name)), { recursive: true });
  writeFileSync(pathOf(name), text);
}

/** Called before the work that a stamp vouches for, so that an interrupted run leaves none behind. */
export function removeStamp(name) {
  rmSync(pathOf(name), { force: true });
}
