import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const bin = fileURLToPath(new URL('../../apps/cli/dist/bin.js', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const TOKEN = 'token-of-the-example';

describe('a Python program that keeps to limits over HTTP', () => {
  const home = mkdtempSync(join(tmpdir(), 'budget-example-test-'));
  const server = spawn(process.execPath, [bin, 'serve', '--port', '0'], {
    env: { ...process.env, BUDGET_LEDGER: join(home, 'ledger.db'), BUDGET_SERVE_TOKEN: TOKEN },
  });
  let said = '';
  server.stderr.on('data', (chunk) => {
    said += chunk;
  });
  beforeAll(async () => {
    while (!said.includes('is served on')) await once(server.stderr, 'data');
  }, 60_000);
  afterAll(async () => {
    server.kill('SIGTERM');
    await once(server, 'close');
    rmSync(home, { recursive: true, force: true });
  });

  /** @param {string[]} parameters */
  const python = async (...parameters) => {
    const url = /is served on (\S+) /.exec(said)?.[1];
    const { stdout } = await promisify(execFile)('python3', parameters, {
      cwd: here,
      env: { ...process.env, BUDGET_URL: url, BUDGET_SERVE_TOKEN: TOKEN, PYTHONDONTWRITEBYTECODE: '1' },
    });
    return stdout.trimEnd().split('\n');
  };

  it('spends what the limit has room for and no more, and both count the same', async () => {
    const [spent, used, refused] = await python('calls_under_a_limit.py');
    const [, ofThreads] = /^spent by the threads {2}(\d+)$/.exec(spent ?? '') ?? [];
    expect(used).toBe(`used, says the limit  ${ofThreads} of 100000000, held 0, overrun 0`);
    expect(Number(ofThreads)).toBeGreaterThan(90_000_000);
    expect(Number(ofThreads)).toBeLessThanOrEqual(100_000_000);
    expect(refused).toMatch(/^refused +application:python has no room for \$0\.01: of \$0\.10 /);
  }, 60_000);

  it('repeats a request with the same id and is not charged twice; mistakes have their codes', async () => {
    const program = `
from budget_limits import Limits, LimitsError
limits = Limits()
ids = [limits.reserve(["infospace:acme/demo"], {"tokens": 7}, id="a/b") for _ in range(2)]
limits.settle(ids[0], {"tokens": 5})
print(ids, limits.show("infospace:acme/demo")["usage"][0])
for wrong in [lambda: limits.settle("a/b", {"tokens": 6}), lambda: limits.sent("none"), lambda: Limits(token="x").show("a")]:
    try:
        wrong()
    except LimitsError as error:
        print(error.status, error.code)
`;
    expect(await python('-c', program)).toEqual([
      "['a/b', 'a/b'] {'unit': 'tokens', 'used': 5, 'held': 0, 'overrun': 0}",
      '409 already_settled',
      '404 reservation_unknown',
      '403 token_wrong',
    ]);
  }, 60_000);
});
