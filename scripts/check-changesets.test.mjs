import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { missingChangesets } from './lib/missing-changesets.mjs';
import { rootDirectory } from './lib/root-directory.mjs';

const ALL = ['@budget/cli', '@budget/infospace', '@budget/ledger'];

// Inside a git hook these would lead every git call to the real repository.
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));

let root;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'changesets-'));
  git('init', '--quiet', '--initial-branch=main');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function git(...parameters) {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false'];
  const result = spawnSync('git', [...identity, ...parameters], { cwd: root, env: environment, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(result.stderr);
  return result.stdout.trim();
}

function write(files) {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

function commit(subject, files) {
  write(files);
  git('add', '--all');
  git('commit', '--quiet', '--allow-empty', '--message', subject);
  return git('rev-parse', 'HEAD');
}

const changeset = (...names) => `---\n${names.map((name) => `"${name}": patch\n`).join('')}---\n\nA change.\n`;
const workspaceRange = (...names) => Object.fromEntries(names.map((name) => [name, 'workspace:*']));
const manifest = (content) => `${JSON.stringify(content)}\n`;

function commitManifests() {
  return commit('Furnish the house', {
    'packages/core/package.json': manifest({ name: '@budget/core', private: true }),
    'packages/infospace/package.json': manifest({
      name: '@budget/infospace',
      files: ['dist', 'model-rates.yaml'],
      devDependencies: workspaceRange('@budget/core'),
    }),
    'packages/ledger/package.json': manifest({
      name: '@budget/ledger',
      files: ['dist'],
      devDependencies: workspaceRange('@budget/core'),
    }),
    'apps/cli/package.json': manifest({
      name: '@budget/cli',
      devDependencies: workspaceRange('@budget/infospace', '@budget/ledger'),
    }),
  });
}

const findings = () =>
  missingChangesets(root).map(({ subject, missing }) => [subject, missing.map(({ name }) => name).sort()]);

describe('a commit needs a changeset', () => {
  beforeEach(commitManifests);

  test('for the package whose source it changes, and for the one that bundles it', () => {
    commit('Change', { 'packages/ledger/src/limit.ts': '1' });
    expect(findings()).toEqual([['Change', ['@budget/cli', '@budget/ledger']]]);
  });

  test('and passes when it names both', () => {
    commit('Change', {
      'packages/ledger/src/limit.ts': '1',
      '.changeset/a.md': changeset('@budget/cli', '@budget/ledger'),
    });
    expect(findings()).toEqual([]);
  });

  test('or names them in two changesets', () => {
    commit('Change', {
      'packages/ledger/src/limit.ts': '1',
      '.changeset/a.md': changeset('@budget/cli'),
      '.changeset/b.md': "---\r\n'@budget/ledger': minor\r\n---\r\n\r\nText\r\n",
    });
    expect(findings()).toEqual([]);
  });

  test('for every package that bundles core, not for one of them', () => {
    commit('Change', { 'packages/core/src/usd.ts': '1', '.changeset/a.md': changeset('@budget/ledger') });
    expect(findings()).toEqual([['Change', ['@budget/cli', '@budget/infospace']]]);
  });

  test('and naming core alone ships nothing', () => {
    commit('Change', { 'packages/core/src/usd.ts': '1', '.changeset/a.md': changeset('@budget/core') });
    expect(findings()).toEqual([['Change', ALL]]);
  });

  test('for a file that the manifest ships beside the source', () => {
    commit('Change', { 'packages/infospace/model-rates.yaml': '1' });
    expect(findings()).toEqual([['Change', ['@budget/cli', '@budget/infospace']]]);
  });

  test('for a source that it removes or renames', () => {
    commit('Add', { 'apps/cli/src/bin.ts': '1', '.changeset/a.md': changeset('@budget/cli') });
    git('mv', 'apps/cli/src/bin.ts', 'apps/cli/src/main.ts');
    commit('Rename', {});
    git('rm', '--quiet', 'apps/cli/src/main.ts');
    commit('Remove', {});
    expect(findings()).toEqual([
      ['Remove', ['@budget/cli']],
      ['Rename', ['@budget/cli']],
    ]);
  });

  test('of its own, not of an earlier commit', () => {
    commit('Promise', { '.changeset/a.md': changeset('@budget/cli') });
    commit('Change', { 'apps/cli/src/bin.ts': '1' });
    expect(findings()).toEqual([['Change', ['@budget/cli']]]);
  });

  test('that it adds or modifies, not one that it deletes', () => {
    commit('Promise', { '.changeset/a.md': changeset('@budget/cli') });
    git('rm', '--quiet', '.changeset/a.md');
    commit('Change', { 'apps/cli/src/bin.ts': '1' });
    expect(findings()).toEqual([['Change', ['@budget/cli']]]);
  });

  test('for helpers of tests only when users get them', () => {
    commit('Helpers', { 'packages/ledger/src/testing/store-contract.ts': '1' });
    expect(findings()).toEqual([]);
    commit('Offer', {
      'packages/ledger/package.json': manifest({
        name: '@budget/ledger',
        exports: { './testing': './dist/testing.js' },
      }),
    });
    commit('Change', { 'packages/ledger/src/testing/store-contract.ts': '2' });
    expect(findings()).toEqual([['Change', ['@budget/cli', '@budget/ledger']]]);
  });
});

describe('a commit needs none', () => {
  beforeEach(commitManifests);

  test.each([
    'packages/ledger/src/limit.test.ts',
    'packages/ledger/src/fixtures/response.json',
    'packages/ledger/README.md',
    'packages/ledger/CHANGELOG.md',
    'packages/ledger/package.json',
    'docs/limits.md',
    'scripts/test.mjs',
  ])('for %s', (path) => {
    commit('Change', { [path]: '{ "name": "@budget/ledger" }' });
    expect(findings()).toEqual([]);
  });

  test('when it merges others', () => {
    git('switch', '--quiet', '--create', 'side');
    commit('Side', { 'apps/cli/src/side.ts': '1', '.changeset/a.md': changeset('@budget/cli') });
    git('switch', '--quiet', 'main');
    commit('Other', { 'docs/x.md': '1' });
    git('merge', '--quiet', '--no-ff', '--message', 'Merge', 'side');
    expect(findings()).toEqual([]);
  });

  test('while it is not committed', () => {
    write({ 'apps/cli/src/bin.ts': '1' });
    expect(findings()).toEqual([]);
  });

  test('for what a package began to bundle only later', () => {
    commit('Change', { 'packages/core/src/usd.ts': '1', '.changeset/a.md': changeset(...ALL) });
    commit('Bundle', {
      'packages/hub/package.json': manifest({ name: '@budget/hub', devDependencies: workspaceRange('@budget/core') }),
    });
    expect(findings()).toEqual([]);
  });
});

test('a repository without commits, and a directory without a repository, have nothing to check', () => {
  expect(findings()).toEqual([]);
  rmSync(join(root, '.git'), { recursive: true });
  expect(findings()).toEqual([]);
});

test('a shallow clone is checked as far as its history reaches', () => {
  commitManifests();
  commit('Old', { 'packages/ledger/src/limit.ts': '1' });
  commit('New', { 'apps/cli/src/bin.ts': '1' });
  const origin = root;
  root = mkdtempSync(join(tmpdir(), 'changesets-'));
  try {
    git('clone', '--quiet', '--depth=2', pathToFileURL(origin).href, '.');
    expect(findings()).toEqual([['New', ['@budget/cli']]]);
  } finally {
    rmSync(origin, { recursive: true, force: true });
  }
});

test('the command names commit, package and what to run, and fails', () => {
  commitManifests();
  const hash = commit('Count "cached" tokens', { 'apps/cli/src/bin.ts': '1' });
  const script = join(rootDirectory, 'scripts', 'check-changesets.mjs');
  const { status, stdout } = spawnSync(process.execPath, [script, root], { env: environment, encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stdout).toContain(`${hash.slice(0, 9)} "Count "cached" tokens"`);
  expect(stdout).toContain('@budget/cli, which ships apps/cli/src/bin.ts');
  expect(stdout).toContain('npx changeset');
});
