import { type Contract, done, limitOf, percentsOf, requestOf, tokens, usageOf } from './contract-tools.js';

const SCOPE = 'thread:t';

function consumption(id: string, promptTokens: bigint, completionTokens: bigint, threadId = 't') {
  return { id, threadId, maxTokens: 100n, promptTokens, completionTokens };
}

function fresh(threadId: string, maxTokens: bigint) {
  return {
    threadId,
    maxTokens,
    promptTokens: 0n,
    completionTokens: 0n,
    requestCount: 0,
    usedTokens: 0n,
    heldTokens: 0n,
  };
}

export const threadContract: Contract = {
  'opening makes a thread with its budget once': async ({ store, isEqual }) => {
    isEqual(await store.readThread('t'), null);
    isEqual(await store.openThread('t', 100n), { thread: fresh('t', 100n), crossings: [] });
    isEqual((await store.openThread('t', 500n)).thread, fresh('t', 100n));
    isEqual(await store.readThread('t'), fresh('t', 100n));
    isEqual((await store.readScope(SCOPE))?.limits[0]?.limit, 100n);
  },

  'consuming books on the scope of the thread, counts a request and makes the thread': async ({ store, isEqual }) => {
    const { thread, crossings } = await store.consumeThread(consumption('a', 50n, 26n));
    isEqual(thread, {
      ...fresh('t', 100n),
      promptTokens: 50n,
      completionTokens: 26n,
      requestCount: 1,
      usedTokens: 76n,
    });
    isEqual(percentsOf(crossings), [75]);
    isEqual(await usageOf(store, SCOPE), [76n, 0n, 76n]);
    const next = await store.consumeThread(consumption('b', 50n, 0n));
    isEqual([next.thread.usedTokens, next.thread.requestCount, percentsOf(next.crossings)], [126n, 2, [90, 95]]);
  },

  'a consumption that is said again is counted once': async ({ store, isEqual }) => {
    const first = await store.consumeThread(consumption('a', 50n, 26n));
    isEqual(await store.consumeThread(consumption('a', 50n, 26n)), { thread: first.thread, crossings: [] });
  },

  'reservations on its scope are held by the thread and refused by its budget': async ({ store, isEqual }) => {
    await store.openThread('t', 100n);
    done(await store.reserve(requestOf('r', tokens(60n), { scopes: [SCOPE] })));
    isEqual(await store.readThread('t'), { ...fresh('t', 100n), heldTokens: 60n });
    isEqual((await store.reserve(requestOf('s', tokens(41n), { scopes: [SCOPE] }))).status, 'refused');
    done(await store.settle('r', tokens(30n)));
    isEqual(await store.readThread('t'), { ...fresh('t', 100n), usedTokens: 30n });
  },

  'threads are listed by their ids, in pages that follow each other': async ({ store, isEqual }) => {
    for (const threadId of ['b', 'c', 'a']) await store.openThread(threadId, 5n);
    const [a, b, c] = [fresh('a', 5n), fresh('b', 5n), fresh('c', 5n)];
    isEqual(await store.listThreads({ after: null, limit: 10 }), [a, b, c]);
    isEqual(await store.listThreads({ after: null, limit: 2 }), [a, b]);
    isEqual(await store.listThreads({ after: 'b', limit: 2 }), [c]);
  },

  'opening a thread tells the thresholds that its scope has reached before': async ({ store, isEqual }) => {
    done(await store.book({ id: 'b', scopes: [SCOPE], amounts: tokens(80n) }));
    isEqual(percentsOf((await store.openThread('t', 100n)).crossings), [75]);
    isEqual((await store.openThread('t', 100n)).crossings, []);
  },

  'opening a thread whose limit was removed gives it a budget again': async ({ store, isEqual }) => {
    await store.consumeThread(consumption('a', 10n, 0n));
    await store.removeLimit(limitOf(100n, { scope: SCOPE }));
    isEqual((await store.openThread('t', 50n)).thread.maxTokens, 50n);
    isEqual((await store.reserve(requestOf('r', tokens(41n), { scopes: [SCOPE] }))).status, 'refused');
  },

  'a reset starts counting anew, keeps what is held and tells thresholds again': async ({ store, isEqual }) => {
    isEqual(await store.resetThread('t'), null);
    await store.consumeThread(consumption('a', 70n, 6n));
    done(await store.reserve(requestOf('r', tokens(20n), { scopes: [SCOPE] })));
    isEqual(await store.resetThread('t'), { ...fresh('t', 100n), heldTokens: 20n });
    isEqual(await store.readThread('t'), { ...fresh('t', 100n), heldTokens: 20n });
    done(await store.settle('r', tokens(20n)));
    const { thread, crossings } = await store.consumeThread(consumption('b', 60n, 0n));
    isEqual([thread.usedTokens, thread.requestCount, percentsOf(crossings)], [80n, 1, [75]]);
  },

  'a reset of a thread that does not exist leaves its scope alone': async ({ store, isEqual }) => {
    done(await store.book({ id: 'b', scopes: [SCOPE], amounts: tokens(7n) }));
    isEqual(await store.resetThread('t'), null);
    isEqual(await usageOf(store, SCOPE), [7n, 0n, 7n]);
  },

  'removing a thread tells its last state; a new one of that name begins at nothing': async ({ store, isEqual }) => {
    isEqual(await store.removeThread('t'), null);
    const { thread } = await store.consumeThread(consumption('a', 50n, 26n));
    isEqual(await store.removeThread('t'), thread);
    isEqual(await store.readThread('t'), null);
    isEqual(await store.removeThread('t'), null);
    isEqual((await store.openThread('t', 7n)).thread, fresh('t', 7n));
    isEqual(await store.audit(), []);
  },

  'a hold that outlives its thread is not freed twice, which would let the next one overspend': async ({
    store,
    isEqual,
  }) => {
    await store.openThread('t', 100n);
    done(await store.reserve(requestOf('r', tokens(80n), { scopes: [SCOPE] })));
    await store.removeThread('t');
    isEqual((await store.openThread('t', 100n)).thread, { ...fresh('t', 100n), heldTokens: 80n });
    done(await store.settle('r', tokens(10n)));
    isEqual(await store.readThread('t'), { ...fresh('t', 100n), usedTokens: 10n });
    isEqual((await store.reserve(requestOf('s', tokens(91n), { scopes: [SCOPE] }))).status, 'refused');
  },

  'threads go, as many at once as somebody says': async ({ store, isEqual }) => {
    for (const threadId of ['b', 'c', 'a']) await store.consumeThread(consumption(threadId, 1n, 1n, threadId));
    isEqual(await store.removeThreads(2), 2);
    isEqual(await store.removeThreads(2), 1);
    isEqual(await store.removeThreads(2), 0);
    isEqual(await store.listThreads({ after: null, limit: 10 }), []);
  },

  'what a thread used is known also without its limit': async ({ store, isEqual }) => {
    await store.consumeThread(consumption('a', 5n, 5n));
    await store.removeLimit(limitOf(100n, { scope: SCOPE }));
    isEqual((await store.readThread('t'))?.usedTokens, 10n);
  },
};
