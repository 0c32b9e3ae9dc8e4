// Run in the directory of somebody who installed @budget/ledger and better-sqlite3 and nothing else.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { BudgetExceededError, createLedger, createThreadBudgets } from '@budget/ledger';
import { createHttpApp } from '@budget/ledger/http';
import { sqliteStore } from '@budget/ledger/sqlite';

const ledger = createLedger({ store: await sqliteStore({ file: 'ledger.db' }) });
await ledger.setLimit({ scope: 'run:1', unit: 'nanoUsd', limit: 1_000_000_000n });
const calls = Array.from({ length: 20 }, () =>
  ledger.reserve({ scopes: ['run:1'], amounts: { nanoUsd: 100_000_000 } }),
);
const outcomes = await Promise.allSettled(calls);
const admitted = outcomes.filter(({ status }) => status === 'fulfilled').map(({ value }) => value.id);
assert.equal(admitted.length, 10);

// The other kind of module is another copy of every class.
const require = createRequire(import.meta.url);
const { reason } = outcomes.find(({ status }) => status === 'rejected');
assert.ok(BudgetExceededError.isInstance(reason));
assert.ok(require('@budget/ledger').BudgetExceededError.isInstance(reason));
const second = await require('@budget/ledger/sqlite').sqliteStore({ file: 'ledger.db' });
for (const id of admitted) await ledger.settle(id, { nanoUsd: 40_000_000 });
const { limits } = await second.readScope('run:1');
assert.equal(limits[0].used, 400_000_000n);

const { thresholds } = await createThreadBudgets(ledger).consume('thread', {
  promptTokens: 80_000,
  completionTokens: 0,
});
assert.equal(thresholds[0].message, 'Note: 80% of token budget used. 20,000 tokens remaining.');

// With the optional peers of a server, which are lent here.
const app = createHttpApp({ ledger });
const ask = (path, init) => app.request(`/api/v1${path}`, { headers: { host: 'localhost' }, ...init });
assert.equal((await (await ask('/limits/run%3A1')).json()).limits[0].used, 400_000_000);
assert.equal((await require('@budget/ledger/http').createHttpApp({ ledger }).request('/healthz')).status, 403);
assert.equal((await ask('/reservations/none')).status, 404);
assert.deepEqual(await second.audit(), []);
await Promise.all([ledger.close(), second.close()]);
