import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPublished } from './lib/bundled-packages.mjs';
import { fingerprintContents } from './lib/fingerprint.mjs';
import { listFiles } from './lib/list-files.mjs';
import { packageChecks } from './lib/package-checks.mjs';
import { pinnedPnpmEnvironment } from './lib/pinned-pnpm.mjs';
import { rootDirectory } from './lib/root-directory.mjs';
import { runCheck } from './lib/run-check.mjs';
import { runQuietly } from './lib/run-quietly.mjs';
import { readStamp, removeStamp, writeStamp } from './lib/stamp.mjs';
import { requiresAll } from './lib/test-environment.mjs';
import { readWorkspace } from './lib/workspace.mjs';

const STAMP = 'packages-checked';

const packages = readWorkspace(rootDirectory);
const published = packages.filter(isPublished);

await runCheck(async () => {
  const environment = pinnedPnpmEnvironment();
  const turbo = join(rootDirectory, 'node_modules', '.bin', 'turbo');
  runQuietly(turbo, ['run', 'build', '--output-logs=errors-only', '--ui=stream'], {
    environment,
    whatToDo: 'Packages are checked as they are built: correct what it says above and try again.',
  });
  const state = checkedState();
  if (readStamp(STAMP) === state && !requiresAll(process.env)) {
    process.stdout.write('Nothing that is published changed since these checks last passed.\n');
    return true;
  }
  removeStamp(STAMP);
  const results = await Promise.all(published.map((each) => checkPackage(each, environment)));
  const failures = results.filter((passed) => !passed).length;
  if (failures === 0) writeStamp(STAMP, state);
  process.stdout.write(failures === 0 ? 'Every package can be published.\n' : `${failures} packages failed.\n`);
  return failures === 0;
});

/** Resolves to whether this package passed. After a check that failed, later ones are left out, as they build on it. */
async function checkPackage({ directory, manifest }, environment) {
  const scratch = mkdtempSync(join(tmpdir(), 'package-'));
  const lines = [];
  const context = { root: rootDirectory, packages, directory, manifest, scratch, environment };
  try {
    for (const { name, appliesTo = () => true, check } of packageChecks) {
      if (!appliesTo(context)) continue;
      try {
        await check(context);
        lines.push(`passed  ${manifest.name}: ${name}`);
      } catch (error) {
        lines.push(`FAILED  ${manifest.name}: ${name}`, error.message);
        return false;
      }
    }
    return true;
  } finally {
    process.stdout.write(`${lines.join('\n')}\n`);
    rmSync(scratch, { recursive: true, force: true });
  }
}

function checkedState() {
  const shared = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', '.changeset/config.json'].map((path) =>
    join(rootDirectory, path),
  );
  const manifests = packages.map(({ directory }) => join(rootDirectory, directory, 'package.json'));
  const built = published.flatMap(({ directory }) =>
    listFiles(join(rootDirectory, directory), ['node_modules', 'src', '.turbo', '.reports']),
  );
  const scripts = listFiles(join(rootDirectory, 'scripts'), ['node_modules']);
  return `${process.version} ${fingerprintContents([...shared, ...manifests, ...built, ...scripts])}`;
}
