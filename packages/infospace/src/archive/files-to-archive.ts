import { join } from 'node:path';
import { compareCodePoints } from '../compare-code-points.js';
import { type DirectoryEntry, directoryEntries } from '../storage/directory-entries.js';
import { notArchivable } from './archive-errors.js';
import { nameProblem } from './entry-name.js';
import { whyLeftOut } from './left-out.js';

/** `path` is relative to the infospace, with `/`. `left out`: and a person should know. */
export interface FoundFile {
  readonly path: string;
  readonly state: 'kept' | 'left out';
}

const kinds: Readonly<Record<Exclude<DirectoryEntry['kind'], 'file' | 'directory'>, string>> = {
  link: 'a symbolic link',
  pipe: 'a pipe',
  socket: 'a socket',
  device: 'a device',
};

/**
 * The files of an infospace, in the order of the code points of their paths, whatever order the disk gives. Of a directory
 * that is left out only its name is given. No link is followed. Only the directories on the way are kept in memory.
 *
 * @param include paths that are kept although they would be left out, with all below them.
 * @throws CodedError `not_archivable` (input): a link, a socket, a pipe, a device, a name that is not safe everywhere;
 * `file_unreadable` (environment).
 */
export function* filesToArchive(root: string, include: readonly string[]): Generator<FoundFile, void> {
  const isNamed = (path: string): boolean => include.some((named) => path === named || path.startsWith(`${named}/`));
  const leadsToNamed = (path: string): boolean => include.some((named) => named.startsWith(`${path}/`));

  function* below(directory: string, isOut: boolean): Generator<FoundFile, void> {
    for (const { name, kind } of inOrder(directoryEntries(join(root, directory)))) {
      const path = directory === '' ? name : `${directory}/${name}`;
      const why = isNamed(path) ? null : whyLeftOut(path);
      const staysOut = why !== null || (isOut && !isNamed(path));
      if (staysOut && !(kind === 'directory' && leadsToNamed(path))) {
        if (why === 'private') yield { path: kind === 'directory' ? `${path}/` : path, state: 'left out' };
        continue;
      }
      refuseUnsafe(join(root, path), path, kind);
      if (kind === 'directory') yield* below(path, staysOut);
      else yield { path, state: 'kept' };
    }
  }

  yield* below('', false);
}

/** Sorted so that the paths below a directory come where they belong among the files beside it. */
function inOrder(entries: readonly DirectoryEntry[]): DirectoryEntry[] {
  const key = ({ name, kind }: DirectoryEntry): string => (kind === 'directory' ? `${name}/` : name);
  return [...entries].sort((a, b) => compareCodePoints(key(a), key(b)));
}

function refuseUnsafe(file: string, path: string, kind: DirectoryEntry['kind']): void {
  if (kind !== 'file' && kind !== 'directory') {
    const advice = 'An archive holds files only: move it away, or put a file in its place, and run again.';
    throw notArchivable(file, `this is ${kinds[kind]}`, advice);
  }
  const problem = nameProblem(path);
  if (problem === null) return;
  throw notArchivable(file, `this name ${problem}`, 'It could not be unpacked everywhere: rename it and run again.');
}
