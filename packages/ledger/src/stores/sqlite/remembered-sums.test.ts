import { join } from 'node:path';
import { temporaryDirectory } from '@budget/test-tools/vitest';
import { expect, it } from 'vitest';
import { observationOf } from '../../testing/contract/observation-tools.js';
import { temporaryStore } from '../../testing/temporary-store.js';

async function observed(store: Awaited<ReturnType<typeof temporaryStore>>): Promise<number | undefined> {
  return (await store.readUsageTotal('overall', ''))?.observations;
}

it('sums that another process added to meanwhile are read anew', async () => {
  const file = join(temporaryDirectory(), 'ledger.db');
  const [one, other] = [await temporaryStore({ file }), await temporaryStore({ file })];
  for (let call = 0; call < 10; call += 1) {
    await one.observe([observationOf(`one-${call}`)]);
    await one.observe([observationOf(`one again-${call}`)]);
    await other.observe([observationOf(`other-${call}`)]);
  }
  expect(await observed(one)).toBe(30);
  expect(await one.auditRollups()).toEqual([]);
});

it('sums of a transaction that did not happen are not remembered', async () => {
  const store = await temporaryStore();
  await store.observe([observationOf('before')]);
  const tooMuch = observationOf('too much', { costNanoUsd: 2n ** 63n });
  const outcomes = await Promise.allSettled([
    store.observe([observationOf('together')]),
    store.observe([observationOf('in the same batch'), tooMuch]),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  await store.observe([observationOf('after')]);
  expect(await observed(store)).toBe(3);
  expect(await store.auditRollups()).toEqual([]);
});

it('more sums than are remembered are right', async () => {
  const store = await temporaryStore();
  const round = (name: string) =>
    Array.from({ length: 5000 }, (_, thread) => observationOf(`${name}-${thread}`, { threadId: `thread-${thread}` }));
  for (const name of ['first', 'second']) await store.observe(round(name));
  expect(await store.readUsageTotal('thread', 'thread-4999')).toMatchObject({ observations: 2 });
  expect(await store.auditRollups()).toEqual([]);
});
