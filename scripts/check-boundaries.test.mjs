import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { boundaryViolations } from './lib/boundary-violations.mjs';
import { rootDirectory } from './lib/root-directory.mjs';

let root;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'boundaries-'));
  write('pnpm-workspace.yaml', 'packages:\n  - packages/*\n  - apps/*\n  - examples/*\n  - bench\n');
  manifest('packages/core', { name: '@budget/core', private: true });
  manifest('packages/infospace', { name: '@budget/infospace', devDependencies: { '@budget/core': 'workspace:*' } });
  manifest('packages/ledger', { name: '@budget/ledger', devDependencies: { '@budget/core': 'workspace:*' } });
  manifest('apps/cli', { name: '@budget/cli', devDependencies: { '@budget/ledger': 'workspace:*' } });
  manifest('examples/both', { name: 'both', dependencies: { '@budget/ledger': 'workspace:*' } });
  manifest('bench', { name: 'bench', private: true });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path, content) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

function manifest(directory, content) {
  write(`${directory}/package.json`, JSON.stringify(content));
}

const violations = () => boundaryViolations(root).map(({ path, line }) => `${path}:${line}`);

describe('a layer that names another layer in its source is reported', () => {
  test.each([
    ['a static import', "import { open } from '@budget/ledger';"],
    ['an import for its effects', "import '@budget/ledger';"],
    ['an import of types', "import type { Limit } from '@budget/ledger';"],
    ['an inline import of types', "import { type Limit } from '@budget/ledger/types';"],
    ['an export from', "export { open } from '@budget/ledger';"],
    ['an export of everything', "export * from '@budget/ledger/sqlite';"],
    ['an export of types', "export type { Limit } from '@budget/ledger';"],
    ['a dynamic import', "const ledger = await import('@budget/ledger');"],
    ['a dynamic import of a template', `const ledger = await import(\`@budget/ledger/\${name}\`);`],
    ['an import type', "type Limit = import('@budget/ledger').Limit;"],
    ['a require', "const ledger = require('@budget/ledger');"],
    ['an import by assignment', "import ledger = require('@budget/ledger');"],
    ['a resolved path', "const path = import.meta.resolve('@budget/ledger');"],
    ['a name kept in a variable', "const name = '@budget/ledger'; await import(name);"],
    ['an augmented module', "declare module '@budget/ledger' { interface Limit {} }"],
    ['a reference to types', '/// <reference types="@budget/ledger" />'],
    ['a relative import', "import { open } from '../../ledger/src/index.js';"],
    ['a relative import type', "type Limit = import('../../ledger/src/limit.ts').Limit;"],
    ['a relative export', "export * from '../../ledger/dist/index.js';"],
    ['a relative template', `await import(\`../../ledger/src/\${name}.js\`);`],
    ['a reference to a path', '/// <reference path="../../ledger/src/limit.ts" />'],
  ])('%s', (_kind, line) => {
    write('packages/infospace/src/index.ts', `// A reference counts only above all code.\n${line}\n`);
    expect(violations()).toEqual(['packages/infospace/src/index.ts:2']);
  });

  test.each(['src/plans.test.ts', 'src/view.tsx', 'tool.mjs', 'tsup.config.ts', 'old.cjs'])('in %s too', (path) => {
    write(`packages/infospace/${path}`, "import '@budget/ledger';");
    expect(violations()).toEqual([`packages/infospace/${path}:1`]);
  });

  test('a path alias in tsconfig.json', () => {
    write('packages/infospace/tsconfig.json', '{ "compilerOptions": { "paths": { "ledger": ["../ledger/src"] } } }');
    expect(violations()).toEqual(['packages/infospace/tsconfig.json:1']);
  });

  test('a link that leads into the other package', () => {
    write('packages/ledger/src/index.ts', '');
    mkdirSync(join(root, 'packages/infospace/src'));
    symlinkSync('../../ledger/src', join(root, 'packages/infospace/src/ledger'));
    expect(violations()).toEqual(['packages/infospace/src/ledger:1']);
  });

  test('an application, which no package may know', () => {
    write('packages/infospace/src/index.ts', "import '@budget/cli';");
    expect(violations()).toEqual(['packages/infospace/src/index.ts:1']);
  });

  test('a path that leaves the package for anywhere else', () => {
    write('packages/infospace/src/index.ts', "import '../../../scripts/tool.mjs';");
    expect(violations()).toEqual(['packages/infospace/src/index.ts:1']);
  });
});

describe('a manifest that declares another layer is reported', () => {
  test.each(['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'])('in %s', (section) => {
    manifest('packages/infospace', { name: '@budget/infospace', [section]: { '@budget/ledger': 'workspace:*' } });
    expect(violations()).toEqual(['packages/infospace/package.json:1']);
  });

  test.each(['workspace:@budget/ledger@*', 'npm:@budget/ledger@1.0.0', 'link:../ledger', 'file:../ledger'])(
    'under another name, as %s',
    (range) => {
      manifest('packages/infospace', { name: '@budget/infospace', dependencies: { accounts: range } });
      expect(violations()).toEqual(['packages/infospace/package.json:1']);
    },
  );

  test.each(['dependencies', 'peerDependencies', 'optionalDependencies'])(
    'core in %s, which nobody can install',
    (section) => {
      manifest('packages/infospace', { name: '@budget/infospace', [section]: { '@budget/core': 'workspace:*' } });
      expect(violations()).toEqual(['packages/infospace/package.json:1']);
    },
  );
});

describe('core uses none of the packages', () => {
  test('in its source', () => {
    write('packages/core/src/usd.ts', "import type { Limit } from '@budget/ledger';");
    expect(violations()).toEqual(['packages/core/src/usd.ts:1']);
  });

  test('in its manifest', () => {
    manifest('packages/core', { name: '@budget/core', private: true, devDependencies: { '@budget/ledger': '*' } });
    expect(violations()).toEqual(['packages/core/package.json:1']);
  });
});

describe('only applications and examples put several layers together', () => {
  const both = "import '@budget/infospace';\nimport '@budget/ledger';\n";

  test('a file elsewhere may not', () => {
    write('bench/both.ts', both);
    expect(violations()).toEqual(['bench/both.ts:1']);
  });

  test('they may, and a file elsewhere may use one', () => {
    write('apps/cli/src/compose.ts', both);
    write('examples/both/index.ts', both);
    write('bench/ledger.ts', "import '@budget/ledger';");
    expect(violations()).toEqual([]);
  });

  test('but not by a path into the source of another package', () => {
    write('apps/cli/src/compose.ts', "import '../../../packages/ledger/src/index.js';");
    expect(violations()).toEqual(['apps/cli/src/compose.ts:1']);
  });
});

test('core, own files, other names and comments are fine', () => {
  write(
    'packages/infospace/src/index.ts',
    [
      "import { usd } from '@budget/core';",
      "import { plan } from './plan.js';",
      "import own from '@budget/infospace/package.json';",
      "import '@budget/ledger-of-somebody-else';",
      "// as import('@budget/ledger') would",
      "const data = new URL('../../../shared/data', import.meta.url);",
    ].join('\n'),
  );
  write('packages/infospace/dist/index.js', "import '@budget/ledger';");
  write('packages/infospace/node_modules/x/index.js', "import '@budget/ledger';");
  expect(violations()).toEqual([]);
});

test('the command names the place and what to do, and fails', () => {
  write('packages/infospace/src/index.ts', "\nimport '@budget/ledger';");
  const script = join(rootDirectory, 'scripts', 'check-boundaries.mjs');
  const { status, stdout } = spawnSync(process.execPath, [script, root], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stdout).toContain('packages/infospace/src/index.ts:2 names "@budget/ledger"');
  expect(stdout).toContain('wire the two in apps/*');
});
