import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterThisTest, temporaryDirectory } from '@budget/test-tools/vitest';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { asked, hubAtWork } from './hub-at-work.js';
import { hubProcess, listening } from './hub-process.js';
import { tokenEvent } from './token-events.js';

function otherProgram(file: string, sql: string): void {
  const database = new Sqlite(file);
  database.exec(sql);
  database.close();
}

/** The bytes of a hub's database with some events. */
async function hubBytes(): Promise<Buffer> {
  const hub = await hubAtWork();
  await hub.post(Array.from({ length: 200 }, (_, index) => tokenEvent({ id: `run-${index}` })));
  await hub.close();
  return readFileSync(hub.database);
}

it.each([
  ['a ~ that no shell replaced', '~/hub.db', 2, 'begins with ~'],
  ['an address without its second slash', 'postgres:/me:hush@127.0.0.1:9/hub', 2, 'no postgres:// address'],
  ['quotation marks that no shell took away', "'hub.db'", 2, 'begins with a quotation mark'],
  ['an address behind a blank', ' postgres://me:hush@127.0.0.1:9/hub', 5, 'cannot be reached'],
])('%s is no directory to keep events in', async (_what, database, code, message) => {
  const cwd = temporaryDirectory();
  const hub = hubProcess(['--port', '0', `--database=${database}`], { cwd });
  expect({ code: await hub.ended, made: readdirSync(cwd) }).toEqual({ code, made: [] });
  expect(hub.printed()).toContain(message);
  expect(hub.printed()).not.toContain('hush');
});

describe('a file that is none of a hub is left as it is, byte for byte', () => {
  it.each([
    [
      'another program’s',
      async (file: string) => otherProgram(file, 'CREATE TABLE t (a)'),
      'database of another program',
    ],
    [
      'a ledger',
      async (file: string) => otherProgram(file, 'PRAGMA application_id = 0x62646774'),
      'of another program',
    ],
    [
      'a newer one',
      async (file: string) => {
        writeFileSync(file, await hubBytes());
        otherProgram(file, 'PRAGMA user_version = 1000');
      },
      'newer version',
    ],
    ['a text', async (file: string) => writeFileSync(file, 'no database\n'.repeat(500)), 'no SQLite file'],
    [
      'the first page alone',
      async (file: string) => writeFileSync(file, (await hubBytes()).subarray(0, 4096)),
      'damaged',
    ],
    [
      'one without a table',
      async (file: string) => {
        writeFileSync(file, await hubBytes());
        otherProgram(file, 'DROP TABLE event_models');
      },
      'put a backup in its place',
    ],
    [
      'one without a column',
      async (file: string) => {
        writeFileSync(file, await hubBytes());
        otherProgram(file, 'ALTER TABLE events DROP COLUMN status');
      },
      'put a backup in its place',
    ],
    [
      'one whose pages are garbage',
      async (file: string) => writeFileSync(file, (await hubBytes()).fill(0xaa, 100, 4096)),
      'damaged',
    ],
  ])('%s', async (_what, make, message) => {
    const directory = temporaryDirectory();
    const file = join(directory, 'hub.db');
    await make(file);
    const before = readFileSync(file);
    const hub = hubProcess(['--port', '0', '--database', file]);
    expect(await hub.ended).toBe(5);
    expect(hub.printed()).toContain(message);
    expect(hub.printed()).toContain(file);
    expect(hub.printed()).not.toContain('    at ');
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('where no file can be made, that is said', async () => {
    const file = join(temporaryDirectory(), 'a-file');
    writeFileSync(file, '');
    const hub = hubProcess(['--port', '0', '--database', join(file, 'hub.db')]);
    expect(await hub.ended).toBe(5);
    expect(hub.printed()).toContain('cannot be opened');
  });

  it('where the port is taken, that is said', async () => {
    const first = await hubAtWork();
    const second = hubProcess(['--port', new URL(first.url).port, '--database', join(temporaryDirectory(), 'hub.db')]);
    expect(await second.ended).toBe(5);
    expect(second.printed()).toContain('cannot listen on 127.0.0.1 port');
  });
});

describe('what was acknowledged', () => {
  it('is there after the hub was ended and started again', async () => {
    const first = await hubAtWork();
    await first.post([tokenEvent(), tokenEvent({ id: 'run-2' })]);
    await first.close();
    const second = await hubAtWork({ database: first.database });
    expect((await second.post([tokenEvent(), tokenEvent({ id: 'run-3' })])).body).toEqual({
      accepted: 1,
      duplicates: 1,
    });
    expect((await second.summary()).body.totals.runs).toBe(3);
  });

  it('is in the file, as another program sees it', async () => {
    const hub = await hubAtWork();
    await hub.post(tokenEvent());
    const database = new Sqlite(hub.database, { readonly: true });
    afterThisTest(() => database.close());
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(database.prepare('SELECT count(*) AS count FROM events').get()).toEqual({ count: 1 });
  });
});

describe('while the database cannot be written nothing is acknowledged, and the sender is told to come again', () => {
  it('as another program holds its lock', async () => {
    const hub = await hubAtWork();
    const other = new Sqlite(hub.database);
    afterThisTest(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    const posted = hub.post(tokenEvent());
    // Meanwhile others are answered.
    expect(await asked(`${hub.url}/healthz`)).toMatchObject({ status: 200 });
    const refused = await posted;
    expect(refused).toMatchObject({ status: 503, body: { code: 'database_busy' } });
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(hub.log.at(-1)).toContain('locked by another program');
    other.exec('ROLLBACK');
    expect((await hub.post(tokenEvent())).body).toEqual({ accepted: 1, duplicates: 0 });
  });

  it('as it was deleted: it does not go on in a file that nobody sees', async () => {
    const hub = await hubAtWork();
    await hub.post(tokenEvent());
    renameSync(hub.database, `${hub.database}-away`);
    expect(await hub.post(tokenEvent({ id: 'run-2' }))).toMatchObject({ status: 503, body: { code: 'database_gone' } });
    expect(await asked(`${hub.url}/healthz`)).toMatchObject({ status: 503 });
    expect(existsSync(hub.database)).toBe(false);
    renameSync(`${hub.database}-away`, hub.database);
    expect((await hub.post(tokenEvent({ id: 'run-2' }))).body).toEqual({ accepted: 1, duplicates: 0 });
  });

  it('as the disk is full: what was acknowledged before is there, and what was not can be sent again', async () => {
    const file = join(temporaryDirectory(), 'hub.db');
    const events = Array.from({ length: 80 }, (_, index) => tokenEvent({ id: `run-${index}` }));
    const full = hubProcess(['--port', '0', '--database', file], { fileBytes: 256 * 1024 });
    const fullUrl = await listening(full);
    const acknowledged: string[] = [];
    let refusal: Awaited<ReturnType<typeof posted>> | null = null;
    for (const event of events) {
      const answer = await posted(fullUrl, event);
      if (answer.status < 300) acknowledged.push(event.id);
      else refusal ??= answer;
    }
    expect(refusal).toMatchObject({ status: 503, body: { code: expect.stringMatching(/^database_disk_/) } });
    expect(acknowledged.length).toBeGreaterThan(0);
    full.child.kill('SIGKILL');
    await full.ended;

    const url = await listening(hubProcess(['--port', '0', '--database', file]));
    const runs = async () => (await asked(`${url}/token-summary`)).body.totals.runs;
    expect(await runs()).toBe(acknowledged.length);
    for (const event of events)
      expect((await posted(url, event)).body).toMatchObject({ duplicates: acknowledged.includes(event.id) ? 1 : 0 });
    expect(await runs()).toBe(events.length);
  });

  it('as its file is read-only: it does not start, and not a byte changes', async () => {
    const directory = temporaryDirectory();
    const file = join(directory, 'hub.db');
    writeFileSync(file, await hubBytes());
    const before = readFileSync(file);
    chmodSync(file, 0o444);
    chmodSync(directory, 0o555);
    afterThisTest(() => chmodSync(directory, 0o755));
    const hub = hubProcess(['--port', '0', '--database', file], { isUnprivileged: true });
    expect(await hub.ended).toBe(5);
    expect(hub.printed()).toMatch(/can be read but not written|cannot be opened/);
    expect(readFileSync(file).equals(before)).toBe(true);
  });
});

function posted(url: string, event: object) {
  return asked(`${url}/token-events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify(event),
  });
}
