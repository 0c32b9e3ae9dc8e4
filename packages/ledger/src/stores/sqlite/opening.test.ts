import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryDirectory } from '@budget/test-tools/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundled, withDriver } from '../../testing/bundled.js';
import { child, firstWord } from '../../testing/child.js';
import { oneToken, temporaryStore } from '../../testing/temporary-store.js';

const OPENERS = 8;

describe('opening a new file', { timeout: 60_000 }, () => {
  let modules: string;

  beforeAll(async () => {
    modules = mkdtempSync(join(tmpdir(), 'budget-opening-'));
    await bundled({ store: 'stores/sqlite/index.ts', schema: 'stores/sqlite/schema.ts' }, modules);
    withDriver(modules);
  });
  afterAll(() => rmSync(modules, { recursive: true, force: true }));

  /** Opens the file when it is told to, and reserves. */
  const opener = `
    import { sqliteStore } from './store.mjs';
    const [file, id] = process.argv.slice(1);
    console.log('ready');
    process.stdin.once('data', async () => {
      const store = await sqliteStore({ file }).catch((error) => (console.log(error.message), process.exit(1)));
      const { status } = await store.reserve({ id, scopes: ['run:1'], amounts: { tokens: 1n }, expiresInMs: 3600000 });
      await store.close();
      console.log(status);
      process.exit(0);
    });`;

  it('succeeds for eight processes that do so at once', async () => {
    const file = join(temporaryDirectory(), 'made', 'ledger.db');
    const openers = Array.from({ length: OPENERS }, (_, index) => child(opener, [file, `r${index}`], modules));
    await Promise.all(openers.map(firstWord));
    const words = openers.map(firstWord);
    for (const { stdin } of openers) stdin?.write('go\n');
    expect(await Promise.all(words)).toEqual(Array(OPENERS).fill('reserved'));
    const store = await temporaryStore({ file });
    expect(await store.readScope('run:1')).toMatchObject({ usage: [{ held: BigInt(OPENERS) }] });
    expect(await store.audit()).toEqual([]);
  });

  it('succeeds for eight calls of one process', async () => {
    const file = join(temporaryDirectory(), 'ledger.db');
    const stores = await Promise.all(Array.from({ length: OPENERS }, () => temporaryStore({ file })));
    const results = await Promise.all(stores.map((store, index) => store.reserve(oneToken(`r${index}`))));
    expect(results).toEqual(Array(OPENERS).fill(expect.objectContaining({ status: 'reserved' })));
  });

  it.each([
    ['before its tables are made', ''],
    // A cache of one page, so that pages of the unfinished transaction stand in the -wal.
    ['in the middle of making them', 'PRAGMA cache_size = 1; BEGIN IMMEDIATE'],
    ['right after', 'BEGIN IMMEDIATE; COMMIT'],
  ])('whose maker was killed %s, works', async (_when, begin) => {
    const file = join(temporaryDirectory(), 'ledger.db');
    const maker = child(
      `import Sqlite from 'better-sqlite3';
       import { migrate } from './schema.mjs';
       const [file, begin] = process.argv.slice(1);
       const database = new Sqlite(file);
       database.pragma('journal_mode = WAL');
       database.exec(begin);
       if (begin !== '') migrate(database);
       process.kill(process.pid, 'SIGKILL');`,
      [file, begin],
      modules,
    );
    expect(await once(maker, 'exit')).toEqual([null, 'SIGKILL']);
    const store = await temporaryStore({ file });
    expect(await store.reserve(oneToken('r1'))).toMatchObject({ status: 'reserved' });
    expect(await store.audit()).toEqual([]);
  });

  it('works wherever the one before was killed', async () => {
    for (let round = 0; round < 6; round += 1) {
      const file = join(temporaryDirectory(), 'ledger.db');
      const killed = child(opener, [file, 'r1'], modules);
      await firstWord(killed);
      // It may also end by itself before that.
      const ended = once(killed, 'exit');
      killed.stdin?.write('go\n');
      // Loading the driver takes some milliseconds, making the file a few more.
      await sleep(round * 8);
      killed.kill('SIGKILL');
      await ended;
      const store = await temporaryStore({ file });
      expect(await store.reserve(oneToken('r1'))).toMatchObject({ status: 'reserved' });
      expect(await store.audit()).toEqual([]);
    }
  });
});

it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, '5', 5n])(
  'a wait of %s milliseconds is none',
  async (busyTimeoutMs) => {
    // NaN waited for ever.
    await expect(temporaryStore({ busyTimeoutMs: busyTimeoutMs as never })).rejects.toMatchObject({
      code: 'option_invalid',
      kind: 'usage',
    });
  },
);
