import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rootDirectory } from './lib/root-directory.mjs';
import { setUpOrExit } from './lib/set-up.mjs';

const parameters = process.argv.slice(2);

setUpOrExit();
if (parameters.length === 0) {
  await import('./tour.mjs');
} else {
  // In this very process: exit code, signals and terminal need no passing on, and no second Node has to start.
  const bin = join(rootDirectory, 'apps', 'cli', 'dist', 'bin.js');
  process.argv = [process.argv[0], bin, ...parameters];
  process.chdir(process.env.INIT_CWD ?? process.cwd());
  await import(pathToFileURL(bin).href);
}
