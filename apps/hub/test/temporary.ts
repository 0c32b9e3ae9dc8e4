import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  // What was made last may stand in what was made first.
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Done after the test, also when it fails. */
export function afterThisTest(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'budget-hub-test-'));
  afterThisTest(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
