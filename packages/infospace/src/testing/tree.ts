import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What is at a name: the bytes of a file (as latin-1, which knows every byte), or what else is there. */
export type Tree = Record<string, string>;

// Files that are larger are holes in these tests, and told by their size.
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Everything below a directory, links and pipes included and not followed, to see that nothing changed on disk. Left
 * out are directories as such, the lock, which comes and goes, and indexes, which may be deleted at any time.
 */
export function treeOf(directory: string): Tree {
  const tree: Tree = {};
  const visit = (below: string): void => {
    for (const entry of readdirSync(join(directory, below), { withFileTypes: true })) {
      if (/^\.(?:lock|index)/.test(entry.name)) continue;
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) visit(name);
      else tree[name] = contentOf(join(directory, name));
    }
  };
  visit('');
  return tree;
}

function contentOf(path: string): string {
  const status = lstatSync(path);
  if (status.isSymbolicLink()) return `link to ${readlinkSync(path)}`;
  if (!status.isFile()) return 'neither a file nor a directory';
  return status.size > MAX_BYTES ? `${status.size} bytes` : readFileSync(path, 'latin1');
}
