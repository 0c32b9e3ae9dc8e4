import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';

const cleanups = [];

afterEach(async () => {
  // What was made last may stand in what was made first.
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export function afterThisTest(cleanup) {
  cleanups.push(cleanup);
}

export function temporaryDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'budget-test-'));
  afterThisTest(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
