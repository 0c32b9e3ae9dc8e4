import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

const program = fileURLToPath(new URL('./plan-run-tell.mjs', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'budget-example-test-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

it('a run is planned, limited, recorded and told, and all layers say the same of it', async () => {
  const env = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], { env });
  const [, ...parts] = stdout.split(/--- .*\n/);
  const [asked, inProject, inLedger, atHub] = parts;
  expect(asked?.trim().split('\n')).toEqual(Array(4).fill('The largest city in Mexico is Mexico City.'));
  expect(stderr).toMatch(/expects 5 calls, 300 prompt tokens, \$0\.002; \$0\.50 are left/);
  expect(inProject).toMatch(/spent +\$0\.001030/);
  expect(inProject).toMatch(/last run +calls 4\/5/);
  expect(inLedger).toMatch(/infospace:acme\/capitals +\$1\.00 for life +\$0\.00103/);
  expect(JSON.parse(atHub ?? '')).toEqual([
    expect.objectContaining({ workspace: 'acme', infospace: 'capitals', runs: 1, calls: 4, cost_nano_usd: 1_030_000 }),
  ]);
}, 120_000);
