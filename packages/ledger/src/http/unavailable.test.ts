import { join } from 'node:path';
import { CodedError } from '@budget/core';
import { temporaryDirectory } from '@budget/test-tools/vitest';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { createLedger } from '../ledger.js';
import { temporaryStore } from '../testing/temporary-store.js';
import { served, tokensAsked } from './testing/served.js';

it('a ledger that another process holds is 503 with a time to wait, and says nothing of its file', async () => {
  const file = join(temporaryDirectory(), 'ledger.db');
  const { ask, log } = await served({ store: await temporaryStore({ file, busyTimeoutMs: 100 }) });
  expect(await ask('POST', '/reservations', tokensAsked('r', 1))).toMatchObject({ status: 201 });
  const other = new Database(file);
  other.exec('BEGIN IMMEDIATE');
  const busy = await ask('POST', '/reservations', tokensAsked('s', 1));
  other.exec('ROLLBACK');
  other.close();
  expect(busy).toMatchObject({ status: 503, body: { code: 'ledger_busy' } });
  expect(busy.headers.get('retry-after')).toBe('1');
  expect(JSON.stringify(busy.body)).not.toContain(file);
  expect(log).toHaveLength(1);
  expect(await ask('POST', '/reservations', tokensAsked('s', 1))).toMatchObject({ status: 201 });
});

it('a ledger that is closed is 503 everywhere, also for health', async () => {
  const { ask, ledger } = await served();
  await ledger.close();
  for (const [method, path] of [
    ['GET', '/healthz'],
    ['GET', '/limits'],
    ['POST', '/reservations/r/sent'],
  ] as const)
    expect(await ask(method, path)).toMatchObject({ status: 503, body: { code: 'ledger_closed' } });
});

it('a call that goes on without a ledger, as was chosen, is told so', async () => {
  const store = await temporaryStore();
  const ledger = createLedger({ store, onStoreFailure: 'allow' });
  const { ask } = await served({ ledger });
  const message = 'The disk is full.';
  const failure = new CodedError({ code: 'ledger_disk_full', kind: 'environment', message });
  Object.assign(store, { reserve: () => Promise.reject(failure) });
  expect(await ask('POST', '/reservations', tokensAsked('r', 1))).toMatchObject({
    ...{ status: 201, body: { id: 'r', status: 'held', isUnrecorded: true } },
  });
  expect(await ask('POST', '/reservations', tokensAsked('r', 1))).toMatchObject({
    ...{ status: 200, body: { isUnrecorded: true } },
  });
});

it('a fault of ours is 500, told to whoever runs the server and not to whoever asked', async () => {
  const store = await temporaryStore();
  Object.assign(store, { readScope: () => Promise.reject(new Error('a secret of ours')) });
  const { ask, log } = await served({ store });
  const { status, body } = await ask('GET', '/limits/a');
  expect([status, body.code]).toEqual([500, 'internal']);
  expect(JSON.stringify(body)).not.toContain('secret');
  expect(log.join()).toContain('a secret of ours');
});
