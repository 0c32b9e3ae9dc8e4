import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterThisTest, temporaryDirectory } from '@budget/test-tools/vitest';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../testing/failure-of.js';
import { oneToken, temporaryStore } from '../../testing/temporary-store.js';
import { asUnprivileged, giveAway } from '../../testing/unprivileged.js';
import { type SqliteStore, sqliteStore } from './index.js';

it('a backup into a directory that may not be written is told of as such, and not as a fault of the ledger', async () => {
  const store = await temporaryStore();
  giveAway(dirname(store.file));
  const place = temporaryDirectory();
  chmodSync(place, 0o555);
  const copy = join(place, 'copy.db');
  const error = await failureOf(asUnprivileged(() => store.backup(copy)));
  expect(error).toMatchObject({ code: 'output_failed', kind: 'environment', file: copy });
  expect(error.message).toMatch(/copy\.db cannot be written: .*Nothing of it was kept/);
  expect(error.message).not.toContain(store.file);
});

describe('when a ledger may not be written', () => {
  let file: string;

  beforeEach(async () => {
    const store = await temporaryStore({ file: join(temporaryDirectory(), 'place', 'ledger.db') });
    file = store.file;
    await store.reserve(oneToken('r1'));
    await store.close();
    chmodSync(dirname(dirname(file)), 0o755);
    giveAway(dirname(file));
    afterThisTest(() => spawnSync('chmod', ['-R', 'u+rwX', dirname(file)]));
  });

  /** Opening, or else the first verb, says so. */
  async function refusalOf(place: string): Promise<{ code: string; message: string }> {
    return failureOf(
      asUnprivileged(async () => {
        const store = await sqliteStore({ file: place });
        await store.reserve(oneToken('r2')).finally(() => store.close());
      }),
    );
  }

  async function expectToWorkAgain(): Promise<void> {
    const held = await asUnprivileged(async () => {
      const store = await sqliteStore({ file });
      await store.reserve(oneToken('r3'));
      return store.readScope('run:1').finally(() => store.close());
    });
    expect(held).toMatchObject({ usage: [{ held: 2n }] });
  }

  it.each([
    ['its file', (place: string) => [place]],
    ['its directory', (place: string) => [dirname(place)]],
    ['both', (place: string) => [place, dirname(place)]],
  ])('because %s is read-only, calls are refused, and not a byte changes', async (_what, paths) => {
    const before = readFileSync(file);
    for (const path of paths(file)) chmodSync(path, statSync(path).mode & 0o555);
    const error = await refusalOf(file);
    expect(error).toMatchObject({ code: 'ledger_read_only', kind: 'environment', file });
    expect(error.message).toMatch(
      /can be read but not written\. Nothing was changed\. Allow writing to it.* -wal and -shm/,
    );
    expect(readFileSync(file).equals(before)).toBe(true);
    for (const path of paths(file)) chmodSync(path, statSync(path).mode | 0o200);
    // SQLite makes them with the permissions of the file.
    for (const beside of ['-wal', '-shm']) if (existsSync(`${file}${beside}`)) chmodSync(`${file}${beside}`, 0o600);
    await expectToWorkAgain();
  });

  it('nor read, calls are refused', async () => {
    chmodSync(file, 0);
    expect(await refusalOf(file)).toMatchObject({ code: 'ledger_not_opened', kind: 'environment', file });
    chmodSync(file, 0o600);
    await expectToWorkAgain();
  });

  it('and its directory cannot be made', async () => {
    chmodSync(dirname(file), 0o555);
    const beyond = join(dirname(file), 'more', 'ledger.db');
    expect(await refusalOf(beyond)).toMatchObject({ code: 'ledger_not_opened', kind: 'environment', file: beyond });
  });
});

/** Reserves until it is refused; says how many were acknowledged. */
async function reserveUntilRefused(store: SqliteStore): Promise<{ acknowledged: string[]; error: Error }> {
  const acknowledged: string[] = [];
  for (let index = 0; index < 100_000; index += 1) {
    const id = `fill-${index}`;
    const error = await store.reserve(oneToken(id)).then(
      () => null,
      (refused: Error) => refused,
    );
    if (error !== null) return { acknowledged, error };
    acknowledged.push(id);
  }
  throw new Error('It was never refused.');
}

async function expectNothingLost(store: SqliteStore, acknowledged: readonly string[]): Promise<void> {
  for (const id of acknowledged) expect(await store.readReservation(id)).toMatchObject({ status: 'held' });
  expect(await store.readReservation(`fill-${acknowledged.length}`)).toBeNull();
  expect(await store.readScope('run:1')).toMatchObject({ usage: [{ held: BigInt(acknowledged.length) }] });
  expect(await store.audit()).toEqual([]);
}

describe('when its files cannot grow', { timeout: 60_000 }, () => {
  /** Of this process, from now on; `unlimited` ends it. */
  function limitFileSize(bytes: number | 'unlimited'): void {
    execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
  }

  it('calls are refused, nothing is lost, and the same open store goes on once they can', async () => {
    const store = await temporaryStore();
    // Without a listener the signal would end the process.
    const ignored = () => {};
    process.on('SIGXFSZ', ignored);
    afterThisTest(() => process.off('SIGXFSZ', ignored));
    afterThisTest(() => limitFileSize('unlimited'));
    limitFileSize(statSync(`${store.file}-wal`).size + 200_000);
    const { acknowledged, error } = await reserveUntilRefused(store);
    expect(acknowledged.length).toBeGreaterThan(5);
    expect(error).toMatchObject({ code: 'ledger_disk_failed', kind: 'environment', file: store.file });
    expect(error.message).toMatch(/Nothing was changed\. Look at the disk \(is it full\?\) and try again/);
    await expectNothingLost(store, acknowledged);
    const beyond = { file: join(temporaryDirectory(), 'new.db') };
    limitFileSize(50_000);
    const copy = `${beyond.file}.copy`;
    expect(await failureOf(store.backup(copy))).toMatchObject({
      code: 'output_failed',
      kind: 'environment',
      file: copy,
    });
    expect(readdirSync(dirname(copy)).filter((name) => /unfinished|copy/.test(name))).toEqual([]);
    limitFileSize(3000);
    expect(await failureOf(sqliteStore(beyond))).toMatchObject({ code: 'ledger_disk_failed', kind: 'environment' });
    limitFileSize('unlimited');
    expect(await store.reserve(oneToken(`fill-${acknowledged.length}`))).toMatchObject({ status: 'reserved' });
    await expectNothingLost(store, [...acknowledged, `fill-${acknowledged.length}`]);
    expect(await (await temporaryStore(beyond)).reserve(oneToken('r1'))).toMatchObject({ status: 'reserved' });
  });
});

/** A small disk of its own, where this user and this system give one; files that cannot grow are tried anywhere. */
function smallDisk(): string | null {
  if (process.getuid?.() !== 0) return null;
  const directory = mkdtempSync(join(tmpdir(), 'budget-full-disk-'));
  const { status } = spawnSync('sh', ['-c', 'mount -t tmpfs -o size=1m tmpfs "$0"', directory]);
  if (status === 0) return directory;
  rmSync(directory, { recursive: true });
  return null;
}

const disk = smallDisk();

if (disk !== null) {
  describe('when the disk is full', { timeout: 60_000 }, () => {
    afterAll(() => {
      spawnSync('sh', ['-c', 'umount "$0"', disk]);
      rmSync(disk, { recursive: true, force: true });
    });

    it('calls are refused, nothing is lost, and the same open store goes on once there is room', async () => {
      const store = await temporaryStore({ file: join(disk, 'ledger.db') });
      const filler = join(disk, 'filler');
      spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4096']);
      truncateSync(filler, statSync(filler).size - 100 * 1024);
      const { acknowledged, error } = await reserveUntilRefused(store);
      expect(acknowledged.length).toBeGreaterThan(2);
      expect(error).toMatchObject({ code: 'ledger_disk_full', kind: 'environment', file: store.file });
      expect(error.message).toMatch(/the disk is full\. Nothing was changed\. Make room and try again/);
      await expectNothingLost(store, acknowledged);
      const beyond = { file: join(disk, 'deeper', 'new.db') };
      const { code } = await failureOf(sqliteStore(beyond));
      expect(code).toMatch(/^ledger_(?:disk_full|disk_failed|not_opened)$/);
      rmSync(filler);
      expect(await store.reserve(oneToken(`fill-${acknowledged.length}`))).toMatchObject({ status: 'reserved' });
      await expectNothingLost(store, [...acknowledged, `fill-${acknowledged.length}`]);
      expect(await (await temporaryStore(beyond)).reserve(oneToken('r1'))).toMatchObject({ status: 'reserved' });
    });
  });
}
