import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sqliteStore } from '@budget/ledger/sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('./calls-under-a-limit.mjs', import.meta.url));

describe('a program that limits its calls', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'budget-example-test-'));
  let output = '';
  let file = '';

  beforeAll(() => {
    // In a process of its own, so that it is the built package that runs, as for anybody who installed it.
    const environment = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary };
    output = execFileSync(process.execPath, [program], { encoding: 'utf8', env: environment });
    file = join(temporary, readdirSync(temporary)[0] ?? '', 'ledger.db');
  }, 60_000);
  afterAll(() => rmSync(temporary, { recursive: true, force: true }));

  it('makes as many calls as there is room for, and tells what was refused and reached', () => {
    expect(output.split('\n')).toEqual([
      'Round 1: 12 of 20 calls were made.',
      '  warning: 75% reached, $0.75 used',
      'Round 2: 5 of 8 calls were made.',
      '  critical: 90% reached, $0.90 used',
      'Round 3: 1 of 3 calls were made.',
      '  final: 95% reached, $0.95 used',
      'Round 4: 1 of 2 calls were made.',
      'Round 5: 0 of 1 calls were made.',
      'Refused for good: run:nightly has no room for $0.08: of $1.00 $0.95 are used and $0.00 held.',
      'run:nightly: 95,000 tokens, $0.95, 19 calls; $0.05 left',
      'org: 95,000 tokens, $0.95, 19 calls; no limit',
      'A call cost $0.03 more than was held for it.',
      'run:nightly: 95,000 tokens, $1.02, 20 calls; $0.00 left',
      'org: 95,000 tokens, $1.02, 20 calls; no limit',
      '  warning: 75% reached, 7,600 tokens used',
      'Note: 76% of token budget used. 2,400 tokens remaining.',
      '  critical: 90% reached, 9,100 tokens used',
      'WARNING: 91% of token budget used. 900 tokens remaining. Consider wrapping up your current task soon.',
      '  final: 95% reached, 9,550 tokens used',
      'CRITICAL: 96% of token budget used. Only 450 tokens remaining. Wrap up immediately or your next request may fail.',
      'Thread thread-o... budget exhausted: 9550/10000 tokens used',
      `Ledger: ${file}`,
      '',
    ]);
  });

  it('leaves a ledger behind whose counters are the sums of its reservations', async () => {
    expect(existsSync(file)).toBe(true);
    const store = await sqliteStore({ file });
    try {
      expect(await store.audit()).toEqual([]);
      expect(await store.readReservation('call-1')).toMatchObject({ status: 'settled', overrun: {} });
      expect(await store.readReservation('call-20')).toBeNull();
    } finally {
      await store.close();
    }
  });
});
