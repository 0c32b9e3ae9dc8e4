import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bin, budget, budgetJson } from './run-budget.js';

vi.setConfig({ testTimeout: 60_000 });

type Row = Readonly<Record<string, unknown>>;

let directory: string;
let ledger: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'budget-learning-'));
  ledger = join(directory, 'ledger.db');
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const env = () => ({ BUDGET_LEDGER: ledger, BUDGET_LEDGER_DISABLE: '', TZ: 'America/New_York' });
const run = (line: string, input = '') => budget(line.split(' '), { cwd: directory, env: env(), input });
const json = async (line: string, input = '') =>
  (await budgetJson(line.split(' '), { cwd: directory, env: env(), input })) as Row;
const rows = async (line: string) => (await json(line)) as unknown as Row[];

const sizeOf = (file: string) => (existsSync(file) ? statSync(file).size : 0);

const NOON = '2026-06-10T12:00:00.000Z';

function observation(id: string, more: Row = {}): Row {
  return {
    ...{ id, at: NOON, application: 'chat', task: 'triage', adapter: 'small', provider: 'openai', model: 'gpt-4o' },
    ...{ prompt_tokens: 1000, completion_tokens: 10, cost_nano_usd: 2_000_001, latency_ms: 400 },
    ...more,
  };
}

const lines = (given: readonly Row[]) => given.map((each) => `${JSON.stringify(each)}\n`).join('');
const observe = (...given: readonly Row[]) => json('ledger observe', lines(given));

async function expectError(line: string, code: number, told: RegExp, input = ''): Promise<void> {
  const ended = await run(line, input);
  expect(ended, line).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(told) });
  expect(ended.stderr).not.toMatch(/\n\s+at |fault of budget itself/);
}

describe('ledger observe', () => {
  it('records each call once, however often and in however many batches it is told', async () => {
    const all = Array.from({ length: 2500 }, (_, index) => observation(`call-${index}`));
    const file = join(directory, 'calls.jsonl');
    writeFileSync(file, `\uFEFF\n${lines(all)}`.replaceAll('\n', '\r\n').replace('\uFEFF', ''));
    const none = { judged: 0, differing: 0, differing_lines: [] };
    expect(await json(`ledger observe ${file}`)).toEqual({ observations: 2500, recorded: 2500, known: 0, ...none });
    expect(await json('ledger observe -', lines([...all, observation('last')]))).toEqual({
      ...{ observations: 2501, recorded: 1, known: 2500, ...none },
    });
    expect(await json('usage')).toMatchObject({ request_count: 2501, cost_nano_usd: 2501 * 2_000_001 });
    expect(await json('ledger rebuild --check')).toEqual({ is_mended: false, differing: [] });
  });

  it('tells the line of what is wrong; what is before it is recorded, and giving the whole again does no harm', async () => {
    const good = Array.from({ length: 1100 }, (_, index) => observation(`call-${index}`));
    const bad = observation('bad', { prompt_tokens: -1 });
    const all = [...good, bad, observation('after')];
    await expectError(
      'ledger observe',
      4,
      /Line 1101 of standard input .*prompt_tokens is -1; .*The 1,100 observations before it are recorded/,
      lines(all),
    );
    expect(await json('usage')).toMatchObject({ request_count: 1100 });
    const mended = all.map((each) => (each === bad ? { ...bad, prompt_tokens: 1 } : each));
    expect(await observe(...mended)).toMatchObject({ recorded: 2, known: 1100 });
  });

  it.each<[string, string, RegExp]>([
    ['no JSON', '{"id":', /Line 1 .* no JSON/],
    ['no object', '[]\n', /no JSON object/],
    ['a field that nobody knows', lines([observation('a', { qualty: 1 })]), /"qualty" is no field/],
    ['a cost that is no whole number', lines([observation('a', { cost_nano_usd: 0.5 })]), /cost_nano_usd is 0.5/],
    [
      'a cost that no call has',
      lines([observation('a', { cost_nano_usd: '1000000000000001' })]),
      /is 1000000000000001; it is a whole number of nano-USD/,
    ],
    ['a time without an offset', lines([observation('a', { at: '2026-06-10T12:00:00' })]), /at is .*with its offset/],
    ['no id', lines([observation('a', { id: null })]), /id is undefined/],
    [
      'a judgement that is none',
      lines([observation('a', { judgements: [{ quality: 2 }] })]),
      /judgement, quality is 2/,
    ],
  ])('refuses %s, and records nothing', async (_, input, told) => {
    await expectError('ledger observe', 4, told, input);
    expect(await json('usage')).toMatchObject({ request_count: 0 });
  });

  it('keeps what an id stands for, and says so', async () => {
    await observe(observation('a'));
    const { code, stdout } = await run(
      'ledger observe',
      lines([observation('b'), observation('a', { model: 'other' })]),
    );
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ recorded: 1, differing: 1, differing_lines: [{ line: 2, id: 'a', what: 'observation' }] },
    });
  });

  it('records each call once, though it is killed in the middle and told again', async () => {
    const file = join(directory, 'calls.jsonl');
    const all = Array.from({ length: 20_000 }, (_, index) => observation(`call-${index}`));
    writeFileSync(file, lines(all));
    const child = spawn(process.execPath, [bin, 'ledger', 'observe', file], { env: { ...process.env, ...env() } });
    await expect.poll(() => sizeOf(`${ledger}-wal`), { timeout: 30_000, interval: 5 }).toBeGreaterThan(300_000);
    child.kill('SIGKILL');
    await once(child, 'close');
    const { request_count: before } = await json('usage');
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(20_000);
    expect(await json(`ledger observe ${file}`)).toMatchObject({ known: before, recorded: 20_000 - Number(before) });
    expect(await json('usage')).toMatchObject({ request_count: 20_000, cost_nano_usd: 20_000 * 2_000_001 });
    expect(await json('ledger rebuild --check')).toEqual({ is_mended: false, differing: [] });
  });

  it('makes no ledger for a file that is not there', async () => {
    await expectError('ledger observe nowhere.jsonl', 4, /nowhere\.jsonl cannot be read/);
    expect(existsSync(ledger)).toBe(false);
  });
});

describe('usage', () => {
  it('is exact, and a cost without that of some calls is shown as a lower bound', async () => {
    await observe(
      ...Array.from({ length: 10 }, (_, index) => observation(`a${index}`, { cost_nano_usd: '999999999999999' })),
      observation('b', { cost_nano_usd: null, model: 'nobody/knows', status: 'failed' }),
      observation('c', { cost_nano_usd: 1, model: 'nobody/knows', agent_id: 'writer' }),
    );
    expect(await json('usage')).toMatchObject({
      ...{ since: null, until: null, request_count: 12, failed_requests: 1, unpriced_requests: 1 },
      ...{ total_tokens: 12_120, cost_nano_usd: '9999999999999991', p50_latency_ms: expect.any(Number) },
    });
    const byModel = await rows('usage --by model');
    expect(byModel.map((row) => [row['model'], row['request_count'], row['cost_nano_usd']])).toEqual([
      ['gpt-4o', 10, '9999999999999990'],
      ['nobody/knows', 2, 1],
    ]);
    const { stdout } = await run('usage --by model --format table');
    expect(stdout).toMatch(/gpt-4o .* \$9999999\.999999990/);
    expect(stdout).toMatch(/nobody\/knows .* ≥\$0\.000000001/);
    expect(stdout).toMatch(/all calls .* ≥\$9999999\.999999991/);
    expect(await rows('usage --by agent')).toMatchObject([{ agent: 'writer', request_count: 1 }]);
    for (const by of ['thread', 'organisation', 'infospace'])
      expect((await rows(`usage --by ${by}`)).length).toBeLessThan(2);
    expect(await rows('usage --by application')).toMatchObject([{ application: 'chat', request_count: 12 }]);
  });

  it('has the days of a time zone; a day that ends a span is part of it', async () => {
    await observe(
      observation('late', { at: '2026-06-10T23:30:00.000Z' }),
      observation('early', { at: '2026-06-11T21:59:59.999Z' }),
      observation('next', { at: '2026-06-11T22:00:00.000Z' }),
    );
    const days = (await rows('usage --daily --since 2026-06-10 --until 2026-06-12 --time-zone Europe/Paris')) as Row[];
    expect(days.map(({ day, request_count }) => [day, request_count])).toEqual([
      ['2026-06-10', 0],
      ['2026-06-11', 2],
      ['2026-06-12', 1],
    ]);
    expect(await json('usage --since 2026-06-11 --until 2026-06-11 --time-zone UTC')).toMatchObject({
      ...{ since: '2026-06-11T00:00:00.000Z', until: '2026-06-12T00:00:00.000Z', request_count: 2 },
    });
    expect(await json('usage --since today')).toMatchObject({ request_count: 0 });
    expect(await rows('usage --by day')).toHaveLength(30);
  });

  it('shows a person no days before the first that has a call', async () => {
    await observe(observation('only', { at: '2026-06-11T12:00:00.000Z' }));
    const shown = async (since: string) => {
      const { stdout } = await run(`usage --daily --since ${since} --until 2026-06-13 --time-zone UTC --format table`);
      return stdout
        .trim()
        .split('\n')
        .map((line) => line.split('  ')[0]);
    };
    expect(await shown('2026-06-01')).toEqual(['day', '2026-06-11', '2026-06-12', '2026-06-13', 'all calls']);
    expect(await shown('2026-06-12')).toEqual(['day', 'all calls']);
  });

  it('looks, and makes no ledger', async () => {
    expect(await json('usage')).toMatchObject({ request_count: 0, cost_nano_usd: 0 });
    expect(await rows('usage --by model')).toEqual([]);
    expect(await rows('ledger stats triage')).toEqual([]);
    expect((await run('usage --format table')).stdout).toContain('There is no ledger yet');
    await expectError('ledger rebuild', 4, /no ledger to rebuild/);
    await expectError('ledger export --observations', 4, /no ledger to export/);
    await expectError('ledger judge a --quality 1 --source me', 4, /no ledger yet/);
    expect(existsSync(ledger)).toBe(false);
  });

  it.each([
    ['usage --by thread --since today', /threads .* since ever/],
    ['usage --since 2026-02-30', /--since is "2026-02-30"/],
    ['usage --since 2026-02-30T12:00:00Z', /--since is "2026-02-30T12:00:00Z"/],
    ['usage --since 2026-06-11 --until 2026-06-10', /not before/],
    ['usage --time-zone Mars/Olympus', /Mars\/Olympus/],
    ['usage --daily --by model', /--daily is by day/],
    ['usage --by cost', /--by/],
  ])('%s makes no sense', async (line, told) => await expectError(line, 2, told));
});

describe('what is learned', () => {
  it('is judged, told with its intervals, and advised on', async () => {
    const calls = Array.from({ length: 400 }, (_, index) => {
      const isSmall = index % 2 === 0;
      const quality = index % 20 < 19 ? 1 : 0;
      return observation(`call-${index}`, {
        ...{ adapter: isSmall ? 'small' : 'large', cost_nano_usd: isSmall ? 200_000 : 3_000_000 },
        ...{ quality, quality_source: 'tests' },
      });
    });
    await observe(...calls, observation('unjudged'));
    const [large, small] = await rows('ledger stats triage');
    expect(large).toMatchObject({ adapter: 'large', observations: 200, quality: { judged: 200 } });
    expect(small).toMatchObject({
      ...{ adapter: 'small', observations: 201, quality: { judged: 200, mean: 1 } },
      ...{ cost: { priced: 201, mean_nano_usd: 208_955 }, latency: { p50_ms: expect.any(Number) }, last_seen_at: NOON },
    });
    expect(await rows('ledger stats triage --adapter small --source user')).toMatchObject([{ quality: { judged: 0 } }]);
    expect(await rows('ledger stats triage --since 2026-06-11')).toEqual([]);
    expect((await run('ledger stats triage --format table')).stdout).toMatch(
      /small +201 +200 +1\.000 \(0\.\d{3} to 1\.000\)/,
    );

    expect(await json('ledger judge unjudged --quality 0.25 --source user')).toEqual({
      ...{ id: 'unjudged', quality: 0.25, source: 'user', outcome: 'judged' },
    });
    expect(await json('ledger judge unjudged --quality 0.25 --source user')).toMatchObject({ outcome: 'known' });
    await expectError('ledger judge unjudged --quality 1 --source user', 4, /that stays/);
    await expectError('ledger judge nobody --quality 1 --source user', 4, /no observation of this id/);
    await expectError('ledger judge unjudged --quality 7 --source user', 4, /quality is 7/);
    expect(await rows('ledger stats triage --adapter small --source user')).toMatchObject([{ quality: { judged: 1 } }]);

    const asked = 'ledger recommend triage --candidates large,small --max-loss 0.2 --explore 0';
    expect(await json(asked)).toMatchObject({
      ...{ adapter: 'small', choice: 'proven', propensity: 1, seed: expect.any(String) },
      candidates: [
        { adapter: 'large', why_not: expect.any(String) },
        { adapter: 'small', why_not: null },
      ],
    });
    expect((await run(`${asked} --format table`)).stdout).toMatch(/^small: small is the cheapest/);
    expect(await json(`${asked} --max-cost 0.0001`)).toMatchObject({ adapter: 'large', choice: 'default' });
    const first = await json('ledger recommend other --candidates a b --min-quality 0.5 --explore 0.9 --seed s');
    expect(await json('ledger recommend other --candidates a b --min-quality 0.5 --explore 0.9 --seed s')).toEqual(
      first,
    );
    await expectError('ledger recommend triage --candidates a', 2, /--min-quality and --max-loss/);
    await expectError('ledger recommend triage --candidates a --max-loss 2', 2, /--max-loss is 2/);
  });

  it('has sums that are proved, and mended where somebody changed them', async () => {
    await observe(observation('a'), observation('b'));
    const database = new Sqlite(ledger);
    database.exec("UPDATE usage_slots SET observations = observations + 5 WHERE dimension = 'overall'");
    database.close();
    const { code, stdout } = await run('ledger rebuild --check');
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({
      is_mended: false,
      differing: [{ differences: ['observations: 7, but 2'] }],
    });
    expect(await json('ledger rebuild')).toMatchObject({ is_mended: true, differing: [{}] });
    expect(await json('ledger rebuild --check')).toEqual({ is_mended: false, differing: [] });
  });
});

describe('ledger export --observations', () => {
  const everything = () => [
    observation('a', { quality: 0.123456, quality_source: 'tests', metadata: { 'a "b"': ['=1+1'] }, run_id: 'r' }),
    ...Array.from({ length: 2400 }, (_, index) => observation(`same-${index}`)),
    observation('b', { at: '2026-06-09T12:00:00.000Z', cost_nano_usd: '1000000000000000', cached_prompt_tokens: 7 }),
    observation('c', { at: '2026-06-11T12:00:00.000Z', cost_nano_usd: null, status: 'cancelled', attempt: 2 }),
  ];

  it('writes what observe reads: in another ledger it is the same to the last byte', async () => {
    await observe(...everything());
    await json('ledger judge b --quality 0.5 --source user');
    await json('ledger judge b --quality 0.75 --source tests');
    const { stdout: first, code } = await run('ledger export --observations');
    expect(code).toBe(0);
    const ids = first
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).id as string);
    expect([ids[0], ids.at(-1), new Set(ids).size]).toEqual(['c', 'b', 2403]);
    const before = [await json('usage'), await rows('ledger stats triage')];

    ledger = join(directory, 'other.db');
    expect(await json('ledger observe', first)).toMatchObject({ recorded: 2403, judged: 2 });
    expect([await json('usage'), await rows('ledger stats triage')]).toEqual(before);
    const { stdout: second } = await run('ledger export --observations');
    // What was made at the same moment comes in the order in which it was recorded.
    const sorted = (text: string) => text.split('\n').sort();
    expect(sorted(second)).toEqual(sorted(first));
    expect(await json('ledger observe', second)).toMatchObject({ recorded: 0, known: 2403, judged: 0 });
  });

  it('writes CSV, a span of time, and to a new file', async () => {
    await observe(...everything());
    const file = join(directory, 'out.csv');
    const { code } = await run(
      `ledger export --observations --format csv --since 2026-06-11 --time-zone UTC --output ${file}`,
    );
    expect(code).toBe(0);
    const [head, row, end] = readFileSync(file, 'utf8').split('\r\n');
    expect(head).toMatch(/^id,at,application,infospace,run_id,.*,cost_nano_usd,.*,metadata,judgements$/);
    expect(row).toMatch(/^c,2026-06-11T12:00:00\.000Z,chat,,,,triage,small,.*,cancelled,2,,,,\[\]$/);
    expect(end).toBe('');
    await expectError(`ledger export --observations --output ${file}`, 4, /exists already/);
    await expectError('ledger export --observations --format yaml', 2, /not as yaml/);
    await expectError('ledger export --since today', 2, /are of --observations/);
  });

  it('is of days in UTC where the machine has no time zone by name, and of none that there is not', async () => {
    await observe(observation('a', { at: new Date().toISOString() }));
    for (const TZ of ['', ':/etc/localtime', 'UTC+3', 'Foo/Bar']) {
      const given = { cwd: directory, env: { ...env(), TZ } };
      const exported = await budget('ledger export --observations --since today'.split(' '), given);
      expect(exported).toMatchObject({ code: 0, stdout: expect.stringContaining('"id":"a"') });
      expect(await budgetJson(['usage', '--daily'], given)).toHaveLength(30);
      const limit = 'limits set run:1 --unit usd --limit 5 --window day';
      expect(await budgetJson(limit.split(' '), given)).toMatchObject({ limits: [{ window: { time_zone: 'UTC' } }] });
    }
    await expectError('ledger export --observations --since today --time-zone Mars', 2, /--time-zone is "Mars"/);
  });

  it('is not written where SQLite would delete it with the next command', async () => {
    await observe(...everything());
    for (const form of ['ledger export', 'ledger export --observations']) {
      await expectError(`${form} --output ledger.db-journal`, 4, /belongs to the ledger ledger\.db itself/);
      await expectError(`${form} --output ./ledger.db-wal`, 4, /belongs to the ledger/);
    }
    symlinkSync(directory, join(directory, 'linked'));
    await expectError('ledger export --output linked/ledger.db-journal', 4, /belongs to the ledger/);
    await expectError('ledger backup linked/ledger.db-journal', 4, /belongs to the ledger/);
    expect(readdirSync(directory).sort()).toEqual(['ledger.db', 'linked']);
  });

  it('is what the export of a ledger points to, as it leaves observations out', async () => {
    await observe(observation('a'));
    const file = join(directory, 'whole.jsonl');
    const exported = await json(`ledger export --output ${file}`);
    expect(exported['warnings']).toEqual([expect.stringContaining('ledger export --observations')]);
    expect(readFileSync(file, 'utf8')).not.toContain('triage');
  });
});
