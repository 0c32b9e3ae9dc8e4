import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createUsageTracker, type Observation } from '@budget/ledger';
import { sqliteStore } from '@budget/ledger/sqlite';
import { describe, expect, test, vi } from 'vitest';
import { afterThisTest, askProgram, type ExecWorld, execWorld } from './exec-world.js';
import { bin } from './run-budget.js';

vi.setConfig({ testTimeout: 60_000 });

const ask = (...parameters: string[]) => [process.execPath, askProgram, ...parameters];

/** What the ledger has learned, oldest first, and what it counts on a scope. */
async function ledgerOf({ env }: ExecWorld) {
  const store = await sqliteStore({ file: env['BUDGET_LEDGER'] as string });
  try {
    const { events } = await createUsageTracker({ store, application: 'test' }).history({ limit: 1000 });
    expect(await store.auditRollups()).toEqual([]);
    const scopes = await store.listScopes({ after: null, limit: 100 });
    return { events: events.toReversed(), scopes };
  } finally {
    await store.close();
  }
}

function usedOf({ scopes }: Awaited<ReturnType<typeof ledgerOf>>, prefix: string) {
  const { usage = [] } = scopes.find(({ scope }) => scope.startsWith(prefix)) ?? {};
  return Object.fromEntries(usage.map(({ unit, used, held }) => [unit, { used, held }]));
}

/** An infospace with a record of a run of three calls, one of them failed and one of unknown price. */
async function recordedWorld() {
  const world = await execWorld();
  writeFileSync(join(world.directory, 'budget.yaml'), 'workspace: acme\n');
  const runs = join(world.directory, 'output/workflows/runs');
  mkdirSync(runs, { recursive: true });
  const usage = { prompt_tokens: 100, completion_tokens: 20, cost: 0.001 };
  const stage = (stage_id: string, model: string, more = {}, stageMore = {}) => ({
    ...{ stage_id, provider: 'openrouter', metadata: { model, usage: { ...usage, ...more } } },
    ...stageMore,
  });
  const stages = [
    stage('draft', 'openai/gpt-4o'),
    stage('check', 'openai/gpt-4o', {}, { status: 'failed' }),
    stage('', 'nobody/knows', { cost: undefined }),
  ];
  writeFileSync(join(runs, 'r.json'), JSON.stringify({ run_id: 'r', workflow_id: 'w', status: 'completed', stages }));
  return world;
}

describe('a metered run', () => {
  test('is observed call by call: what the ledger has learned is what was written down', async () => {
    const world = await execWorld();
    const options = ['--task', 'geography', '--thread', 't1', '--agent', 'a1', '--format', 'json'];
    const { code, stderr } = await world.exec(options, ask('3'));
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stderr.slice(stderr.indexOf('{')))).toMatchObject({
      ledger: { status: 'recorded', reason: null },
    });
    const { events } = await ledgerOf(world);
    expect(events).toMatchObject(
      world.costs().map((line) => ({
        id: line['call_id'],
        provider: 'openai',
        model: 'gpt-4o',
        threadId: 't1',
        agentId: 'a1',
        promptTokens: line['prompt_tokens'],
        completionTokens: line['completion_tokens'],
        costNanoUsd: BigInt(line['cost_nano_usd'] as number),
        status: 'completed',
      })),
    );
    expect(events).toHaveLength(3);
  });

  test('is observed under names that are longer than a ledger takes', async () => {
    const world = await execWorld();
    const { stderr } = await world.exec(['--thread', '\u4e00'.repeat(400)], ask('1'));
    expect(stderr).not.toContain('has not learned');
    expect((await ledgerOf(world)).events).toMatchObject([{ threadId: '\u4e00'.repeat(266) }]);
  });

  test('that was killed: its calls are booked at what they used, and observed once', async () => {
    const world = await execWorld();
    const { directory, replay, env } = world;
    writeFileSync(join(directory, 'budget.yaml'), '');
    replay.next({}, { isSilent: true });
    const child = spawn(process.execPath, [bin, 'exec', '--max-usd', '1', '--', ...ask('2')], {
      cwd: directory,
      env: { ...process.env, ...env },
      detached: true,
    });
    afterThisTest(() => killAll(child.pid as number));
    const run = () => join(directory, 'output/budget/runs', runsIn(directory)[0] as string);
    await expect.poll(() => replay.requests.length, { timeout: 30_000 }).toBe(2);
    // The first is over; of the second only the beginning is known.
    await expect.poll(() => linesOf(join(run(), 'costs.jsonl')).length, { timeout: 30_000 }).toBe(1);
    await expect.poll(() => linesOf(join(run(), 'open-calls.jsonl')).length, { timeout: 30_000 }).toBe(2);
    // The answer is passed on, and the line is written, before it is booked.
    const calls = async () => usedOf(await ledgerOf(world), 'run:')['calls'];
    await expect.poll(calls, { timeout: 30_000 }).toEqual({ used: 1n, held: 1n });
    killAll(child.pid as number);
    await once(child, 'close');
    const before = usedOf(await ledgerOf(world), 'run:');
    // As if it had been killed a moment later: the second is written down, and not yet booked.
    const [first] = linesOf(join(run(), 'costs.jsonl')) as [Record<string, unknown>];
    const [, second] = linesOf(join(run(), 'open-calls.jsonl')) as Record<string, unknown>[];
    const late = { ...first, call_id: second?.['call_id'], cost_nano_usd: 1234, economic_cost_nano_usd: 1234 };
    appendFileSync(join(run(), 'costs.jsonl'), `${JSON.stringify(late)}\n`);

    for (let looked = 0; looked < 2; looked += 1) {
      const { stdout } = await world.budget('status');
      expect(JSON.parse(stdout)).toMatchObject({ runs_count: 1 });
    }
    const after = await ledgerOf(world);
    expect(usedOf(after, 'run:')['calls']).toEqual({ used: 2n, held: 0n });
    expect(usedOf(after, 'run:')['nanoUsd']).toEqual({ used: (before['nanoUsd']?.used ?? 0n) + 1234n, held: 0n });
    expect(after.events.map(({ id }) => id)).toEqual([first['call_id'], second?.['call_id']]);
    expect(after.events.at(-1)).toMatchObject({ costNanoUsd: 1234n });
  });
});

describe('a run that is recorded from its run records', () => {
  test('is observed too, once', async () => {
    const world = await recordedWorld();
    const { stdout } = await world.budget('run record');
    expect(JSON.parse(stdout)).toMatchObject({ ledger: { status: 'recorded', reason: null } });
    expect(JSON.parse((await world.budget('run record')).stdout)).toMatchObject({
      run: null,
      ledger: { status: 'disabled' },
    });
    const { events } = await ledgerOf(world);
    expect(events).toMatchObject([
      { provider: 'openrouter', model: 'openai/gpt-4o', costNanoUsd: 1_000_000n, status: 'completed' },
      { costNanoUsd: 1_000_000n, status: 'failed' },
      { model: 'nobody/knows', costNanoUsd: null, status: 'completed' },
    ] satisfies Partial<Observation>[]);
  });

  test('is recorded all the same where there is no ledger to tell, and that is said', async () => {
    const world = await recordedWorld();
    const place = join(world.directory, 'budget.yaml', 'ledger.db');
    world.env['BUDGET_LEDGER'] = place;
    const { code, stdout, stderr } = await world.budget('run record');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ run: { run_index: 1 }, ledger: { status: 'failed' } });
    expect(stderr).toContain("The ledger has not learned of this run's calls");
    expect(stderr).toContain(place);
  });

  test('is recorded and nothing else where the ledger is turned off', async () => {
    const world = await recordedWorld();
    const { stdout, stderr } = await world.budget('run record', { BUDGET_LEDGER_DISABLE: '1' });
    expect(JSON.parse(stdout)).toMatchObject({ run: { run_index: 1 }, ledger: { status: 'disabled' } });
    expect(stderr).toBe('');
    expect(existsSync(world.env['BUDGET_LEDGER'] as string)).toBe(false);
  });
});

function runsIn(directory: string): string[] {
  const runs = join(directory, 'output/budget/runs');
  return existsSync(runs) ? readdirSync(runs).filter((name) => /^[0-9a-f]{8}-/.test(name)) : [];
}

function linesOf(file: string): unknown[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

/** The command, and the program that it runs. */
function killAll(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of them are gone.
  }
}
