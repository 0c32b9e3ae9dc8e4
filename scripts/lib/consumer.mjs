import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from './run-command.mjs';

/** An empty directory of somebody who installs one packed package, and nothing else of this repository. */
export async function createConsumer(directory, tarball) {
  mkdirSync(directory, { recursive: true });
  // Without a manifest of its own npm would install into a directory further up.
  writeFileSync(join(directory, 'package.json'), '{ "name": "consumer", "private": true }\n');
  // Many package managers block install scripts, so a package has to load without them.
  const parameters = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', tarball];
  await runCommand('npm', parameters, { cwd: directory });
}

/** Lends the consumer what this repository has installed already, such as a database driver that takes a minute to compile. */
export function lendPackage(directory, name, source) {
  const target = join(directory, 'node_modules', name);
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(source, target);
}

export async function importAll(directory, subpaths) {
  const lines = subpaths.map(({ specifier, kind }) => {
    if (kind === 'json') return `await import('${specifier}', { with: { type: 'json' } });`;
    if (kind === 'file') return `readFileSync(new URL(import.meta.resolve('${specifier}')));`;
    return `await import('${specifier}');`;
  });
  await runFile(directory, 'imports.mjs', ["import { readFileSync } from 'node:fs';", ...lines]);
}

export async function requireAll(directory, subpaths) {
  const lines = subpaths.map(({ specifier, kind }) =>
    kind === 'file' ? `require('node:fs').readFileSync(require.resolve('${specifier}'));` : `require('${specifier}');`,
  );
  // Newer Nodes can `require` an ES module, which would hide that a package has no CommonJS.
  await runFile(directory, 'requires.cjs', lines, ['--no-experimental-require-module']);
}

/** Compiles a file of either kind that uses every sub-path, with this repository's compiler. */
export async function compileAll(directory, subpaths, root) {
  const lines = subpaths
    .filter(({ kind }) => kind === 'module')
    .flatMap(({ specifier }, index) => [
      `import * as module${index} from '${specifier}';`,
      `export const names${index}: string[] = Object.keys(module${index});`,
    ]);
  const files = ['types.mts', 'types.cts'];
  for (const file of files) writeFileSync(join(directory, file), `${lines.join('\n')}\n`);
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022'];
  const nodeTypes = ['--types', 'node', '--typeRoots', join(root, 'node_modules', '@types')];
  await runCommand(process.execPath, [compiler, ...options, ...nodeTypes, ...files], { cwd: directory });
}

async function runFile(directory, name, lines, flags = []) {
  writeFileSync(join(directory, name), `${lines.join('\n')}\n`);
  await runCommand(process.execPath, [...flags, name], { cwd: directory });
}
