import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BudgetExhaustedError } from './budget-errors.js';
import { createLedger } from './ledger.js';
import type { SqliteStoreOptions } from './stores/sqlite/index.js';
import { temporaryStore } from './testing/temporary-store.js';
import { DAY_MS, TestClock } from './testing/test-clock.js';
import { createThreadBudgets, type ThreadBudgetsOptions } from './thread-budgets.js';

async function temporaryThreads(options: ThreadBudgetsOptions = {}, storeOptions: Partial<SqliteStoreOptions> = {}) {
  const store = await temporaryStore(storeOptions);
  const ledger = createLedger({ store });
  return { store, ledger, threads: createThreadBudgets(ledger, options) };
}

const used = (promptTokens: number | bigint, completionTokens: number | bigint = 0) => ({
  promptTokens,
  completionTokens,
});

describe('a thread budget', () => {
  it('is 100,000 tokens, all of them left, unless it is told otherwise', async () => {
    const { threads } = await temporaryThreads();
    expect(await threads.getBudget('t')).toEqual({
      ...{ threadId: 't', maxTokens: 100_000n, promptTokens: 0n, completionTokens: 0n, totalTokens: 0n },
      ...{ remaining: 100_000n, requestCount: 0, percentUsed: 0, isExhausted: false },
    });
    const { threads: small } = await temporaryThreads({ maxTokens: 7n });
    expect(await small.getBudget('t')).toMatchObject({ maxTokens: 7n });
  });

  it('keeps its maximum when another is configured, which is for new threads', async () => {
    const { threads } = await temporaryThreads();
    await threads.getBudget('before');
    threads.configure({ maxTokens: 500 });
    threads.configure({});
    expect(await threads.getBudget('before')).toMatchObject({ maxTokens: 100_000n });
    expect(await threads.getBudget('after')).toMatchObject({ maxTokens: 500n });
    expect(await threads.consume('later', used(1))).toMatchObject({ budget: { maxTokens: 500n } });
    expect(() => threads.configure({ maxTokens: -1 })).toThrow(/^maxTokens is -1, which is no whole number/);
  });

  it('is made by getBudget, checkBudget and consume, and by nothing else', async () => {
    const { threads, store } = await temporaryThreads();
    expect(await threads.hasBudget('t')).toBe(false);
    expect(await threads.getUsage('t')).toBeNull();
    expect(await threads.resetThread('t')).toBeNull();
    expect(await threads.cleanupThread('t')).toBeNull();
    await threads.clear();
    expect(await threads.getAllUsage()).toEqual([]);
    expect(await store.readScope('thread:t')).toBeNull();
    await threads.getBudget('got');
    await threads.checkBudget('checked');
    await threads.consume('consumed', used(1));
    expect((await threads.getAllUsage()).map(({ threadId }) => threadId)).toEqual(['checked', 'consumed', 'got']);
    expect(await threads.hasBudget('checked')).toBe(true);
  });

  it('has a name, which any scope could have', async () => {
    const { threads } = await temporaryThreads();
    await expect(threads.getBudget('x'.repeat(600))).rejects.toMatchObject({ code: 'scope_invalid' });
    await expect(threads.getBudget('a\nb')).rejects.toMatchObject({ code: 'scope_invalid' });
  });
});

describe('checkBudget', () => {
  it('admits up to the very last token, and refuses what would exceed', async () => {
    const { threads } = await temporaryThreads({ maxTokens: 1000 });
    await threads.consume('conversation-42', used(600, 100));
    expect(await threads.checkBudget('conversation-42')).toBe(true);
    expect(await threads.checkBudget('conversation-42', 300)).toBe(true);
    expect(await threads.checkBudget('conversation-42', -5)).toBe(true);
    const refused = (await threads
      .checkBudget('conversation-42', 301n)
      .catch((error: unknown) => error)) as BudgetExhaustedError;
    expect(BudgetExhaustedError.isInstance(refused)).toBe(true);
    expect(refused).toMatchObject({
      ...{ name: 'BudgetExhaustedError', code: 'budget_exhausted', kind: 'budget' },
      ...{ threadId: 'conversation-42', used: 700n, maxTokens: 1000n },
      message: 'Thread conversa... budget exhausted: 700/1000 tokens used',
    });
  });

  it('refuses once all is used, also nothing more', async () => {
    const { threads } = await temporaryThreads({ maxTokens: 10 });
    await threads.consume('t', used(10));
    await expect(threads.checkBudget('t')).rejects.toThrow('Thread t... budget exhausted: 10/10 tokens used');
    await threads.consume('t', used(15));
    await expect(threads.checkBudget('t', 0)).rejects.toMatchObject({ used: 25n, maxTokens: 10n });
  });

  it('counts what others hold on the thread', async () => {
    const { threads, ledger } = await temporaryThreads({ maxTokens: 100 });
    await threads.getBudget('t');
    await ledger.reserve({ scopes: ['thread:t'], amounts: { tokens: 60 } });
    expect(await threads.checkBudget('t', 40)).toBe(true);
    await expect(threads.checkBudget('t', 41)).rejects.toMatchObject({ code: 'budget_exhausted', used: 0n });
  });
});

describe('consume', () => {
  it('counts both kinds of tokens and each request, and negatives as 0', async () => {
    const { threads } = await temporaryThreads({ maxTokens: 1000 });
    await threads.consume('t', used(100, 20));
    const { budget, thresholds } = await threads.consume('t', used(-50, 30n));
    expect(budget).toEqual({
      ...{ threadId: 't', maxTokens: 1000n, promptTokens: 100n, completionTokens: 50n, totalTokens: 150n },
      ...{ remaining: 850n, requestCount: 2, percentUsed: 15, isExhausted: false },
    });
    expect(thresholds).toEqual([]);
    expect(await threads.getUsage('t')).toEqual(budget);
    await expect(threads.consume('t', used(Number.NaN))).rejects.toMatchObject({ code: 'amount_invalid' });
  });

  it('counts past the maximum, of which then nothing remains', async () => {
    const { threads } = await temporaryThreads({ maxTokens: 100 });
    expect((await threads.consume('t', used(99))).budget).toMatchObject({ remaining: 1n, isExhausted: false });
    expect((await threads.consume('t', used(1))).budget).toMatchObject({
      remaining: 0n,
      isExhausted: true,
      percentUsed: 100,
    });
    expect((await threads.consume('t', used(50))).budget).toMatchObject({
      remaining: 0n,
      totalTokens: 150n,
      percentUsed: 150,
    });
  });

  it.each([
    [1225, 12.2],
    [1235, 12.4],
    [1224, 12.2],
    [1226, 12.3],
    [5, 0],
    [15, 0.2],
    [6, 0.1],
    [9995, 100],
    [9985, 99.8],
  ])('of 10,000 tokens %d are %d percent: one decimal, half to the even one', async (tokens, percentUsed) => {
    const { threads } = await temporaryThreads({ maxTokens: 10_000 });
    expect((await threads.consume('t', used(tokens))).budget.percentUsed).toBe(percentUsed);
  });

  it('of a budget of nothing everything is used', async () => {
    const { threads } = await temporaryThreads({ maxTokens: 0 });
    expect(await threads.getBudget('t')).toMatchObject({ percentUsed: 100, isExhausted: true, remaining: 0n });
  });

  it('says each threshold once, those of one call ascending, in the words that models were tuned with', async () => {
    const { threads } = await temporaryThreads();
    expect((await threads.consume('t', used(74_999))).thresholds).toEqual([]);
    expect((await threads.consume('t', used(1))).thresholds).toEqual([
      { percent: 75, severity: 'warning', message: 'Note: 75% of token budget used. 25,000 tokens remaining.' },
    ]);
    expect((await threads.consume('t', used(14_999))).thresholds).toEqual([]);
    expect((await threads.consume('t', used(5_501))).thresholds).toEqual([
      {
        percent: 90,
        severity: 'critical',
        message:
          'WARNING: 96% of token budget used. 4,500 tokens remaining. Consider wrapping up your current task soon.',
      },
      {
        percent: 95,
        severity: 'final',
        message:
          'CRITICAL: 96% of token budget used. Only 4,500 tokens remaining. Wrap up immediately or your next request may fail.',
      },
    ]);
    expect((await threads.consume('t', used(90_000))).thresholds).toEqual([]);
  });

  it.each([
    [151, 'Note: 76% of token budget used. 49 tokens remaining.'],
    [153, 'Note: 76% of token budget used. 47 tokens remaining.'],
    [154, 'Note: 77% of token budget used. 46 tokens remaining.'],
  ])('%d of 200 tokens are told as a whole percent, half to the even one', async (tokens, message) => {
    const { threads } = await temporaryThreads({ maxTokens: 200 });
    expect((await threads.consume('t', used(tokens))).thresholds).toMatchObject([{ message }]);
  });

  it('says all three at once where one call crosses them, and the last without anything left', async () => {
    const { threads } = await temporaryThreads({ maxTokens: 2_000_000_000 });
    const { thresholds } = await threads.consume('t', used(5_000_000_000n));
    expect(thresholds.map(({ percent }) => percent)).toEqual([75, 90, 95]);
    expect(thresholds[2]?.message).toBe(
      'CRITICAL: 250% of token budget used. Only 0 tokens remaining. Wrap up immediately or your next request may fail.',
    );
  });

  it('sums up exactly what fifty calls at once consume, and says each threshold to one of them', async () => {
    const { threads, store } = await temporaryThreads({ maxTokens: 1000 });
    const calls = Array.from({ length: 50 }, (_, index) => threads.consume('t', used(index, 1)));
    const consumed = await Promise.all(calls);
    expect(await threads.getUsage('t')).toMatchObject({ totalTokens: 1275n, promptTokens: 1225n, requestCount: 50 });
    expect(consumed.flatMap(({ thresholds }) => thresholds.map(({ percent }) => percent))).toEqual([75, 90, 95]);
    expect(await store.audit()).toEqual([]);
  });

  it('computes percent and rest exactly for any numbers', async () => {
    const { threads } = await temporaryThreads();
    let count = 0;
    const amount = fc.bigInt({ min: 1n, max: 10n ** 15n });
    const property = fc.asyncProperty(amount, amount, async (maxTokens, tokens) => {
      threads.configure({ maxTokens });
      count += 1;
      const { budget } = await threads.consume(`t${count}`, used(tokens));
      // In tenths of a percent: nearest, and where two are as near the even one.
      const [scaled, rest] = [(tokens * 1000n) / maxTokens, (tokens * 1000n) % maxTokens];
      const isUp = rest * 2n > maxTokens || (rest * 2n === maxTokens && scaled % 2n === 1n);
      expect(budget.percentUsed).toBe(Number(scaled + (isUp ? 1n : 0n)) / 10);
      expect(budget.remaining).toBe(tokens > maxTokens ? 0n : maxTokens - tokens);
    });
    await fc.assert(property, { numRuns: 60 });
  });
});

describe('a thread', () => {
  it('that is reset counts anew and says its thresholds anew', async () => {
    const { threads, store } = await temporaryThreads({ maxTokens: 100 });
    await threads.consume('t', used(80, 10));
    expect(await threads.resetThread('t')).toEqual(await threads.getUsage('t'));
    expect(await threads.getUsage('t')).toMatchObject({
      totalTokens: 0n,
      promptTokens: 0n,
      completionTokens: 0n,
      requestCount: 0,
      maxTokens: 100n,
    });
    expect((await threads.consume('t', used(75))).thresholds).toMatchObject([{ percent: 75 }]);
    expect(await store.audit()).toEqual([]);
  });

  it('that is cleaned up tells its last state, and begins anew when it is used again', async () => {
    const { threads, store } = await temporaryThreads({ maxTokens: 100 });
    await threads.consume('t', used(80));
    await threads.consume('other', used(1));
    expect(await threads.cleanupThread('t')).toMatchObject({ totalTokens: 80n, requestCount: 1 });
    expect(await threads.cleanupThread('t')).toBeNull();
    expect(await threads.hasBudget('t')).toBe(false);
    const { budget, thresholds } = await threads.consume('t', used(76));
    expect(budget).toMatchObject({ totalTokens: 76n, requestCount: 1 });
    expect(thresholds).toMatchObject([{ percent: 75 }]);
    expect(await threads.hasBudget('other')).toBe(true);
    // Counters were not the sum of the reservations any more, as those from before stayed.
    expect(await store.audit()).toEqual([]);
  });

  it.each([
    ['released', async (ledger: ReturnType<typeof createLedger>) => ledger.release('r1'), 0n],
    ['settled', async (ledger: ReturnType<typeof createLedger>) => ledger.settle('r1', { tokens: 50 }), 50n],
  ])(
    'that is cleaned up while somebody holds tokens on it gives nobody more room once they are %s',
    async (_how, end, totalTokens) => {
      // The hold was taken off a new counter that never had it: minus 60 held made room for 160 of 100 tokens.
      const { threads, ledger, store } = await temporaryThreads({ maxTokens: 100 });
      await threads.getBudget('t');
      await ledger.reserve({ id: 'r1', scopes: ['thread:t'], amounts: { tokens: 60 } });
      await threads.cleanupThread('t');
      await threads.getBudget('t');
      await end(ledger);
      expect(await store.readThread('t')).toMatchObject({ heldTokens: 0n, usedTokens: totalTokens });
      await expect(
        ledger.reserve({ scopes: ['thread:t'], amounts: { tokens: 101n - totalTokens } }),
      ).rejects.toMatchObject({ code: 'budget_exceeded' });
      expect(await store.audit()).toEqual([]);
    },
  );

  it('that was cleaned up and is settled late is counted, also before it is used again', async () => {
    const { threads, ledger, store } = await temporaryThreads();
    await ledger.reserve({ id: 'r1', scopes: ['thread:t'], amounts: { tokens: 60 } });
    await ledger.release('r1');
    await threads.getBudget('t');
    await threads.cleanupThread('t');
    await ledger.settle('r1', { tokens: 20 });
    expect(await store.audit()).toEqual([]);
    expect(await threads.getBudget('t')).toMatchObject({ totalTokens: 20n });
  });

  it('is gone with all others after clear', async () => {
    const { threads, store } = await temporaryThreads();
    await Promise.all(['a', 'b', 'c'].map((id) => threads.consume(id, used(5))));
    await threads.clear();
    expect(await threads.getAllUsage()).toEqual([]);
    expect(await threads.getBudget('a')).toMatchObject({ totalTokens: 0n });
    expect(await store.audit()).toEqual([]);
  });

  it('is there after the ledger is opened again, its thresholds told', async () => {
    const { threads, store } = await temporaryThreads({ maxTokens: 100 });
    const { budget } = await threads.consume('t', used(80, 5));
    await store.close();
    const again = createThreadBudgets(createLedger({ store: await temporaryStore({ file: store.file }) }));
    expect(await again.getUsage('t')).toEqual(budget);
    expect((await again.consume('t', used(4))).thresholds).toEqual([]);
    expect((await again.consume('t', used(1))).thresholds).toMatchObject([{ percent: 90 }]);
  });
});

describe('threads that nobody uses', () => {
  it('vanish as others are made, and those that are used or held stay', async () => {
    const clock = new TestClock();
    const { threads, ledger, store } = await temporaryThreads({}, { clock, threadIdleDays: 2 });
    for (const id of ['idle', 'used', 'held']) await threads.consume(id, used(1));
    await ledger.reserve({ scopes: ['thread:held'], amounts: { tokens: 5 }, expiresInMs: 7 * DAY_MS });
    clock.forward(1.5 * DAY_MS);
    await threads.consume('used', used(1));
    clock.forward(DAY_MS);
    await threads.getBudget('new');
    expect((await threads.getAllUsage()).map(({ threadId }) => threadId)).toEqual(['held', 'new', 'used']);
    expect(await store.audit()).toEqual([]);
  });

  it('are bounded in number, however many there are in the end', async () => {
    const clock = new TestClock();
    const { threads, store } = await temporaryThreads({}, { clock, threadIdleDays: 1 });
    for (let count = 0; count < 300; count += 1) {
      await threads.consume(`t${count}`, used(1));
      clock.forward(DAY_MS / 20);
    }
    expect((await threads.getAllUsage()).length).toBeLessThanOrEqual(22);
    expect(await store.audit()).toEqual([]);
  });

  it('stay while reservations use them: a thread in daily use lost its limit', async () => {
    const clock = new TestClock();
    const { threads, ledger } = await temporaryThreads({ maxTokens: 100 }, { clock, threadIdleDays: 2 });
    await threads.getBudget('t');
    for (let day = 0; day < 4; day += 1) {
      clock.forward(DAY_MS);
      const { id } = await ledger.reserve({ scopes: ['thread:t'], amounts: { tokens: 3 } });
      await ledger.settle(id, { tokens: 3 });
      await threads.getBudget(`other-${day}`);
    }
    expect(await threads.getUsage('t')).toMatchObject({ totalTokens: 12n });
    await expect(ledger.reserve({ scopes: ['thread:t'], amounts: { tokens: 89 } })).rejects.toMatchObject({
      code: 'budget_exceeded',
    });
  });

  it('stay while somebody looks whether they have room', async () => {
    const clock = new TestClock();
    const { threads } = await temporaryThreads({}, { clock, threadIdleDays: 2 });
    for (let day = 0; day < 4; day += 1) {
      await threads.checkBudget('looked at');
      clock.forward(DAY_MS);
      await threads.consume(`other-${day}`, used(1));
    }
    expect(await threads.hasBudget('looked at')).toBe(true);
    expect(await threads.hasBudget('other-0')).toBe(false);
  });
});

describe('thresholds', () => {
  it('that a thread crosses are told to the listeners of the ledger too, also those of what lies above it', async () => {
    const { threads, ledger } = await temporaryThreads({ maxTokens: 1000 });
    const told: string[] = [];
    ledger.onThreshold(({ scope, percent }) => told.push(`${scope} ${percent}`));
    await ledger.setLimit({ scope: 'org', unit: 'tokens', limit: 100 });
    await ledger.setParent('thread:t', 'org');
    expect((await threads.consume('t', used(99))).thresholds).toEqual([]);
    expect(told).toEqual(['org 75', 'org 90', 'org 95']);
    expect((await threads.consume('t', used(700))).thresholds).toMatchObject([{ percent: 75 }]);
    expect(told.at(-1)).toBe('thread:t 75');
  });

  it('that a thread reaches as it is made are told', async () => {
    const { threads, ledger } = await temporaryThreads({ maxTokens: 100 });
    const told: number[] = [];
    ledger.onThreshold(({ percent }) => told.push(percent));
    const { id } = await ledger.reserve({ scopes: ['thread:t'], amounts: { tokens: 80 } });
    await ledger.settle(id, { tokens: 80 });
    await threads.getBudget('t');
    expect(told).toEqual([75]);
  });
});

it('holds that ended long ago do not keep a thread from going on', async () => {
  const clock = new TestClock();
  const { threads, ledger } = await temporaryThreads({ maxTokens: 100 }, { clock });
  await ledger.reserve({ scopes: ['thread:t'], amounts: { tokens: 90 }, expiresInMs: 1000 });
  await expect(threads.checkBudget('t', 50)).rejects.toMatchObject({ code: 'budget_exhausted' });
  clock.forward(1000);
  expect(await threads.checkBudget('t', 50)).toBe(true);
});

it('a thread whose limit was removed gets a budget again when somebody asks for it', async () => {
  const { threads, ledger } = await temporaryThreads({ maxTokens: 100 });
  await threads.consume('t', used(10));
  await ledger.removeLimit({ scope: 'thread:t', unit: 'tokens' });
  expect(await threads.checkBudget('t', 90)).toBe(true);
  expect(await threads.getUsage('t')).toMatchObject({ maxTokens: 100n, remaining: 90n });
});
