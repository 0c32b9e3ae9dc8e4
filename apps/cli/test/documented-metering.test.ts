import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('the library example of docs/metering.md prints what it says', () => {
  const page = readFileSync(join(root, 'docs', 'metering.md'), 'utf8');
  const code = /^```ts\n(import .*?)^```/ms.exec(page)?.[1] ?? '';
  const printed = /(?:^\/\/ .*\n)+(?![\s\S])/m.exec(code)?.[0].replace(/^\/\/ /gm, '') ?? '';
  expect(printed).not.toBe('');
  const directory = mkdtempSync(join(tmpdir(), 'budget-documented-'));
  try {
    // As if they were installed there.
    mkdirSync(join(directory, 'node_modules', '@budget'), { recursive: true });
    for (const name of ['ledger', 'infospace']) {
      symlinkSync(join(root, 'packages', name), join(directory, 'node_modules', '@budget', name), 'junction');
    }
    const input = { cwd: directory, input: code, encoding: 'utf8' } as const;
    expect(execFileSync(process.execPath, ['--input-type=module'], input)).toBe(printed);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}, 60_000);
