import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type PostgresServer, startPostgres } from '@budget/test-postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { afterThisTest, type ExecWorld, execWorld } from './exec-world.js';
import { bin, budget } from './run-budget.js';

vi.setConfig({ testTimeout: 120_000 });

let server: PostgresServer;
let databases = 0;
beforeAll(async () => {
  // Nobody pulls the plug here: what a process has written outlasts it.
  server = await startPostgres({ settings: { fsync: 'off' } });
}, 60_000);
afterAll(() => server.remove(), 60_000);

let world: ExecWorld;
let address: string;
beforeEach(async () => {
  world = await execWorld();
  databases += 1;
  address = await newDatabase(`ledger_${databases}`);
  world.env['BUDGET_LEDGER'] = address;
});

/** In a ledger of its own for each test: the command names no schema. */
async function newDatabase(name: string): Promise<string> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: server.address });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(server.address);
  url.pathname = name;
  return url.href;
}

const caller = new URL('./programs/caller.mjs', import.meta.url).href;
const node = (program: string) => {
  const text = `import { say, waitFor } from ${JSON.stringify(caller)};\n${program}`;
  return [process.execPath, '--input-type=module', '-e', text];
};

async function run(line: string, env: Record<string, string> = {}) {
  const ended = await budget(line.split(' '), { cwd: world.directory, env: { ...world.env, ...env } });
  for (const secret of [server.password, encodeURIComponent(server.password), 'hush']) {
    expect(ended.stdout + ended.stderr).not.toContain(secret);
  }
  return ended;
}

const json = async (line: string) => JSON.parse((await run(line)).stdout);

describe('the ledger of the command on PostgreSQL', () => {
  test('takes limits, shows them, and removes them', async () => {
    expect(await run('limits set org --unit calls --limit 3')).toMatchObject({ code: 0 });
    expect(await run('limits set run:1 --unit usd --limit 0.5 --parent org')).toMatchObject({ code: 0 });
    expect(await json('limits list')).toMatchObject([{ scope: 'org', limits: [{ unit: 'calls', limit: 3 }] }]);
    expect(await json('limits show run:1')).toMatchObject({ parent: 'org' });
    expect((await run('limits set org --unit calls --remove')).code).toBe(0);
    expect(await json('limits show org')).toMatchObject({ limits: [] });
  });

  test('takes observations, says what was used, advises, and gives them back', async () => {
    const call = { at: '2026-06-10T12:00:00.000Z', application: 'chat', provider: 'openai', model: 'gpt-4o' };
    const tokens = { prompt_tokens: 10, completion_tokens: 1, cost_nano_usd: 7, quality: 1, quality_source: 'tests' };
    const lines = Array.from({ length: 1200 }, (_, index) =>
      JSON.stringify({ id: `call-${index}`, task: 't', adapter: 'a', ...call, ...tokens }),
    );
    writeFileSync(join(world.directory, 'calls.jsonl'), lines.join('\n'));
    expect(await json('ledger observe calls.jsonl')).toMatchObject({ recorded: 1200, known: 0 });
    expect(await json('ledger observe calls.jsonl')).toMatchObject({ recorded: 0, known: 1200 });
    expect(await json('ledger judge call-7 --quality 0.5 --source user')).toMatchObject({ outcome: 'judged' });
    expect(await json('usage --by model')).toMatchObject([
      { model: 'gpt-4o', request_count: 1200, cost_nano_usd: 8400 },
    ]);
    expect(await json('usage --since 2026-06-10 --time-zone UTC')).toMatchObject({ request_count: 1200 });
    expect(await json('ledger stats t')).toMatchObject([{ adapter: 'a', quality: { judged: 1200 } }]);
    expect(await json('ledger recommend t --candidates a b --min-quality 0.9 --explore 0')).toMatchObject({
      ...{ adapter: 'a', choice: 'proven' },
    });
    expect(await json('ledger rebuild')).toEqual({ is_mended: true, differing: [] });
    const { stdout } = await run('ledger export --observations');
    const exported = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(new Set(exported.map(({ id }) => id)).size).toBe(1200);
    expect(exported.find(({ id }) => id === 'call-7').judgements).toEqual([{ source: 'user', quality: 0.5 }]);
  });

  test('is not made by looking at it', async () => {
    expect(await json('usage --by model')).toEqual([]);
    expect(await json('ledger stats t')).toEqual([]);
    expect(await json('limits list')).toEqual([]);
    const shown = await run('limits show org');
    expect(shown).toMatchObject({ code: 4, stderr: expect.stringMatching(/no ledger yet/) });
    expect((await run('ledger export')).stderr).toMatch(/no ledger to export/);
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: address });
    await client.connect();
    const { rows } = await client.query(
      `SELECT 1 FROM information_schema.schemata WHERE schema_name = 'budget_ledger'`,
    );
    await client.end();
    expect(rows).toEqual([]);
  });

  test('is named by postgresql:// too, and by no other scheme', async () => {
    const other = { BUDGET_LEDGER: address.replace('postgres://', 'postgresql://') };
    expect((await run('limits set org --unit calls --limit 3', other)).code).toBe(0);
    const wrong = await run('limits list', { BUDGET_LEDGER: 'mysql://me:hush@host/ledger' });
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/mysql:\/\/ address.*postgres:\/\//) });
    const invalid = await run('limits list', { BUDGET_LEDGER: 'postgres://me:hush@ho st:x/ledger' });
    expect(invalid).toMatchObject({ code: 2, stderr: expect.stringMatching(/%40 for @/) });
  });

  test('takes the password from the environment, as every client of PostgreSQL does', async () => {
    const url = new URL(address);
    url.password = '';
    const env = { BUDGET_LEDGER: url.href, PGPASSWORD: server.password };
    expect((await run('limits set org --unit calls --limit 3', env)).code).toBe(0);
    const denied = await run('limits list', { ...env, PGPASSWORD: 'hush' });
    expect(denied).toMatchObject({ code: 5, stderr: expect.stringMatching(/does not let this user in/) });
  });

  test('is backed up by other means, which it names', async () => {
    const ended = await run('ledger backup copy.db');
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringMatching(/pg_dump --schema=budget_ledger/) });
    expect(existsSync(join(world.directory, 'copy.db'))).toBe(false);
  });

  test('needs pg, and says so where it is missing', async () => {
    const alone = mkdtempSync(join(tmpdir(), 'budget-alone-'));
    afterThisTest(() => rmSync(alone, { recursive: true, force: true }));
    cpSync(dirname(bin), join(alone, 'dist'), { recursive: true });
    writeFileSync(join(alone, 'package.json'), '{"type": "module"}');
    // So that none is found in a directory above.
    mkdirSync(join(alone, 'node_modules', 'pg'), { recursive: true });
    const ended = await budget(['limits', 'list'], { env: world.env, bin: join(alone, 'dist', 'bin.js') });
    const told = /needs the package pg.*npm install --global pg/;
    expect(ended).toMatchObject({ code: 5, stdout: '', stderr: expect.stringMatching(told) });
    expect(ended.stderr).not.toMatch(/hush|fault of budget itself/);
  });
});

describe('budget exec with its ledger on PostgreSQL', () => {
  test('lets two processes at once make no more calls than one limit allows', async () => {
    await run('limits set org --unit calls --limit 7');
    await run(`limits set application:ask --unit calls --limit 100 --parent org`);
    const program = node('for (let calls = 0; calls < 6; calls += 1) await say();');
    const env = { BUDGET_APPLICATION: 'ask' };
    const ended = await Promise.all([1, 2].map(() => world.exec([], program, { env })));
    const statuses = ended.flatMap(({ stdout }) => stdout.match(/^(200|402) /gm) ?? []).sort();
    expect(statuses, ended.map(({ stderr }) => stderr).join('\n')).toEqual([
      ...Array(7).fill('200 '),
      ...Array(5).fill('402 '),
    ]);
    expect(world.replay.requests).toHaveLength(7);
    expect((await json('limits show org')).limits).toMatchObject([{ used: 7, held: 0, overrun: 0 }]);
  });

  test('starts no program where no server answers, and says so once and soon', async () => {
    const refusing = new URL(address);
    refusing.port = '1';
    // It takes connections, and never says a word.
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    afterThisTest(() => silent.close());
    const mute = new URL(address);
    mute.port = String((silent.address() as { port: number }).port);
    for (const { href } of [refusing, mute]) {
      const startedAtMs = performance.now();
      const ended = await world.exec([], node('console.log("started");'), { env: { BUDGET_LEDGER: href } });
      expect(ended).toMatchObject({ code: 125, stdout: '' });
      expect(ended.stderr.match(/error/g), ended.stderr).toHaveLength(1);
      expect(ended.stderr).toMatch(/The ledger on 127\.0\.0\.1:\d+/);
      expect(ended.stderr).not.toContain(encodeURIComponent(server.password));
      expect(performance.now() - startedAtMs).toBeLessThan(15_000);
    }
    expect(world.replay.requests).toEqual([]);
  });

  test('refuses calls while the server is gone, goes on when it is back, and records the run', async () => {
    const program = node(`await say(); await waitFor('killed'); await say(); await waitFor('started'); await say();`);
    const child = spawn(process.execPath, [bin, 'exec', '--max-calls', '9', '--', ...program], {
      ...{ cwd: world.directory, env: { ...process.env, ...world.env } },
    });
    afterThisTest(() => child.kill('SIGKILL'));
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (part: string) => {
        output += part;
      });
    }
    const ended = once(child, 'close');
    await expect.poll(() => output, { timeout: 30_000 }).toContain('200 ');
    await server.kill();
    writeFileSync(join(world.directory, 'killed'), '');
    await expect.poll(() => output, { timeout: 30_000 }).toMatch(/\n402 .*store_failed/);
    await server.start();
    writeFileSync(join(world.directory, 'started'), '');
    await ended;
    expect(output.match(/^(200|402) /gm), output).toEqual(['200 ', '402 ', '200 ']);
    expect(output).toMatch(/because +store_failed: .*The ledger on 127\.0\.0\.1/);
    expect(output).not.toContain(encodeURIComponent(server.password));
    expect(world.replay.requests).toHaveLength(2);
    expect(world.costs()).toMatchObject([{ status: 'completed' }, { status: 'completed' }]);
    // Of a call that was answered in the moment of the kill the hold stays, and is booked whole when its time is over.
    const [{ limits }] = await json('limits list --scope-prefix run:');
    expect(limits[0].used + limits[0].held).toBe(2);
  });
});

describe('a ledger that moves', () => {
  const file = () => ({ BUDGET_LEDGER: join(world.directory, 'ledger.db') });
  const recordsOf = (name: string) => readFileSync(join(world.directory, name), 'utf8').replace(/^.*\n/, '');

  test('from a file to PostgreSQL and back stays what it is', async () => {
    await run('limits set org --unit usd --limit 5 --window day --time-zone Europe/Paris', file());
    await world.exec(['--max-calls', '2'], node('await say(); await say(); await say();'), { env: file() });
    const exported = await run('--format table ledger export --output moved.jsonl', file());
    expect(exported).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Exported .*scopes.*2 reservations/) });
    const imported = await run('--format table ledger import moved.jsonl');
    expect(imported.stdout).toMatch(/^Imported .*\n+Every counter is the sum of its reservations/);
    expect((await run('limits list --scope-prefix run:')).stdout).toMatch(/"used": 2/);
    await run('ledger export --output again.jsonl');
    expect(recordsOf('again.jsonl')).toBe(recordsOf('moved.jsonl'));
    const printed = await run('ledger export');
    expect(printed.stdout.replace(/^.*\n/, '')).toBe(recordsOf('moved.jsonl'));
    expect(printed.stderr).toMatch(/Exported/);
    const back = { BUDGET_LEDGER: join(world.directory, 'back.db') };
    const input = printed.stdout;
    const ended = await budget(['ledger', 'import', '-'], {
      cwd: world.directory,
      input,
      env: { ...world.env, ...back },
    });
    expect(JSON.parse(ended.stdout)).toMatchObject({ records: { reservation: 2, limit: 2 }, discrepancies: [] });
  });

  test('may be read by somebody who stops early', async () => {
    const lines = Array.from({ length: 4000 }, (_, index) => {
      return JSON.stringify({ kind: 'scope', scope: `${index} ${'x'.repeat(300)}`, parent: null });
    });
    const all = [
      JSON.stringify({ kind: 'ledger_export', version: 1, exported_at: '' }),
      ...lines,
      JSON.stringify({ kind: 'end', records: lines.length }),
    ];
    const env = { ...process.env, ...world.env, ...file() };
    const input = all.join('\n');
    await budget(['ledger', 'import', '-'], { cwd: world.directory, input, env: { ...world.env, ...file() } });
    const child = spawn(process.execPath, [bin, 'ledger', 'export'], { cwd: world.directory, env });
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      told += part;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(told).toMatch(/stopped before its end/);
  });

  test('is taken over once, and whole or not at all', async () => {
    await run('limits set org --unit usd --limit 5', file());
    await run('ledger export --output moved.jsonl', file());
    expect((await run('ledger import moved.jsonl')).code).toBe(0);
    const twice = await run('ledger import moved.jsonl');
    expect(twice).toMatchObject({
      code: 4,
      stdout: '',
      stderr: expect.stringMatching(/already.*left as it is.*nobody has used/),
    });
    expect(await json('limits list')).toHaveLength(1);
    const cut = recordsOf('moved.jsonl').slice(0, -20);
    writeFileSync(
      join(world.directory, 'cut.jsonl'),
      `${readFileSync(join(world.directory, 'moved.jsonl'), 'utf8').split('\n')[0]}\n${cut}`,
    );
    const target = { BUDGET_LEDGER: join(world.directory, 'cut.db') };
    expect(await run('ledger import cut.jsonl', target)).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/Nothing was imported/),
    });
    expect((await run('limits list', target)).stdout).toBe('[]\n');
  });

  test('is written to a new file only, and read from one that is there', async () => {
    await run('limits set org --unit usd --limit 5', file());
    writeFileSync(join(world.directory, 'precious.txt'), 'mine');
    const taken = await run('ledger export --output precious.txt', file());
    expect(taken).toMatchObject({ code: 4, stderr: expect.stringMatching(/exists already and was left as it is/) });
    expect(readFileSync(join(world.directory, 'precious.txt'), 'utf8')).toBe('mine');
    expect((await run('ledger export --output nowhere/a.jsonl', file())).code).toBe(5);
    const missing = await run('ledger import nothing.jsonl', { BUDGET_LEDGER: 'new.db' });
    expect(missing).toMatchObject({ code: 4, stderr: expect.stringMatching(/nothing\.jsonl cannot be read/) });
    const aDirectory = await run('ledger import .', { BUDGET_LEDGER: 'empty.db' });
    expect(aDirectory).toMatchObject({ code: 4, stderr: expect.stringMatching(/cannot be read: EISDIR/) });
    expect(readdirSync(world.directory).filter((name) => /unfinished|new\.db/.test(name))).toEqual([]);
  });
});
