import { copyFileSync, existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { builtFileFaults } from './built-file-faults.mjs';
import { compileAll, createConsumer, importAll, lendPackage, requireAll } from './consumer.mjs';
import { packageSubpaths } from './package-subpaths.mjs';
import { runCommand } from './run-command.mjs';
import { checkSingleRelease } from './single-release.mjs';

const isLibrary = ({ manifest }) => manifest.exports !== undefined;
const isCommand = ({ manifest }) => manifest.bin !== undefined;

/**
 * What has to hold for a published package, in order, because later checks use what earlier ones leave behind. Each
 * gets `{ root, packages, directory, manifest, scratch, environment }` and rejects when it does not hold.
 */
export const packageChecks = [
  { name: 'packs', check: pack },
  { name: 'publint', check: lint },
  { name: 'types resolve in every mode (attw)', appliesTo: isLibrary, check: resolveTypes },
  { name: 'installs alone', check: install },
  { name: 'built files need nothing undeclared', check: readBuiltFiles },
  { name: 'loads without its optional peers', appliesTo: isLibrary, check: loadMainEntry },
  { name: 'every sub-path can be imported', appliesTo: isLibrary, check: importSubpaths },
  { name: 'every sub-path can be required', appliesTo: isLibrary, check: requireSubpaths },
  { name: 'every sub-path compiles', appliesTo: isLibrary, check: compileSubpaths },
  { name: 'works alone', appliesTo: (context) => existsSync(programOf(context)), check: runProgram },
  { name: 'its commands tell its version', appliesTo: isCommand, check: runCommands },
  { name: 'a changeset releases it alone', check: releaseAlone },
];

const tool = (root, name) => join(root, 'node_modules', '.bin', name);
const consumerOf = ({ scratch }) => join(scratch, 'consumer');

async function pack({ root, directory, scratch, environment }) {
  const destination = join(scratch, 'packed');
  mkdirSync(destination, { recursive: true });
  await runCommand('pnpm', ['pack', '--pack-destination', destination], { cwd: join(root, directory), environment });
}

function tarballIn(scratch) {
  const destination = join(scratch, 'packed');
  return join(destination, readdirSync(destination)[0]);
}

async function lint({ root, scratch }) {
  await runCommand(tool(root, 'publint'), ['run', tarballIn(scratch), '--strict'], { cwd: scratch });
}

async function resolveTypes({ root, scratch }) {
  // Node 10 knows no sub-paths, and no Node that is supported here resolves its way.
  const options = ['--profile', 'node16', '--no-color', '--no-emoji'];
  await runCommand(tool(root, 'attw'), [tarballIn(scratch), ...options], { cwd: scratch });
}

async function install(context) {
  await createConsumer(consumerOf(context), tarballIn(context.scratch));
}

async function loadMainEntry(context) {
  const main = packageSubpaths(context.manifest).filter(({ specifier }) => specifier === context.manifest.name);
  await importAll(consumerOf(context), main);
  await requireAll(consumerOf(context), main);
}

async function importSubpaths(context) {
  lendOptionalPeers(context);
  await importAll(consumerOf(context), packageSubpaths(context.manifest));
}

async function requireSubpaths(context) {
  await requireAll(consumerOf(context), packageSubpaths(context.manifest));
}

async function compileSubpaths(context) {
  await compileAll(consumerOf(context), packageSubpaths(context.manifest), context.root);
}

/** A program that uses the package as its users would, where there is one. */
function programOf({ root, manifest }) {
  return join(root, 'scripts', 'works-alone', `${manifest.name.replace(/^@[^/]+\//, '')}.mjs`);
}

async function runProgram(context) {
  const directory = consumerOf(context);
  const program = join(directory, 'works-alone.mjs');
  copyFileSync(programOf(context), program);
  await runCommand(process.execPath, [program], { cwd: directory });
}

function lendOptionalPeers(context) {
  const { root, directory, manifest } = context;
  for (const [name, { optional }] of Object.entries(manifest.peerDependenciesMeta ?? {})) {
    if (!optional) continue;
    const source = join(root, directory, 'node_modules', name);
    if (!existsSync(source)) {
      throw new Error(
        `${name} is an optional peer of ${manifest.name}. Add it to devDependencies too, so that it can be tried.`,
      );
    }
    lendPackage(consumerOf(context), name, realpathSync(source));
  }
}

async function readBuiltFiles(context) {
  const installed = join(consumerOf(context), 'node_modules', context.manifest.name);
  const faults = builtFileFaults(installed, context.manifest, context.packages);
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

async function runCommands(context) {
  const consumer = consumerOf(context);
  for (const name of Object.keys(context.manifest.bin)) {
    const version = (await runCommand(tool(consumer, name), ['--version'], { cwd: consumer })).trim();
    if (version === context.manifest.version) continue;
    throw new Error(`\`${name} --version\` printed "${version}", but the manifest says ${context.manifest.version}.`);
  }
}

async function releaseAlone({ root, packages, manifest, scratch }) {
  await checkSingleRelease(manifest.name, packages, { root, directory: join(scratch, 'release') });
}
