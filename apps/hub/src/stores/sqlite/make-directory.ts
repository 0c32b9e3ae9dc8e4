import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * With all above it that are missing. Node's own `recursive` never ends where a file system has a directory and lets nobody
 * make another one in it, such as /proc.
 */
export function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  const above = dirname(directory);
  if (above !== directory) makeDirectory(above);
  try {
    mkdirSync(directory);
  } catch (error) {
    // Somebody else has made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
