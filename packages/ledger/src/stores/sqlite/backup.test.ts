import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqliteStore } from './sqlite-store.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'budget-backup-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('a backup', () => {
  it('ends while others write all the time (SQLite began it anew at each of their writes)', async () => {
    const file = join(directory, 'ledger.db');
    const [store, other] = [await sqliteStore({ file }), await sqliteStore({ file })];
    // Large rows: it takes many steps to copy them.
    const scopes = Array.from({ length: 16 }, (_, index) => `${index} ${'x'.repeat(450)}`).sort();
    const reserve = (id: string) => other.reserve({ id, scopes, amounts: { calls: 1n }, expiresInMs: 60_000 });
    for (let index = 0; index < 150; index += 1) await reserve(`before-${index}`);

    let isCopied = false;
    let writes = 0;
    const copied = store.backup(join(directory, 'copy.db')).then(() => {
      isCopied = true;
    });
    for (; !isCopied && writes < 400; writes += 1) {
      await reserve(`meanwhile-${writes}`);
      await nextTurn();
    }
    expect(isCopied).toBe(true);
    await copied;
    await Promise.all([store.close(), other.close()]);

    const copy = await sqliteStore({ file: join(directory, 'copy.db') });
    expect(await copy.audit()).toEqual([]);
    expect(await copy.readReservation('before-149')).not.toBeNull();
    await copy.close();
  }, 60_000);

  it('into a directory that does not exist is a mistake that can be mended, and leaves nothing behind', async () => {
    const store = await sqliteStore({ file: join(directory, 'ledger.db') });
    await expect(store.backup(join(directory, 'nowhere', 'copy.db'))).rejects.toMatchObject({
      code: 'directory_missing',
      kind: 'input',
    });
    await store.close();
    expect(existsSync(join(directory, 'nowhere'))).toBe(false);
    expect(readdirSync(directory)).toEqual(['ledger.db']);
  });

  it('to a name that another takes at the same time is made once, and the others say that it is there', async () => {
    // They shared an unfinished file, and all of them failed.
    const store = await sqliteStore({ file: join(directory, 'ledger.db') });
    await store.reserve({ id: 'r', scopes: ['a'], amounts: { calls: 1n }, expiresInMs: 1000 });
    const target = join(directory, 'copy.db');
    const all = await Promise.allSettled([store.backup(target), store.backup(target), store.backup(target)]);
    const codes = all.map((each) => (each.status === 'fulfilled' ? 'made' : each.reason.code));
    expect(codes.sort()).toEqual(['file_exists', 'file_exists', 'made']);
    await store.close();
    expect(readdirSync(directory).sort()).toEqual(['copy.db', 'ledger.db']);
    const copy = await sqliteStore({ file: target });
    expect(await copy.readReservation('r')).not.toBeNull();
    await copy.close();
  });

  it('may have as long a name as the file system allows, and a longer one is refused in words', async () => {
    const store = await sqliteStore({ file: join(directory, 'ledger.db') });
    await store.backup(join(directory, 'x'.repeat(250)));
    expect(existsSync(join(directory, 'x'.repeat(250)))).toBe(true);
    await expect(store.backup(join(directory, 'x'.repeat(300)))).rejects.toMatchObject({
      code: 'output_failed',
      kind: 'environment',
    });
    await store.close();
    expect(readdirSync(directory)).toHaveLength(2);
  });

  it.each(['', '-wal', '-shm', '-journal'])('to the ledger itself with %j at its end is refused', async (ending) => {
    // What lay at -journal was deleted by SQLite at the next write.
    const file = join(directory, 'ledger.db');
    const store = await sqliteStore({ file });
    await expect(store.backup(file + ending)).rejects.toMatchObject({ code: 'file_exists', kind: 'input' });
    await store.close();
    expect(readdirSync(directory)).toEqual(['ledger.db']);
  });

  it('to a name of the ledger itself is refused through links, too', async () => {
    // It was written, told of, and deleted at the next write.
    const real = join(directory, 'real');
    mkdirSync(real);
    symlinkSync(real, join(directory, 'linked'));
    symlinkSync(join(real, 'ledger.db'), join(directory, 'link.db'));
    const store = await sqliteStore({ file: join(real, 'ledger.db') });
    const linked = await sqliteStore({ file: join(directory, 'link.db') });
    for (const backup of [
      store.backup(join(directory, 'linked', 'ledger.db-journal')),
      linked.backup(join(real, 'ledger.db-journal')),
    ])
      await expect(backup).rejects.toMatchObject({ code: 'file_exists', kind: 'input' });
    await linked.backup(join(directory, 'linked', 'copy.db'));
    await Promise.all([store.close(), linked.close()]);
    expect(readdirSync(real)).toEqual(['copy.db', 'ledger.db']);
  });
});
