import { boundaryViolations } from './lib/boundary-violations.mjs';
import { rootDirectory } from './lib/root-directory.mjs';
import { runCheck } from './lib/run-check.mjs';

await runCheck(() => {
  const violations = boundaryViolations(process.argv[2] ?? rootDirectory);
  for (const { path, line, message } of violations) process.stdout.write(`${path}:${line} ${message}\n`);
  process.stdout.write(
    violations.length === 0 ? 'No package reaches another one.\n' : `${violations.length} boundary violations.\n`,
  );
  return violations.length === 0;
});
