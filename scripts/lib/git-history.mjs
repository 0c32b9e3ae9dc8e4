import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const OUTPUT_LIMIT_BYTES = 1024 ** 3;

/**
 * The commits of HEAD's history that are not merges, newest first, as `{ hash, subject, changes, isCut }` with
 * `changes: { status, path }[]`. None where there is no repository or no commit. `isCut` marks where a shallow clone
 * ends: git shows such a commit as if it added every file, and what it changed cannot be known.
 */
export function readCommits(root) {
  if (!existsSync(join(root, '.git')) || !hasCommits(root)) return [];
  const cut = shallowCommits(root);
  const log = git(root, [
    '-c',
    'log.showSignature=false',
    'log',
    '--no-merges',
    '--no-renames',
    '--name-status',
    '-z',
    '--format=>%H%x00%s',
  ]);
  return log
    .split(/\0?>(?=[0-9a-f]{40,64}\0)/)
    .slice(1)
    .map(parseCommit)
    .map((commit) => ({ ...commit, isCut: cut.has(commit.hash) }));
}

/** The contents of `{ hash, path }` objects in one call, in their order; undefined for what is not there. */
export function readBlobs(root, objects) {
  if (objects.length === 0) return [];
  const names = Buffer.from(objects.map(({ hash, path }) => `${hash}:${path}\n`).join(''));
  const output = git(root, ['cat-file', '--batch'], names, 'buffer');
  const contents = [];
  for (let position = 0; contents.length < objects.length; ) {
    const end = output.indexOf('\n', position);
    const size = / blob (\d+)$/.exec(output.toString('utf8', position, end))?.[1];
    position = end + 1;
    if (size === undefined) {
      contents.push(undefined);
      continue;
    }
    contents.push(output.toString('utf8', position, position + Number(size)));
    position += Number(size) + 1;
  }
  return contents;
}

function parseCommit(record) {
  const [hash, subject, ...fields] = record.split('\0');
  const changes = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    changes.push({ status: fields[index].trim(), path: fields[index + 1] });
  }
  return { hash, subject, changes };
}

function hasCommits(root) {
  return spawnSync('git', ['rev-parse', '--verify', '--quiet', 'HEAD'], { cwd: root }).status === 0;
}

function shallowCommits(root) {
  const path = resolve(root, git(root, ['rev-parse', '--git-path', 'shallow']).trim());
  return new Set(existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []);
}

function git(root, parameters, input, encoding = 'utf8') {
  const result = spawnSync('git', parameters, { cwd: root, input, encoding, maxBuffer: OUTPUT_LIMIT_BYTES });
  if (result.status === 0) return result.stdout;
  throw new Error(
    `\`git ${parameters.join(' ')}\` failed: ${result.error?.message ?? result.stderr}\n` +
      'The changesets of the history could not be checked. Mend that and try again.',
  );
}
