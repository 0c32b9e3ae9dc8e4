import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const REPORT = join('.reports', 'vitest.json');

/** Removes what earlier runs wrote; turbo puts the report of a cached result back. */
export function removeReports(root, directories) {
  for (const directory of directories) rmSync(join(root, directory, '.reports'), { recursive: true, force: true });
}

export function readReports(root, directories) {
  return directories.map((directory) => {
    const path = join(root, directory, REPORT);
    return { directory, report: existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined };
  });
}

/** Sums up vitest's JSON reports; `notes` says what the figures alone do not show. */
export function countReports(reports, { requireAll }) {
  const total = { passed: 0, failed: 0, skipped: 0, notes: [] };
  for (const { directory, report } of reports) {
    if (report === undefined) {
      total.failed += 1;
      total.notes.push(`${directory}: no ${REPORT} was written, so its tests did not run to the end.`);
      continue;
    }
    const failedBefore = total.failed;
    for (const file of report.testResults) countFile(total, directory, file, requireAll);
    if (report.success === false && total.failed === failedBefore) {
      total.failed += 1;
      total.notes.push(`${directory}: no test failed, but vitest did; perhaps it found no test.`);
    }
  }
  return total;
}

function countFile(total, directory, file, requireAll) {
  const failedBefore = total.failed;
  for (const { status, fullName } of file.assertionResults) {
    if (status === 'passed') {
      total.passed += 1;
    } else if (status === 'failed') {
      total.failed += 1;
      total.notes.push(`${directory}: failed: ${fullName}`);
    } else {
      total[requireAll ? 'failed' : 'skipped'] += 1;
      total.notes.push(`${directory}: skipped${requireAll ? ', which counts as failed here' : ''}: ${fullName}`);
    }
  }
  // A file that cannot be loaded, or whose hook throws, has no failed test of its own.
  if (file.status === 'failed' && total.failed === failedBefore) {
    total.failed += 1;
    total.notes.push(`${directory}: ${file.name} failed outside of its tests.`);
  }
}
