import { join } from 'node:path';
import { pinnedPnpmEnvironment } from './lib/pinned-pnpm.mjs';
import { rootDirectory } from './lib/root-directory.mjs';
import { runSteps } from './lib/run-steps.mjs';
import { setUp } from './lib/set-up.mjs';
import { summarize } from './lib/summarize.mjs';
import { requiresAll, testEnvironment } from './lib/test-environment.mjs';
import { countReports, readReports, removeReports } from './lib/test-reports.mjs';
import { readWorkspace } from './lib/workspace.mjs';

// Some tools colour their output even where it goes into a file.
const isPlain = !process.stdout.isTTY;
const tool = (name) => join(rootDirectory, 'node_modules', '.bin', name);
const script = (name) => ({ command: process.execPath, parameters: [join('scripts', name)] });
const biome = {
  command: tool('biome'),
  parameters: ['ci', '--error-on-warnings', ...(isPlain ? ['--colors=off'] : []), '.'],
};
// More tasks at once than there are processors would make tests that watch the time fail for no reason.
const turboOptions = ['--ui=stream', '--log-order=grouped', '--concurrency=100%', '--continue=dependencies-successful'];
const turbo = (...parameters) => ({ command: tool('turbo'), parameters: ['run', ...parameters, ...turboOptions] });

const steps = [
  { name: 'format and lint', ...biome },
  { name: 'boundary rule', ...script('check-boundaries.mjs') },
  { name: 'changesets', ...script('check-changesets.mjs') },
  { name: 'links between pages', ...script('check-links.mjs') },
  { name: 'unused code', command: tool('knip'), parameters: ['--no-config-hints'] },
  { name: 'types', ...turbo('types', '--output-logs=errors-only') },
  { name: 'build and unit tests', ...turbo('test', 'test:scripts', '--output-logs=new-only'), countsTests: true },
  { name: 'package checks', ...script('check-packages.mjs') },
];

try {
  setUp();
  process.exitCode = runAll() ? 0 : 1;
} catch (error) {
  process.stdout.write(`${error.message}\n\n0 passed, 1 failed\n`);
  process.exitCode = 1;
}

function runAll() {
  const environment = { ...testEnvironment(rootDirectory, pinnedPnpmEnvironment()), ...(isPlain && { NO_COLOR: '1' }) };
  const tested = testedDirectories();
  removeReports(rootDirectory, tested);
  const results = runSteps(steps, { cwd: rootDirectory, environment });
  const reports = results.some(({ countsTests }) => countsTests) ? readReports(rootDirectory, tested) : [];
  const tests = countReports(reports, { requireAll: requiresAll(environment) });
  const { lines, ok } = summarize({ steps, results, tests });
  process.stdout.write(`\n${lines.join('\n')}\n`);
  return ok;
}

function testedDirectories() {
  const packages = readWorkspace(rootDirectory).filter(({ manifest }) => manifest.scripts?.test !== undefined);
  return ['.', ...packages.map(({ directory }) => directory)];
}
