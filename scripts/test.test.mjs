import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { summarize } from './lib/summarize.mjs';
import { requiresAll, testEnvironment } from './lib/test-environment.mjs';
import { countReports, readReports, removeReports } from './lib/test-reports.mjs';

let root;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'reports-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function report(...statuses) {
  return {
    directory: 'packages/ledger',
    report: {
      testResults: [
        {
          name: 'limit.test.ts',
          status: statuses.includes('failed') ? 'failed' : 'passed',
          assertionResults: statuses.map((status, index) => ({ status, fullName: `test ${index}` })),
        },
      ],
    },
  };
}

const broken = {
  directory: 'packages/ledger',
  report: { testResults: [{ name: 'a', status: 'failed', assertionResults: [] }] },
};

describe('tests are counted', () => {
  test('one by one, over all packages', () => {
    const counts = countReports([report('passed', 'failed'), report('passed', 'skipped', 'todo')], {
      requireAll: false,
    });
    expect(counts).toMatchObject({ passed: 2, failed: 1, skipped: 2 });
  });

  test('as failed when skipped where nothing may be, by name', () => {
    const counts = countReports([report('passed', 'skipped')], { requireAll: true });
    expect(counts).toMatchObject({ passed: 1, failed: 1, skipped: 0 });
    expect(counts.notes).toEqual(['packages/ledger: skipped, which counts as failed here: test 1']);
  });

  test('as one failure where a file cannot be loaded, nothing was reported or no test was found', () => {
    expect(countReports([broken], { requireAll: false }).failed).toBe(1);
    expect(countReports([{ directory: 'packages/ledger' }], { requireAll: false }).failed).toBe(1);
    const empty = { directory: 'packages/ledger', report: { success: false, testResults: [] } };
    expect(countReports([empty], { requireAll: false }).failed).toBe(1);
  });

  test('without reports of an earlier run or of a package that is gone', () => {
    for (const directory of ['kept', 'gone']) {
      mkdirSync(join(root, directory, '.reports'), { recursive: true });
      writeFileSync(join(root, directory, '.reports', 'vitest.json'), '{ "testResults": [] }');
    }
    expect(readReports(root, ['kept'])).toEqual([{ directory: 'kept', report: { testResults: [] } }]);
    removeReports(root, ['kept']);
    expect(readReports(root, ['kept'])).toEqual([{ directory: 'kept', report: undefined }]);
  });
});

describe('the summary', () => {
  const steps = [{ name: 'lint' }, { name: 'tests', countsTests: true }, { name: 'packages' }];
  const results = steps.map((step) => ({ ...step, ok: true, seconds: 1 }));
  const tests = { passed: 5, failed: 0, skipped: 0, notes: [] };

  test('counts each test, and each other step as one', () => {
    expect(summarize({ steps, results, tests })).toMatchObject({ ok: true });
    expect(summarize({ steps, results, tests }).lines.at(-1)).toBe('7 passed, 0 failed');
  });

  test('tells what was skipped', () => {
    expect(summarize({ steps, results, tests: { ...tests, skipped: 2 } }).lines.at(-1)).toBe(
      '7 passed, 0 failed, 2 skipped',
    );
  });

  test('names the steps that did not run after one that failed', () => {
    const failed = [{ ...steps[0], ok: false, seconds: 1 }];
    const { ok, lines } = summarize({ steps, results: failed, tests: { ...tests, passed: 0 } });
    expect(ok).toBe(false);
    expect(lines).toContain('not run  tests');
    expect(lines.at(-1)).toBe('0 passed, 1 failed');
  });

  test('does not pass when tests ended badly though none of them failed', () => {
    const ended = [results[0], { ...results[1], ok: false }];
    expect(summarize({ steps, results: ended, tests }).lines.at(-1)).toBe('6 passed, 1 failed');
  });
});

describe('the environment of tests', () => {
  test.each([
    [{ CI: 'true' }, true],
    [{ BUDGET_REQUIRE_ALL: '1' }, true],
    [{ CI: 'false', BUDGET_REQUIRE_ALL: '0' }, false],
    [{ CI: '' }, false],
    [{}, false],
  ])('%j allows no skips: %s', (variables, expected) => {
    expect(requiresAll(variables)).toBe(expected);
    expect(testEnvironment(root, variables).BUDGET_REQUIRE_ALL).toBe(expected ? '1' : undefined);
  });

  test('names data by its absolute path, and changes with its content', () => {
    mkdirSync(join(root, 'data'));
    const before = testEnvironment(root, { BUDGET_TEST_DATA: 'data' });
    expect(before.BUDGET_TEST_DATA).toBe(join(root, 'data'));
    writeFileSync(join(root, 'data', 'x.json'), '{}');
    const after = testEnvironment(root, { BUDGET_TEST_DATA: 'data' });
    expect(after.BUDGET_TEST_DATA_FINGERPRINT).not.toBe(before.BUDGET_TEST_DATA_FINGERPRINT);
  });

  test('leaves out data that is not there, unless somebody asked for it', () => {
    expect(testEnvironment(join(root, 'a', 'b'), {}).BUDGET_TEST_DATA).toBeUndefined();
    expect(() => testEnvironment(root, { BUDGET_TEST_DATA: 'data' })).toThrow('does not exist');
  });
});
