import { readlinkSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errnoOf } from './files-errors.js';

const MAX_LINKS = 40;

/**
 * The place that `path` leads to through symbolic links, whether or not a file is there yet (which `realpath` would
 * require). A rename needs it: renaming onto a link would replace the link.
 */
export function followLinks(path: string): string {
  let place = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    const link = readLink(place);
    if (link === null) return place;
    place = resolve(realpathSync(dirname(place)), link);
  }
  // The system gives up on a circle with the error that fits.
  return realpathSync(path);
}

function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch (error) {
    // EINVAL: something that is not a link.
    if (errnoOf(error) === 'EINVAL' || errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}
