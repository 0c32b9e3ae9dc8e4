import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { rootDirectory } from './root-directory.mjs';
import { readStamp, writeStamp } from './stamp.mjs';
import { readManifest } from './workspace.mjs';

const STAMP = 'pnpm-directory';

/**
 * The environment in which `pnpm` is the version that `packageManager` pins. turbo looks for pnpm on PATH, so a pnpm
 * that npx fetched has to be found there too.
 */
export function pinnedPnpmEnvironment() {
  const directory = pinnedPnpmDirectory(pinnedPnpmVersion());
  const path = directory === undefined ? process.env.PATH : `${directory}${delimiter}${process.env.PATH}`;
  return { ...process.env, PATH: path, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' };
}

export function pinnedPnpmVersion() {
  const { packageManager = '' } = readManifest(rootDirectory);
  const version = /^pnpm@(\d+\.\d+\.\d+)/.exec(packageManager)?.[1];
  if (version === undefined) {
    throw new Error(`package.json: "packageManager" is "${packageManager}". Write "pnpm@<exact version>" there.`);
  }
  return version;
}

/** The directory that has to come first on PATH, or undefined when PATH leads to the pinned version already. */
function pinnedPnpmDirectory(version) {
  const remembered = readStamp(STAMP);
  if (remembered !== undefined && versionFetchedInto(remembered) === version) return remembered;
  if (versionOnPath() === version) return undefined;
  const directory = fetchPnpm(version);
  writeStamp(STAMP, directory);
  return directory;
}

function versionOnPath() {
  // Inside the repository pnpm would answer with, and download, the version that is pinned there.
  const result = spawnSync('pnpm', ['--version'], { cwd: tmpdir(), encoding: 'utf8', timeout: 10_000 });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

function fetchPnpm(version) {
  const parameters = ['--yes', `--package=pnpm@${version}`, '--', 'node', '--print', 'process.env.PATH'];
  const result = spawnSync('npx', parameters, { cwd: tmpdir(), encoding: 'utf8' });
  const directory = (result.stdout ?? '')
    .trim()
    .split(delimiter)
    .find((candidate) => versionFetchedInto(candidate) === version);
  if (directory === undefined) {
    throw new Error(
      `${result.stderr ?? ''}${result.error?.message ?? ''}\npnpm ${version} could not be fetched with ` +
        `\`npx ${parameters.slice(0, 2).join(' ')}\`. Check that npm can reach its registry, or install that version ` +
        `yourself (\`npm install --global pnpm@${version}\`), and try again.`,
    );
  }
  return directory;
}

/** npx puts `<cache>/node_modules/.bin` on PATH, beside the package itself. */
function versionFetchedInto(directory) {
  const manifest = join(directory, '..', 'pnpm', 'package.json');
  if (!existsSync(join(directory, 'pnpm')) || !existsSync(manifest)) return undefined;
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}
