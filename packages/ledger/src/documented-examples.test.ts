import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const pages = [
  'packages/ledger/README.md',
  ...['docs/ledger.md', 'docs/http.md', 'docs/observations.md', 'docs/routing.md'],
];
const packages = {
  '@budget/ledger': '.',
  hono: 'node_modules/hono',
  '@hono/node-server': 'node_modules/@hono/node-server',
};

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
  for (const [name, path] of Object.entries(packages)) {
    const link = join(directory, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'packages', 'ledger', path), link, 'junction');
  }
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('what the pages show', () => {
  it('are eight examples', () => expect(examples).toHaveLength(8));

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
