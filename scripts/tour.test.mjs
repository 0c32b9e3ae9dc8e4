import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rootDirectory } from './lib/root-directory.mjs';

test('the tour that `npm start` shows comes to its end', { timeout: 120_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(rootDirectory, 'scripts', 'tour.mjs')], {
    encoding: 'utf8',
  });
  const copy = /(\S+) is yours to keep or to delete\./.exec(stdout)?.[1];
  if (copy !== undefined) rmSync(copy, { recursive: true });
  expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('course-quiz             1     1     19,484   $0.038904');
  expect(stdout).toMatch(/spent +\$0\.0007725 of \$0\.00154 that the infospace had left, 3 calls/);
  expect(stdout.trimEnd()).toMatch(/npm start -- --help$/);
});
