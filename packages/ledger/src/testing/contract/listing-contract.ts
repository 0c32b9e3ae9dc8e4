import assert from 'node:assert/strict';
import { defaultThresholds } from '../../limit.js';
import { type Contract, limitOf, limitUsageOf, requestOf, tokens } from './contract-tools.js';

export const listingContract: Contract = {
  'a scope that nobody set or used is not known': async ({ store, isEqual }) => {
    isEqual(await store.readScope('run'), null);
    isEqual(await store.listScopes({ after: null, limit: 10 }), []);
  },

  'a scope shows its limits, its parent and its usage of every unit': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(100n));
    await store.setParent('run', 'org');
    await store.book({ id: 'b', scopes: ['run'], amounts: { tokens: 40n, calls: 1n } });
    isEqual(await store.readScope('run'), {
      scope: 'run',
      parent: 'org',
      limits: [
        {
          scope: 'run',
          unit: 'tokens',
          window: null,
          limit: 100n,
          thresholds: defaultThresholds,
          used: 40n,
          held: 0n,
          overrun: 40n,
          remaining: 60n,
          resetsAtMs: null,
        },
      ],
      usage: [
        { unit: 'tokens', used: 40n, held: 0n, overrun: 40n },
        { unit: 'calls', used: 1n, held: 0n, overrun: 1n },
      ],
    });
  },

  'setting a limit again changes it and keeps what was used': async ({ store, isEqual }) => {
    await store.setLimit(limitOf(100n));
    await store.reserve(requestOf('r', tokens(80n)));
    await store.setLimit(limitOf(50n));
    isEqual(await limitUsageOf(store), [0n, 80n, 0n, 0n]);
    isEqual(await store.removeLimit(limitOf(0n, { unit: 'calls' })), false);
    isEqual(await store.removeLimit(limitOf(0n)), true);
    isEqual((await store.readScope('run'))?.usage, [{ unit: 'tokens', used: 0n, held: 80n, overrun: 0n }]);
  },

  'scopes are listed by name, in pages that follow each other': async ({ store, isEqual }) => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const scope of [...names].reverse()) await store.book({ id: scope, scopes: [scope], amounts: tokens(1n) });
    const namesOf = async (after: string | null, limit: number) =>
      (await store.listScopes({ after, limit })).map(({ scope }) => scope);
    isEqual(await namesOf(null, 10), names);
    isEqual(await namesOf(null, 2), ['a', 'b']);
    isEqual(await namesOf('b', 2), ['c', 'd']);
    isEqual(await namesOf('bb', 2), ['c', 'd']);
    isEqual(await namesOf('e', 2), []);
    const [first] = await store.listScopes({ after: 'b', limit: 1 });
    isEqual(first, await store.readScope('c'));
  },

  'closing twice does nothing; verbs that run are finished; later ones fail': async ({ store, isEqual }) => {
    const running = Array.from({ length: 20 }, (_, index) => store.reserve(requestOf(`r${index}`, tokens(1n))));
    const closed = store.close();
    const statuses = (await Promise.all(running)).map(({ status }) => status);
    isEqual(new Set(statuses), new Set(['reserved']));
    await closed;
    await store.close();
    await assert.rejects(store.readScope('run'));
    return 'closed';
  },
};
