import { type Contract, done, limitOf, requestOf, tokens, usageOf } from './contract-tools.js';

export const parentContract: Contract = {
  'who reserves on a scope reserves on all its ancestors, on each once': async ({ store, isEqual }) => {
    await store.setParent('run', 'team');
    await store.setParent('team', 'org');
    await store.setLimit(limitOf(10n, { scope: 'org' }));
    const { scopes } = done(await store.reserve(requestOf('r', tokens(6n), { scopes: ['run', 'team'] })));
    isEqual(scopes, ['org', 'run', 'team']);
    for (const scope of scopes) isEqual(await usageOf(store, scope), [0n, 6n, 0n]);
    const refused = await store.reserve(requestOf('s', tokens(5n)));
    isEqual(refused.status === 'refused' && refused.refusal.scope, 'org');
    isEqual(await usageOf(store, 'run'), [0n, 6n, 0n]);
  },

  'reservations keep the ancestors that they were made with': async ({ store, isEqual }) => {
    isEqual(await store.setParent('run', 'old'), 'set');
    done(await store.reserve(requestOf('r', tokens(6n))));
    isEqual(await store.setParent('run', 'new'), 'set');
    done(await store.settle('r', tokens(5n)));
    isEqual(await usageOf(store, 'old'), [5n, 0n, 0n]);
    isEqual(await usageOf(store, 'new'), [0n, 0n, 0n]);
    isEqual((await store.reserve(requestOf('r', tokens(6n)))).status, 'reserved');
    isEqual(await store.setParent('run', null), 'set');
    isEqual(done(await store.reserve(requestOf('s', tokens(1n)))).scopes, ['run']);
    isEqual((await store.readScope('run'))?.parent, null);
  },

  'no scope lies below itself': async ({ store, isEqual }) => {
    isEqual(await store.setParent('a', 'a'), 'circle');
    isEqual(await store.setParent('a', 'b'), 'set');
    isEqual(await store.setParent('b', 'c'), 'set');
    isEqual(await store.setParent('c', 'a'), 'circle');
    isEqual(await store.setParent('b', 'a'), 'circle');
    isEqual((await store.readScope('b'))?.parent, 'c');
    isEqual(done(await store.reserve(requestOf('r', tokens(1n), { scopes: ['a'] }))).scopes, ['a', 'b', 'c']);
  },

  'a scope has 16 ancestors at most, counted from the lowest scope below it': async ({ store, isEqual }) => {
    for (let depth = 0; depth < 16; depth++) isEqual(await store.setParent(`s${depth}`, `s${depth + 1}`), 'set');
    const { scopes } = done(await store.reserve(requestOf('r', tokens(1n), { scopes: ['s0'] })));
    isEqual(scopes.length, 17);
    isEqual(await store.setParent('s16', 'top'), 'too_deep');
    isEqual(await store.setParent('below', 's0'), 'too_deep');
    isEqual(await store.setParent('beside', 's1'), 'set');
    isEqual((await store.readScope('s16'))?.parent, null);
    isEqual(await store.readScope('below'), null);
  },
};
