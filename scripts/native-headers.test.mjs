import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withNativeHeaders } from './lib/native-headers.mjs';

let prefix;
beforeAll(() => {
  prefix = mkdtempSync(join(tmpdir(), 'native-headers-'));
  mkdirSync(join(prefix, 'include', 'node'), { recursive: true });
  writeFileSync(join(prefix, 'include', 'node', 'node_version.h'), '');
});
afterAll(() => rmSync(prefix, { recursive: true, force: true }));

test('headers beside Node are used, so that nothing has to be downloaded', () => {
  expect(withNativeHeaders({ PATH: '/bin' }, join(prefix, 'bin', 'node'))).toEqual({
    PATH: '/bin',
    npm_config_nodedir: prefix,
  });
});

test('what the user set goes before', () => {
  const environment = { npm_config_nodedir: '/opt/node' };
  expect(withNativeHeaders(environment, join(prefix, 'bin', 'node'))).toBe(environment);
});

test('without headers there nothing changes', () => {
  const environment = {};
  expect(withNativeHeaders(environment, join(prefix, 'elsewhere', 'bin', 'node'))).toBe(environment);
});
