import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

// What is measured is what users get: built files, and not the sources.
const bin = built('apps', 'cli', 'dist', 'bin.js');

/** The parameters with which Node runs the command line. */
export function budget(...parameters) {
  return [bin, ...parameters];
}

/** The library, for fixtures. */
export async function loadLibrary() {
  return await import(pathToFileURL(built('packages', 'infospace', 'dist', 'index.js')).href);
}

/** The built module of prices. */
export function pricingModule() {
  return built('packages', 'infospace', 'dist', 'pricing.js');
}

/** A built module of the ledger: `index`, `sqlite`. */
export function ledgerModule(name) {
  return pathToFileURL(built('packages', 'ledger', 'dist', `${name}.js`)).href;
}

/** The built module of the hub client. */
export function hubClientModule() {
  return pathToFileURL(built('packages', 'hub-client', 'dist', 'index.js')).href;
}

function built(...names) {
  const path = join(repository, ...names);
  if (!existsSync(path)) throw new Error(`${path} is not built. Run \`npm start -- --version\` first.`);
  return path;
}
