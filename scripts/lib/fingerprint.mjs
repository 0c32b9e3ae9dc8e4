import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';

/** One digest over the names and contents of files; a missing file counts as missing, not as empty. */
export function fingerprintContents(paths) {
  return digest(paths, (path) => readFileSync(path));
}

/** The same over names, sizes and times: far cheaper, and enough for files that only a build writes. */
export function fingerprintStatus(paths) {
  return digest(paths, (path) => {
    const { size, mtimeMs } = statSync(path);
    return Buffer.from(`${size} ${mtimeMs}`);
  });
}

function digest(paths, describe) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const description = describeOrMissing(path, describe);
    hash.update(`${path}\0${description?.length ?? 'missing'}\0`);
    if (description !== undefined) hash.update(description);
  }
  return hash.digest('hex');
}

function describeOrMissing(path, describe) {
  try {
    return describe(path);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
