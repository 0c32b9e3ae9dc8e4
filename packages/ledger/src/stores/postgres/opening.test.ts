import { once } from 'node:events';
import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { afterThisTest } from '@budget/test-tools/vitest';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../testing/failure-of.js';
import { postgresForTests, queryOn } from '../../testing/postgres-for-tests.js';
import { oneToken } from '../../testing/temporary-store.js';
import { postgresStore } from './postgres-store.js';

const { server, store, query, newSchema } = postgresForTests({ settings: { fsync: 'off' } });
const SECRET = 'do-not-show-me';

/** Of a store that does not open. No part of it, however deeply looked at, may hold the password. */
async function failureToOpen(connectionString: string, options = {}) {
  const failure = await failureOf(postgresStore({ connectionString, ...options }));
  for (const secret of [SECRET, server().password, encodeURIComponent(server().password)]) {
    expect(inspect(failure, { depth: 20, showHidden: true })).not.toContain(secret);
    expect(failure.message).not.toContain(secret);
  }
  return failure;
}

function addressWith(changes: { user?: string; password?: string; port?: number; path?: string }): string {
  const url = new URL(server().address);
  if (changes.user !== undefined) url.username = changes.user;
  if (changes.password !== undefined) url.password = changes.password;
  if (changes.port !== undefined) url.port = String(changes.port);
  if (changes.path !== undefined) url.pathname = changes.path;
  return url.href;
}

describe('an address that leads to no ledger', { timeout: 30_000 }, () => {
  it.each([
    ['', 'nothing'],
    [`mysql://root:${SECRET}@localhost/x`, 'another database'],
    [`postgres://user:${SECRET}@host:notaport/x`, 'a port that is none'],
    [`postgres://user:${SECRET}@[::1/x`, 'a host that is none'],
    [`host=localhost password=${SECRET}`, 'another way to write it'],
  ])('is refused and not shown: %s', async (address) => {
    expect(await failureToOpen(address)).toMatchObject({ code: 'address_invalid', kind: 'usage' });
  });

  it('says that nobody listens', async () => {
    const nobody = createServer().listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const { port } = nobody.address() as { port: number };
    nobody.close();
    await once(nobody, 'close');
    const failure = await failureToOpen(`postgres://user:${SECRET}@127.0.0.1:${port}/x`);
    expect(failure).toMatchObject({ code: 'ledger_unreachable', kind: 'environment' });
    expect(failure.message).toContain(`127.0.0.1:${port}/x`);
  });

  it('says within its time that nobody answers', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    afterThisTest(() => silent.close());
    const { port } = silent.address() as { port: number };
    const startedAtMs = performance.now();
    const failure = await failureToOpen(`postgres://user:${SECRET}@127.0.0.1:${port}/x`, { timeoutMs: 300 });
    expect(failure).toMatchObject({ code: 'ledger_unreachable' });
    expect(performance.now() - startedAtMs).toBeLessThan(3000);
  });

  it('says that the password is wrong, without it', async () => {
    const failure = await failureToOpen(addressWith({ password: SECRET }));
    expect(failure).toMatchObject({ code: 'ledger_denied', kind: 'environment' });
  });

  it('says that there is no such database', async () => {
    expect(await failureToOpen(addressWith({ path: '/nowhere' }))).toMatchObject({ code: 'ledger_denied' });
  });

  it.each([
    { schema: 'Big' },
    { schema: 'a"; DROP TABLE x' },
    { schema: 'pg_mine' },
    { maxConnections: 0 },
    { timeoutMs: 1 },
    { retentionDays: 1 },
  ])('is not tried with options that make no sense: %j', async (options) => {
    expect(await failureToOpen(server().address, options)).toMatchObject({ code: 'option_invalid', kind: 'usage' });
  });
});

describe('opening a database', { timeout: 60_000 }, () => {
  it('makes the tables once, though many come at the same time', async () => {
    const schema = newSchema();
    const stores = await Promise.all(Array.from({ length: 16 }, () => store({ schema, maxConnections: 1 })));
    const results = await Promise.all(stores.map((each, index) => each.reserve(oneToken(`r${index}`))));
    expect(results.map(({ status }) => status)).toEqual(Array(16).fill('reserved'));
    expect(await stores[0]?.readScope('run:1')).toMatchObject({ usage: [{ held: 16n }] });
    expect(await stores[0]?.audit()).toEqual([]);
  });

  it('leaves the tables of another program alone', async () => {
    const schema = newSchema();
    await query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.scopes (x int)`);
    expect(await failureToOpen(server().address, { schema })).toMatchObject({ code: 'ledger_foreign' });
    expect(await query(`SELECT * FROM ${schema}.scopes`)).toEqual([]);
  });

  it('makes nothing for whoever only looks', async () => {
    const schema = newSchema();
    const looking = { schema, mustExist: true };
    expect(await failureToOpen(server().address, looking)).toMatchObject({ code: 'ledger_missing', kind: 'input' });
    expect(await query('SELECT 1 FROM information_schema.schemata WHERE schema_name = $1', [schema])).toEqual([]);
    await store({ schema });
    const found = await store(looking);
    expect(await found.listScopes({ after: null, limit: 1 })).toEqual([]);
  });

  it('leaves a ledger of a newer version alone', async () => {
    const { schema } = await store();
    await query(`UPDATE ${schema}.ledger_version SET version = 99`);
    expect(await failureToOpen(server().address, { schema })).toMatchObject({ code: 'ledger_newer' });
  });

  it('does so for a user who was given an empty schema and nothing else', async () => {
    const schema = newSchema();
    await query(`CREATE ROLE plain LOGIN PASSWORD '${SECRET}'; CREATE SCHEMA ${schema} AUTHORIZATION plain`);
    const connectionString = addressWith({ user: 'plain', password: SECRET });
    const opened = await store({ connectionString, schema });
    expect(await opened.reserve(oneToken('r'))).toMatchObject({ status: 'reserved' });
    const failure = await failureToOpen(connectionString, { schema: newSchema() });
    expect(failure).toMatchObject({ code: 'ledger_denied' });
  });

  it('is refused where nothing can be written', async () => {
    const { schema } = await store();
    await query(`CREATE ROLE reader LOGIN SUPERUSER PASSWORD '${SECRET}'`);
    await query('ALTER ROLE reader SET default_transaction_read_only = on');
    const reading = await store({ connectionString: addressWith({ user: 'reader', password: SECRET }), schema });
    expect(await failureOf(reading.reserve(oneToken('r')))).toMatchObject({ code: 'ledger_read_only' });
  });

  it('waits for the disk with each verb, also where the role does not', async () => {
    await query(`CREATE ROLE hasty LOGIN SUPERUSER PASSWORD '${SECRET}'`);
    await query('ALTER ROLE hasty SET synchronous_commit = off');
    const connectionString = addressWith({ user: 'hasty', password: SECRET });
    expect(await queryOn(connectionString, 'SHOW synchronous_commit')).toEqual([{ synchronous_commit: 'off' }]);
    const schema = newSchema();
    const opened = await store({ connectionString, schema, maxConnections: 1 });
    await query(`CREATE TABLE ${schema}.seen (setting text)`);
    await query(`CREATE FUNCTION ${schema}.see() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO ${schema}.seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$`);
    await query(`CREATE TRIGGER see BEFORE INSERT ON ${schema}.reservations
      FOR EACH ROW EXECUTE FUNCTION ${schema}.see()`);
    await opened.reserve(oneToken('r'));
    expect(await query(`SELECT DISTINCT setting FROM ${schema}.seen`)).toEqual([{ setting: 'on' }]);
  });
});
