import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { runCommand } from './run-command.mjs';
import { readWorkspace } from './workspace.mjs';

// Inside a git hook these would lead git to the real repository.
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));

/** Releases one package in a copy of the manifests, and fails when any other one changes with it. */
export async function checkSingleRelease(name, packages, { root, directory }) {
  const before = copyManifests(packages, root, directory);
  writeFileSync(join(directory, '.changeset', 'one.md'), `---\n'${name}': patch\n---\n\nOne change.\n`);
  await commitAll(directory);
  const changesets = join(root, 'node_modules', '@changesets', 'cli', 'bin.js');
  await runCommand(process.execPath, [changesets, 'version'], { cwd: directory, environment });
  const changed = readWorkspace(directory)
    .filter((after, index) => !isDeepStrictEqual(after.manifest, before[index].manifest))
    .map(({ manifest }) => manifest.name);
  if (isDeepStrictEqual(changed, [name])) return;
  throw new Error(
    `A changeset that names only ${name} changed ${changed.join(', ') || 'nothing'}. ` +
      'Look for "fixed" and "linked" in .changeset/config.json and for dependencies between the manifests.',
  );
}

function copyManifests(packages, root, directory) {
  const manifests = ['.', ...packages.map((each) => each.directory)].map((each) => join(each, 'package.json'));
  for (const path of ['pnpm-workspace.yaml', join('.changeset', 'config.json'), ...manifests]) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    copyFileSync(join(root, path), join(directory, path));
  }
  return readWorkspace(directory);
}

// The changelog that `changeset version` writes asks git for the commit of each changeset.
async function commitAll(directory) {
  const git = (...parameters) => runCommand('git', parameters, { cwd: directory, environment });
  const identity = ['-c', 'user.name=Check', '-c', 'user.email=check@example.com', '-c', 'commit.gpgsign=false'];
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git(...identity, 'commit', '--quiet', '--no-verify', '--message', 'Copy');
}
