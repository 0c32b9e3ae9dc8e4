import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bundledPackages } from './bundled-packages.mjs';
import { fingerprintContents, fingerprintStatus } from './fingerprint.mjs';
import { listFiles } from './list-files.mjs';
import { withNativeHeaders } from './native-headers.mjs';
import { pinnedPnpmEnvironment, pinnedPnpmVersion } from './pinned-pnpm.mjs';
import { rootDirectory } from './root-directory.mjs';
import { runQuietly } from './run-quietly.mjs';
import { readStamp, removeStamp, writeStamp } from './stamp.mjs';
import { readWorkspace } from './workspace.mjs';

const APPLICATION = 'apps/cli';
const INSTALL_STAMP = 'installed';
const BUILD_STAMP = 'built';

/** Installs what the lockfile says and builds the command line, each only when something changed since last time. */
export function setUp() {
  const packages = readWorkspace(rootDirectory);
  install(packages);
  build(packages);
}

function install(packages) {
  const state = fingerprintContents(
    ['.', ...packages.map(({ directory }) => directory)]
      .map((directory) => join(rootDirectory, directory, 'package.json'))
      .concat(['pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc'].map((name) => join(rootDirectory, name))),
  );
  if (readStamp(INSTALL_STAMP) === state) return;
  const isFirst = !existsSync(join(rootDirectory, 'node_modules', '.modules.yaml'));
  say(isFirst ? 'Installing (first time, up to two minutes) …' : 'Installing (dependencies changed) …');
  removeStamp(INSTALL_STAMP);
  // Without a terminal pnpm would stop and ask before it replaces a node_modules that something else left behind.
  runQuietly('pnpm', ['install', '--frozen-lockfile', '--config.confirmModulesPurge=false'], {
    environment: withNativeHeaders(pinnedPnpmEnvironment()),
    whatToDo:
      `If it says that the lockfile is not up to date, run \`npx pnpm@${pinnedPnpmVersion()} install\` and commit ` +
      'pnpm-lock.yaml; otherwise mend what it says above and try again.',
  });
  writeStamp(INSTALL_STAMP, state);
}

function build(packages) {
  const sources = fingerprintContents(buildInputs(packages));
  if (readStamp(BUILD_STAMP) === `${sources} ${builtFiles()}`) return;
  say('Building …');
  removeStamp(BUILD_STAMP);
  const { manifest } = packages.find(({ directory }) => directory === APPLICATION);
  const turbo = join(rootDirectory, 'node_modules', '.bin', 'turbo');
  runQuietly(turbo, ['run', 'build', `--filter=${manifest.name}`, '--output-logs=errors-only', '--ui=stream'], {
    environment: pinnedPnpmEnvironment(),
    whatToDo: 'Correct what it says above and try again.',
  });
  writeStamp(BUILD_STAMP, `${sources} ${builtFiles()}`);
}

/** turbo compares its inputs too, but starting it takes most of a second. */
function buildInputs(packages) {
  const application = packages.find(({ directory }) => directory === APPLICATION);
  const names = bundledPackages(application.manifest.name, packages).add(application.manifest.name);
  const own = packages
    .filter(({ manifest }) => names.has(manifest.name))
    .flatMap(({ directory }) =>
      listFiles(join(rootDirectory, directory), ['node_modules', 'dist', '.turbo', '.reports']),
    )
    .filter((path) => !path.endsWith('.test.ts'));
  const shared = ['pnpm-lock.yaml', 'tsconfig.base.json', 'turbo.json'].map((name) => join(rootDirectory, name));
  return [...own, ...shared];
}

/** Part of the stamp, because a build by hand or a deleted directory changes it without changing a source. */
function builtFiles() {
  return fingerprintStatus(listFiles(join(rootDirectory, APPLICATION, 'dist')));
}

/** On stderr, because stdout belongs to the command that runs afterwards. */
function say(message) {
  process.stderr.write(`${message}\n`);
}

/** Sets up, or says why that failed and ends the process. */
export function setUpOrExit() {
  try {
    setUp();
  } catch (error) {
    say(error.message);
    process.exit(1);
  }
}
