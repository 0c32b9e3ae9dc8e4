import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fingerprintContents } from './fingerprint.mjs';
import { listFiles } from './list-files.mjs';

const DEFAULT_DATA = '../shared/data';
const FALSE_VALUES = ['', '0', 'false', 'no', 'off'];

/** With CI or BUDGET_REQUIRE_ALL set, a skipped test counts as a failed one. */
export function requiresAll(variables) {
  return [variables.CI, variables.BUDGET_REQUIRE_ALL].some(
    (value) => value !== undefined && !FALSE_VALUES.includes(value.toLowerCase()),
  );
}

/** The variables that tests may read; turbo keeps results apart by their values (see `env` in turbo.json). */
export function testEnvironment(root, variables) {
  const { BUDGET_TEST_DATA, BUDGET_REQUIRE_ALL, ...environment } = variables;
  if (requiresAll(variables)) environment.BUDGET_REQUIRE_ALL = '1';
  const data = resolve(root, BUDGET_TEST_DATA || DEFAULT_DATA);
  if (existsSync(data)) {
    environment.BUDGET_TEST_DATA = data;
    // turbo hashes no file outside the repository, so new data under the same path would reuse old results.
    environment.BUDGET_TEST_DATA_FINGERPRINT = fingerprintContents(listFiles(data));
  } else if (BUDGET_TEST_DATA) {
    throw new Error(`BUDGET_TEST_DATA is ${data}, which does not exist. Correct the path, or unset the variable.`);
  }
  return environment;
}
