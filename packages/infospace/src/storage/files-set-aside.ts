import { closeSync, lstatSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncingDirectory } from './files-directory.js';
import { errnoOf, notAFile, writeError } from './files-errors.js';
import { followLinks } from './files-links.js';
import { removeQuietly } from './files-temporary.js';

const MAX_NUMBER = 1000;

/**
 * Renames the file to `<name>.<suffix>`, or to `<name>.<suffix>-2`, `-3` … when that is taken; nothing is overwritten.
 * Behind a symbolic link, the file is renamed and the link stays.
 *
 * @returns the new path.
 * @throws CodedError `disk_full`, `file_unwritable` (environment); `not_a_file` (input).
 */
export async function setAside(path: string, suffix: string): Promise<string> {
  if (!/^[\w.-]+$/.test(suffix)) throw new RangeError(`Not fit for the end of a file name: ${JSON.stringify(suffix)}`);
  try {
    const target = followLinks(path);
    if (lstatSync(target).isDirectory()) throw notAFile(path);
    return syncingDirectory(dirname(target), (sync) => {
      const aside = reserveName(`${target}.${suffix}`);
      try {
        renameSync(target, aside);
      } catch (error) {
        removeQuietly(aside);
        throw error;
      }
      sync();
      return aside;
    });
  } catch (error) {
    throw writeError(path, error);
  }
}

/** Creates an empty file under the first free name: a rename overwrites, so the name must be ours before. */
function reserveName(wanted: string): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    try {
      closeSync(openSync(name, 'wx'));
      return name;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST' || number === MAX_NUMBER) throw error;
    }
  }
}
