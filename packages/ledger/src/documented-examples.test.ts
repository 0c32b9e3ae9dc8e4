import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const pages = ['packages/ledger/README.md', 'docs/ledger.md', 'docs/routing.md'];

/** Examples that can be run, each with what its last comment says that it prints. */
const examples = pages.flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n(import .*?)^```/gms)].map(([, code = ''], index) => ({
    name: `${page}, example ${index + 1}`,
    code,
    printed: /(?:^\/\/ .*\n)+(?![\s\S])/m.exec(code)?.[0].replace(/^\/\/ /gm, '') ?? '',
  })),
);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'budget-documented-'));
  // As if it were installed there.
  mkdirSync(join(directory, 'node_modules', '@budget'), { recursive: true });
  symlinkSync(join(root, 'packages', 'ledger'), join(directory, 'node_modules', '@budget', 'ledger'), 'junction');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('what the pages show', () => {
  it('are five examples', () => expect(examples).toHaveLength(5));

  it.each(examples)(
    '$name prints what it says',
    ({ code, printed }) => {
      const output = execFileSync(process.execPath, ['--input-type=module'], {
        cwd: directory,
        input: code,
        encoding: 'utf8',
      });
      expect(printed).not.toBe('');
      expect(output).toBe(printed);
    },
    60_000,
  );
});
