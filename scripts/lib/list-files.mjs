import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * All files below a directory, in a fixed order, as paths that begin with it. A missing directory has none.
 * Symbolic links are listed, not followed.
 */
export function listFiles(directory, skippedNames = []) {
  let entries;
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .filter((entry) => !skippedNames.includes(entry.name))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? listFiles(path, skippedNames) : [path];
    });
}
