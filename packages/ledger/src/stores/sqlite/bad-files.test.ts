import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterThisTest, temporaryDirectory } from '@budget/test-tools/vitest';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { bundled } from '../../testing/bundled.js';
import { child, firstWord } from '../../testing/child.js';
import { failureOf } from '../../testing/failure-of.js';
import { oneToken, temporaryStore } from '../../testing/temporary-store.js';
import { sqliteStore } from './index.js';

const PAGE_BYTES = 2048;

/** The bytes of a ledger with a few hundred reservations on forty scopes. */
async function ledgerBytes(): Promise<Buffer> {
  const store = await temporaryStore();
  await Promise.all(Array.from({ length: 300 }, (_, index) => store.reserve(oneToken(`old-${index}`, scope(index)))));
  await store.close();
  return readFileSync(store.file);
}

function scope(index: number): string {
  return `scope:${index % 40}`;
}

function otherProgram(file: string, sql: string): Buffer {
  const database = new Sqlite(file);
  database.exec(sql);
  database.close();
  return readFileSync(file);
}

/** The same on every run, and never the same twice in it. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 16_807) % 2_147_483_647;
    return state % below;
  };
}

const nextNumber = numbersFrom(20_261);
const garbage = Buffer.from(Array.from({ length: 3 * PAGE_BYTES }, () => nextNumber(256)));

const damaged: readonly (readonly [what: string, make: () => Buffer | Promise<Buffer>])[] = [
  ['garbage', () => garbage],
  ['two bytes', () => Buffer.from('xy')],
  ['a text', () => Buffer.from('limits:\n  - run:1\n'.repeat(400))],
  ['the first bytes of a ledger', async () => (await ledgerBytes()).subarray(0, 50)],
  ['the header of a ledger', async () => (await ledgerBytes()).subarray(0, 100)],
  ['the first page of a ledger', async () => (await ledgerBytes()).subarray(0, PAGE_BYTES)],
  ['a ledger whose header is garbage', async () => (await ledgerBytes()).fill(garbage, 0, 100)],
  ['a ledger whose first page is zeros behind the header', async () => (await ledgerBytes()).fill(0, 100, PAGE_BYTES)],
];

describe('a file that is no ledger, or none any more', () => {
  it.runIf(process.platform === 'linux')('is not waited for where no directory can be made', async () => {
    await expect(sqliteStore({ file: '/proc/nobody/ledger.db' })).rejects.toMatchObject({ code: 'ledger_not_opened' });
  });

  async function expectLeftAlone(file: string, code: string, remedy: RegExp): Promise<void> {
    const directory = join(file, '..');
    const before = statSync(file).isFile() ? readFileSync(file) : null;
    const names = readdirSync(directory);
    expect(await failureOf(sqliteStore({ file }))).toMatchObject({ code, kind: 'environment', file });
    const { message } = await failureOf(sqliteStore({ file }));
    expect(message).toContain(file);
    expect(message).toMatch(remedy);
    expect(readdirSync(directory)).toEqual(names);
    if (before !== null) expect(readFileSync(file).equals(before)).toBe(true);
    // The cause is moved away.
    rmSync(file, { recursive: true });
    const store = await temporaryStore({ file });
    expect(await store.reserve(oneToken('r1'))).toMatchObject({ status: 'reserved' });
  }

  it.each(damaged)('%s is refused as damaged and stays as it is, byte for byte', async (_what, make) => {
    const file = join(temporaryDirectory(), 'ledger.db');
    writeFileSync(file, await make());
    await expectLeftAlone(file, 'ledger_corrupt', /It was left as it is\. .*[Mm]ove it away/);
  });

  it('a directory is refused', async () => {
    const file = join(temporaryDirectory(), 'ledger.db');
    mkdirSync(file);
    await expectLeftAlone(file, 'ledger_not_opened', /name another file in BUDGET_LEDGER/);
  });

  it('a file where a directory should be is refused', async () => {
    const parent = join(temporaryDirectory(), 'parent');
    writeFileSync(parent, 'no directory');
    const error = await failureOf(sqliteStore({ file: join(parent, 'ledger.db') }));
    expect(error).toMatchObject({ code: 'ledger_not_opened', kind: 'environment', file: join(parent, 'ledger.db') });
    expect(readFileSync(parent, 'utf8')).toBe('no directory');
  });

  it.each([
    ['with tables', 'CREATE TABLE notes (text)'],
    ['that is empty and has a version', 'PRAGMA user_version = 3'],
    ['that names itself', 'PRAGMA application_id = 77; CREATE TABLE notes (text)'],
    ['that writes ahead', 'PRAGMA journal_mode = WAL; CREATE TABLE notes (text)'],
  ])('a database of another program %s is refused', async (_which, sql) => {
    const file = join(temporaryDirectory(), 'ledger.db');
    otherProgram(file, sql);
    await expectLeftAlone(file, 'ledger_foreign', /It was left as it is\. Name another file/);
  });

  it('a database that another program has open keeps what that has written', async () => {
    const file = join(temporaryDirectory(), 'ledger.db');
    const other = new Sqlite(file);
    afterThisTest(() => other.close());
    other.exec(`PRAGMA journal_mode = WAL; CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')`);
    expect(await failureOf(sqliteStore({ file }))).toMatchObject({ code: 'ledger_foreign' });
    other.exec(`INSERT INTO notes VALUES ('still mine')`);
    expect(other.prepare('SELECT * FROM notes').all()).toHaveLength(2);
  });

  it('a ledger from a newer version is refused', async () => {
    const { file } = await newerLedger();
    await expectLeftAlone(file, 'ledger_newer', /newer version .* Update the program/);
  });

  async function newerLedger(): Promise<{ file: string }> {
    const file = join(temporaryDirectory(), 'ledger.db');
    writeFileSync(file, await ledgerBytes());
    otherProgram(file, 'PRAGMA user_version = 1000');
    return { file };
  }

  it('a ledger without one of its tables is refused with a remedy', async () => {
    const file = join(temporaryDirectory(), 'ledger.db');
    writeFileSync(file, await ledgerBytes());
    otherProgram(file, 'DROP TABLE reservations');
    const error = await failureOf(sqliteStore({ file }));
    expect(error).toMatchObject({ code: 'ledger_failed', kind: 'environment', file });
    expect(error.message).toMatch(/put a backup in its place.*no such table: reservations/);
  });

  it('a file of no bytes is a new ledger, as SQLite itself leaves them', async () => {
    const file = join(temporaryDirectory(), 'ledger.db');
    writeFileSync(file, '');
    const store = await temporaryStore({ file });
    expect(await store.reserve(oneToken('r1'))).toMatchObject({ status: 'reserved' });
  });
});

describe('a ledger that is damaged in the middle', () => {
  const random = numbersFrom(7);
  const damages: readonly (readonly [what: string, damage: (bytes: Buffer) => void])[] = [
    ['a page of garbage', (bytes) => void bytes.fill(garbage, ...pageOf(bytes))],
    ['a page of zeros', (bytes) => void bytes.fill(0, ...pageOf(bytes))],
    [
      'flipped bits',
      (bytes) => {
        for (let count = 0; count < 30; count += 1) {
          const at = PAGE_BYTES + random(bytes.length - PAGE_BYTES);
          bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random(8)), at);
        }
      },
    ],
  ];

  function pageOf(bytes: Buffer): [start: number, end: number] {
    const start = (1 + random(bytes.length / PAGE_BYTES - 1)) * PAGE_BYTES;
    return [start, start + PAGE_BYTES];
  }

  it.each(damages)(
    '%s: what it cannot do it refuses as damaged, and what it confirms is there',
    async (_what, damage) => {
      const whole = await ledgerBytes();
      let refused = 0;
      for (let round = 0; round < 12; round += 1) {
        const file = join(temporaryDirectory(), 'ledger.db');
        const bytes = Buffer.from(whole);
        damage(bytes);
        writeFileSync(file, bytes);
        const store = await temporaryStore({ file }).catch(refusal);
        if (store === undefined) continue;
        for (let index = 0; index < 40; index += 1) {
          const id = `new-${index}`;
          const made = await store.reserve(oneToken(id, scope(index))).catch(refusal);
          const read = made && (await store.readReservation(id).catch(refusal));
          if (read !== undefined) expect(read).toMatchObject({ id, status: 'held' });
          await store.settle(`old-${index}`, { tokens: 1n }).catch(refusal);
        }
        await store.audit().catch(refusal);
        await store.close();
      }
      expect(refused).toBeGreaterThan(0);

      function refusal(error: unknown): undefined {
        refused += 1;
        expect(error).toMatchObject({
          name: 'CodedError',
          kind: 'environment',
          file: expect.stringContaining('ledger.db'),
        });
        expect((error as { code: string }).code).toMatch(/^ledger_(?:corrupt|failed)$/);
      }
    },
    60_000,
  );
});

describe('without the driver', () => {
  it.each([
    // Empty, so that none is found further up either.
    ['that is not installed', []],
    ['whose native part was not built', ['throw new Error("Could not locate the bindings file.")']],
  ])('%s, opening says which package to install', { timeout: 30_000 }, async (_which, contents) => {
    const directory = temporaryDirectory();
    await bundled({ store: 'stores/sqlite/index.ts' }, directory);
    const driver = join(directory, 'node_modules', 'better-sqlite3');
    mkdirSync(driver, { recursive: true });
    for (const content of contents) writeFileSync(join(driver, 'index.js'), content);
    const program = `import { sqliteStore } from './store.mjs';
      await sqliteStore({ file: 'ledger.db' }).catch((error) => console.log(JSON.stringify({ ...error, message: error.message })));`;
    expect(JSON.parse(await firstWord(child(program, [], directory)))).toMatchObject({
      code: 'driver_missing',
      kind: 'environment',
      message: expect.stringContaining('Run `npm install better-sqlite3`'),
    });
    expect(readdirSync(directory)).not.toContain('ledger.db');
  });
});
