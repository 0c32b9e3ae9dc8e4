import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createLedger } from '@budget/ledger';
import { sqliteStore } from '@budget/ledger/sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bin, budget, budgetJson, preload } from './run-budget.js';

vi.setConfig({ testTimeout: 60_000 });

interface ScopeRow {
  readonly scope: string;
  readonly parent: string | null;
  readonly limits: readonly Record<string, unknown>[];
  readonly usage: readonly Record<string, unknown>[];
}

let directory: string;
let file: string;
let env: Record<string, string>;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'budget-limits-'));
  file = join(directory, 'ledger.db');
  env = { BUDGET_LEDGER: file, BUDGET_LEDGER_DISABLE: '', TZ: 'America/New_York' };
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const words = (line: string): string[] => line.split(' ').filter((word) => word !== '');
const run = (line: string, more: Record<string, string> = {}) =>
  budget(words(line), { cwd: directory, env: { ...env, ...more } });
const json = async (line: string) => (await budgetJson(words(line), { cwd: directory, env })) as ScopeRow;
const rows = async (line: string) => (await json(line)) as unknown as ScopeRow[];

async function expectError(line: string, code: number, told: RegExp, more: Record<string, string> = {}): Promise<void> {
  const ended = await run(line, more);
  expect(ended, line).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(told) });
  // A message, and no stack.
  expect(ended.stderr).not.toMatch(/\n\s+at |fault of budget itself/);
}

/** What a program does with the same file, as the library does it. */
async function asProgram<T>(
  work: (ledger: ReturnType<typeof createLedger>) => Promise<T>,
  ledgerFile = file,
): Promise<T> {
  const ledger = createLedger({ store: await sqliteStore({ file: ledgerFile }) });
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

const use = (scope: string, amounts: Record<string, bigint>) =>
  asProgram(async (ledger) => {
    const { id } = await ledger.reserve({ scopes: [scope], amounts });
    await ledger.markSent(id);
    await ledger.settle(id, amounts);
  });

describe('limits set', () => {
  it('sets dollars exactly, rounded down to a nano-dollar, and prints stable keys', async () => {
    const printed = await json(
      'limits set run:1 --unit usd --limit 0.2500000019 --window day --time-zone Europe/Paris',
    );
    expect(printed).toEqual({
      scope: 'run:1',
      parent: null,
      limits: [
        {
          unit: 'nano_usd',
          limit: 250_000_001,
          window: { every: 'day', time_zone: 'Europe/Paris' },
          used: 0,
          held: 0,
          remaining: 250_000_001,
          overrun: 0,
          resets_at: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T2[23]:00:00\.000Z$/),
          thresholds: [
            { percent: 75, severity: 'warning' },
            { percent: 90, severity: 'critical' },
            { percent: 95, severity: 'final' },
          ],
        },
      ],
      usage: expect.any(Array),
      warnings: [],
    });
  });

  it('takes tokens, calls and nano_usd as whole numbers; past 2^53 they are printed as text', async () => {
    await json('limits set run:1 --unit tokens --limit 1e6 --threshold 80=warning --threshold 100=over');
    await json('limits set run:1 --unit calls --limit 0 --threshold none');
    const { limits } = await json('limits set run:1 --unit nano_usd --limit 9007199254740993');
    expect(limits.map(({ unit, limit, thresholds }) => [unit, limit, (thresholds as unknown[]).length])).toEqual([
      ['calls', 0, 0],
      ['nano_usd', '9007199254740993', 3],
      ['tokens', 1_000_000, 2],
    ]);
  });

  it('without a time zone a window is of this machine, and the output says so', async () => {
    const { code, stdout } = await run('limits set org --unit calls --limit 5 --window week --format table');
    expect(code).toBe(0);
    expect(stdout).toContain(
      'org may use 5 calls a week (America/New_York); America/New_York is the time zone of this machine.',
    );
  });

  it('from a machine in another time zone it changes the limit, and makes no second one beside it', async () => {
    await json('limits set org --unit usd --limit 5 --window day --time-zone Asia/Tokyo --threshold 50=half');
    const { limits } = await json('limits set org --unit usd --limit 9 --window day');
    expect(limits).toMatchObject([
      { limit: 9_000_000_000, window: { time_zone: 'Asia/Tokyo' }, thresholds: [{ percent: 50, severity: 'half' }] },
    ]);
  });

  it('puts a scope under a parent, alone or with a limit, and takes it away again', async () => {
    expect(await json('limits set app --parent org')).toMatchObject({ parent: 'org', limits: [] });
    expect(await json('limits set run --unit calls --limit 1 --parent app')).toMatchObject({ parent: 'app' });
    expect(await json('limits set run --parent none')).toMatchObject({ parent: null, limits: [{ limit: 1 }] });
    await expectError('limits set org --parent app', 4, /app cannot be the parent of org: app lies below org/);
    await expectError('limits set org --unit calls --limit 7 --parent app', 4, /this was done: org may use 7 calls/);
  });

  it('removes the limit of a unit and window, and says which there are when it is another one', async () => {
    await json('limits set org --unit usd --limit 5 --window day --time-zone UTC');
    await json('limits set org --unit usd --limit 50');
    await expectError(
      'limits set org --remove --unit tokens',
      4,
      /no limit on tokens for life.*It has \$50\.00 for life, \$5/,
    );
    await expectError('limits set other --remove --unit tokens', 4, /It has no limits/);
    expect(await json('limits set org --remove --unit usd --window day')).toMatchObject({
      limits: [{ unit: 'nano_usd', window: null }],
    });
  });

  it('tells a threshold that what was used reaches by the change', async () => {
    await use('org', { calls: 8n });
    const { stderr, code } = await run('limits set org --unit calls --limit 10 --format table');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'budget: warning: org has used 75% of its limit: 8 calls of 10 calls (warning)\n',
    });
  });

  it('refuses what makes no sense, each with a message, and sets nothing', async () => {
    const cases = [
      ['org', 2, /Nothing to set/],
      ['org --unit usd', 2, /--unit is of a limit/],
      ['org --limit 5', 2, /--limit needs --unit/],
      ['org --unit pounds --limit 5', 2, /Allowed choices are usd, tokens, calls, nano_usd/],
      ['org --unit usd --limit -1', 2, /not an amount of dollars/],
      ['org --unit usd --limit 5,50', 2, /not an amount of dollars/],
      ['org --unit tokens --limit 1.5', 2, /not a whole number of tokens/],
      ['org --unit nano_usd --limit 0.5', 2, /not a whole number of nano_usd/],
      ['org --unit usd --limit 1000000000.1', 2, /more than a limit can be: 1000000000 usd/],
      ['org --unit usd --limit 5 --time-zone UTC', 2, /--time-zone is of a window/],
      ['org --unit usd --limit 5 --window year', 2, /Allowed choices are day, week, month, lifetime/],
      ['org --unit usd --limit 5 --window day --time-zone Mars', 2, /"Mars" is no time zone/],
      ['org --unit usd --limit 5 --threshold 80', 2, /as in 80=warning/],
      ['org --unit usd --limit 5 --threshold 101=x', 2, /from 1 to 100/],
      ['org --unit usd --limit 5 --threshold 80=a --threshold 080=b', 2, /each percent once/],
      ['org --remove', 2, /--remove needs the --unit/],
      ['org --remove --unit usd --limit 5', 2, /--remove takes no --limit/],
      ['org --remove --unit usd', 4, /org has no limit on dollars for life/],
      ['org --parent org', 4, /org cannot be the parent of org/],
    ] as const;
    await Promise.all(cases.map(([line, code, told]) => expectError(`limits set ${line}`, code, told)));
    const found = await rows('limits list');
    expect(found.filter(({ limits, parent }) => limits.length > 0 || parent !== null)).toEqual([]);
  });

  it('two processes may set limits on one new ledger at once', async () => {
    const lines = ['usd', 'tokens', 'calls'].flatMap((unit) =>
      ['a', 'b'].map((scope) => `limits set ${scope} --unit ${unit} --limit 7 --parent org`),
    );
    for (const ended of await Promise.all(lines.map((line) => run(line)))) expect(ended.code, ended.stderr).toBe(0);
    const found = await rows('limits list');
    expect(found.map(({ scope, parent, limits }) => [scope, parent, limits.length])).toEqual([
      ['a', 'org', 3],
      ['b', 'org', 3],
      ['org', null, 0],
    ]);
  });
});

describe('limits list and show', () => {
  it('do not make a ledger that is not there', async () => {
    expect(await rows('limits list')).toEqual([]);
    expect((await run('limits list --format table')).stdout).toContain('No limits. Set one with');
    await expectError('limits show org', 4, /There is no ledger yet \(.*ledger\.db\)/);
    await expectError('limits set org --remove --unit usd', 4, /org has no limit on dollars/);
    await expectError('ledger backup copy.db', 4, /There is no ledger to back up/);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('say the same in JSON as in the table', async () => {
    await json('limits set app:chat --unit usd --limit 5 --window month --time-zone UTC --parent org');
    await json('limits set app:chat --unit tokens --limit 1000');
    await use('app:chat', { nanoUsd: 1_250_000_000n, tokens: 999n, calls: 2n });
    const shown = await json('limits show app:chat');
    expect(shown).toMatchObject({
      parent: 'org',
      limits: [
        { unit: 'nano_usd', used: 1_250_000_000, held: 0, remaining: 3_750_000_000, resets_at: expect.any(String) },
        { unit: 'tokens', used: 999, remaining: 1, overrun: 0, resets_at: null },
      ],
      usage: [
        { unit: 'tokens', used: 999 },
        { unit: 'nano_usd', used: 1_250_000_000 },
        { unit: 'calls', used: 2, held: 0, overrun: 0 },
      ],
    });
    expect(await rows('limits list')).toEqual([shown, expect.objectContaining({ scope: 'org', parent: null })]);
    const { stdout } = await run('limits show app:chat --format table');
    expect(stdout).toMatch(
      /app:chat {2}\$5\.00 a month \(UTC\) +\$1\.25 +25\.0% +\$0\.00 +\$3\.75 +\$0\.00 {2}in \d+ (d|h|min|s)\n/,
    );
    expect(stdout).toMatch(/app:chat {2}1,000 tokens for life +999 +99\.9% +0 +1 +0 {2}never\n/);
    expect(stdout).toContain('parent org; used for life $1.25, 2 calls');
    const table = (await run('limits list --format table')).stdout;
    expect(table).toMatch(/\norg +none on tokens +999 +– +0 +– +0 {2}never\n/);
  });

  it('list takes the beginning of a name, through many pages', async () => {
    await asProgram(async (ledger) => {
      const scopes = Array.from({ length: 1203 }, (_, index) => `run:${index}`);
      await Promise.all(['run', 'runs', 'sun', ...scopes].map((scope) => ledger.setParent(scope, 'org')));
    });
    expect(await rows('limits list --scope-prefix run:')).toHaveLength(1203);
    const first = await rows('limits list --scope-prefix run');
    expect(first).toHaveLength(1205);
    expect(new Set(first.map(({ scope }) => scope)).size).toBe(1205);
    // Also those that sort behind all runs; these are shown to who asks for them.
    const all = await rows('limits list');
    expect(all.map(({ scope }) => scope)).toEqual(['org', 'run', 'runs', 'sun']);
    expect((await run('limits list --format table')).stdout).toContain(
      'Runs are not shown: `budget limits list --scope-prefix run:`',
    );
    expect(await rows('limits list --scope-prefix none')).toEqual([]);
  });

  it('show names what somebody may have meant, and exits with 4', async () => {
    await json('limits set application:chat --unit usd --limit 5');
    await expectError('limits show aplication:chat', 4, /No scope aplication:chat is known.*Near: application:chat\./);
    await expectError('limits show elsewhere', 4, /^(?!.*Near:).*is known/);
  });
});

describe('ledger backup', () => {
  it('copies a ledger while another process writes; the copy is whole by itself', async () => {
    await json('limits set org --unit calls --limit 100000');
    let made = 0;
    let isCopied = false;
    const writer = asProgram(async (ledger) => {
      for (; !isCopied; made += 1) {
        const { id } = await ledger.reserve({ scopes: ['org'], amounts: { calls: 1, tokens: 10 } });
        await ledger.settle(id, { tokens: 7 });
      }
    });
    await vi.waitFor(() => expect(made).toBeGreaterThan(20), 30_000);
    const atStart = made;
    const copied = budgetJson(['ledger', 'backup', 'copy.db'], { cwd: directory, env });
    const printed = await copied.finally(() => {
      isCopied = true;
    });
    await writer;
    expect(made).toBeGreaterThan(atStart);
    expect(printed).toEqual({ ledger: file, backup: join(directory, 'copy.db'), bytes: expect.any(Number) });

    // Away from the original and what belongs to it.
    const alone = join(directory, 'alone', 'copy.db');
    mkdirSync(dirname(alone));
    cpSync(join(directory, 'copy.db'), alone);
    await asProgram(async (ledger) => {
      expect(await ledger.store.audit()).toEqual([]);
      const calls = (await ledger.readScope('org'))?.usage.find(({ unit }) => unit === 'calls');
      expect(Number(calls?.used)).toBeGreaterThanOrEqual(atStart);
      expect(Number(calls?.used)).toBeLessThanOrEqual(made);
    }, alone);
    expect(readdirSync(directory).filter((name) => name.includes('unfinished'))).toEqual([]);
  });

  it('leaves a file that exists as it is, and writes into no directory that does not', async () => {
    await json('limits set org --unit calls --limit 1');
    writeFileSync(join(directory, 'precious.txt'), 'mine');
    await expectError('ledger backup precious.txt', 4, /precious\.txt exists already and was left as it is/);
    await expectError(`ledger backup ${file}`, 4, /belongs to the ledger/);
    await expectError('ledger backup nowhere/copy.db', 4, /there is no directory .*nowhere/);
    expect(existsSync(join(directory, 'nowhere'))).toBe(false);
  });
});

describe('where the ledger is', () => {
  it('in the data directory of the user, unless a file is named', async () => {
    const inData = { BUDGET_LEDGER: '', XDG_DATA_HOME: join(directory, 'data'), HOME: directory };
    await run('limits set org --unit calls --limit 1', inData);
    expect(existsSync(join(directory, 'data', 'budget', 'ledger.db'))).toBe(true);
    // A relative path is to be ignored, says the specification.
    await run('limits set org --unit calls --limit 1', { ...inData, XDG_DATA_HOME: 'data2' });
    if (process.platform !== 'win32') {
      expect(existsSync(join(directory, '.local', 'share', 'budget', 'ledger.db'))).toBe(true);
      expect(homedir()).not.toBe(directory);
    }
    await run('limits set org --unit calls --limit 1', { BUDGET_LEDGER: 'here.db' });
    expect(existsSync(join(directory, 'here.db'))).toBe(true);
  });

  it('is the same in each directory for a user without a home', async () => {
    const nobody = { env: { ...env, BUDGET_LEDGER: '', XDG_DATA_HOME: '', HOME: '' }, cwd: directory };
    const none = await budget(['limits', 'show', 'run:1'], { ...nobody, node: preload('no-home') });
    expect(none).toMatchObject({ code: 4, stderr: expect.stringContaining('(/.local/share/budget/ledger.db)') });
  });

  it.each([
    ...['limits list', 'limits show org', 'limits set org --unit usd --limit 1'],
    ...['ledger backup copy.db', 'ledger export', 'ledger import there.jsonl', 'usage', 'ledger stats t'],
  ])('`%s` says that the ledger is turned off, or of a kind that there is not', async (line) => {
    writeFileSync(join(directory, 'there.jsonl'), '');
    await expectError(line, 2, /BUDGET_LEDGER_DISABLE is 1/, { BUDGET_LEDGER_DISABLE: '1' });
    const secret = { BUDGET_LEDGER: 'mysql://me:hush@host/ledger' };
    await expectError(line, 2, /^(?!.*hush).*mysql:\/\/ address/, secret);
    await expectError(line, 2, /BUDGET_LEDGER begins with ~/, { BUDGET_LEDGER: '~/ledger.db' });
    const quoted = { BUDGET_LEDGER: '"postgres://me:hush@host/ledger"' };
    await expectError(line, 2, /^(?!.*hush).*begins with a quotation mark/, quoted);
    const slashed = { BUDGET_LEDGER: 'postgres:/me:hush@host/ledger' };
    await expectError(line, 2, /^(?!.*hush).*no postgres:\/\/ address/, slashed);
    expect(readdirSync(directory)).toEqual(['there.jsonl']);
  });

  it('is the same with blanks and line ends around its name, and never a file named after an address', async () => {
    await run('limits set org --unit calls --limit 1', { BUDGET_LEDGER: ` ${file}\n` });
    expect(existsSync(file)).toBe(true);
    const server = { BUDGET_LEDGER: '\n postgres://me:hush@127.0.0.1:9/ledger' };
    await expectError('limits show org', 5, /^(?!.*hush).*127\.0\.0\.1:9/, server);
    expect(readdirSync(directory).filter((name) => name.includes('postgres'))).toEqual([]);
  });

  it('0 and false do not turn it off', async () => {
    for (const off of ['0', 'false', 'FALSE']) {
      expect((await run('limits list', { BUDGET_LEDGER_DISABLE: off })).code).toBe(0);
    }
  });

  it('a file that is no ledger is left as it is', async () => {
    writeFileSync(file, 'A shopping list, and a long one at that. '.repeat(100));
    await expectError('limits list', 5, /ledger\.db is no SQLite file/);
    await expectError('limits set org --unit usd --limit 1', 5, /It was left as it is/);
  });

  it('without better-sqlite3 the project layer works, and the ledger says what to install', async () => {
    const alone = join(directory, 'installed');
    cpSync(dirname(bin), join(alone, 'dist'), { recursive: true });
    writeFileSync(join(alone, 'package.json'), '{"type": "module"}');
    // So that none is found in a directory above.
    mkdirSync(join(alone, 'node_modules', 'better-sqlite3'), { recursive: true });
    const command = (line: string) => budget(words(line), { cwd: directory, env, bin: join(alone, 'dist', 'bin.js') });
    mkdirSync(join(directory, 'project'));
    expect((await command('init project')).code).toBe(0);
    expect((await command('status project')).code).toBe(0);
    const told = /needs the package better-sqlite3.*npm install --global better-sqlite3/;
    const ended = await command('limits set org --unit usd --limit 1');
    expect(ended).toMatchObject({ code: 5, stdout: '', stderr: expect.stringMatching(told) });
    expect(existsSync(file)).toBe(false);
  });
});
