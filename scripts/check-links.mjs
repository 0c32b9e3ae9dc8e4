import { deadLinks } from './lib/dead-links.mjs';
import { rootDirectory } from './lib/root-directory.mjs';
import { runCheck } from './lib/run-check.mjs';

await runCheck(() => {
  const dead = deadLinks(process.argv[2] ?? rootDirectory);
  for (const { path, line, message } of dead) process.stdout.write(`${path}:${line} ${message}\n`);
  process.stdout.write(
    dead.length === 0 ? 'Every link between pages leads somewhere.\n' : `Dead links: ${dead.length}.\n`,
  );
  return dead.length === 0;
});
