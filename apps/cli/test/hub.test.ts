import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { uuidv7 } from '@budget/core';
import { startReplay } from '@budget/replay';
import { badHubs, startBadHub } from '@budget/replay/hubs';
import { describe, expect, test, vi } from 'vitest';
import { afterThisTest, askProgram, execWorld } from './exec-world.js';
import { bin, budget, preload } from './run-budget.js';

vi.setConfig({ testTimeout: 60_000 });

const DAY_MS = 24 * 60 * 60 * 1000;

/** A hub that takes everything, and an infospace of a user with a home of their own. */
async function hubWorld(more: Record<string, string> = {}) {
  const replay = await startReplay({ answer: { status: 202, body: { accepted: 1 } } });
  afterThisTest(() => replay.close());
  const home = mkdtempSync(join(tmpdir(), 'budget-hub-test-'));
  afterThisTest(() => rmSync(home, { recursive: true, force: true }));
  const infospace = join(home, 'infospaces', 'demo');
  mkdirSync(infospace, { recursive: true });
  writeFileSync(join(infospace, 'budget.yaml'), 'workspace: acme\n');
  const env: Record<string, string> = {
    ...{ XDG_STATE_HOME: join(home, '.state'), XDG_CONFIG_HOME: join(home, '.config') },
    ...{ DO_NOT_TRACK: '', BUDGET_DISABLE_HUB_EVENTS: '', INFOSPACE_BENCH_DISABLE_HUB_TOKEN_EVENTS: '' },
    ...{ BUDGET_HUB_URL: new URL(replay.urlOf('hub')).origin, BUDGET_HUB_TOKEN: '', BUDGET_HUB_TRANSPORT: '' },
    ...{ BUDGET_WORKPLAN_ID: '', BUDGET_WORKPLAN_TASK_ID: '', ...more },
  };
  let records = 0;
  return {
    ...{ replay, home, infospace, env },
    outbox: join(home, '.state', 'budget', 'outbox'),
    /** What the hub has after a flush, once each: a busy machine may miss the 150 ms, and then sends an event twice. */
    async events() {
      await budget(['hub', 'flush'], { cwd: home, env });
      return [...new Map(replay.requests.map(({ json }) => [json.id, json])).values()];
    },
    /** Writes a record of one call, and records it. */
    record(flags: readonly string[] = [], options: Parameters<typeof budget>[1] = {}) {
      records += 1;
      const file = join(home, `${records}.json`);
      writeFileSync(file, JSON.stringify(runRecord(`run-${records}`)));
      const env_ = { ...env, ...options.env };
      return budget(['run', 'record', infospace, '--runs', file, ...flags], { ...options, env: env_ });
    },
    budget: (...words: string[]) => budget(words, { cwd: infospace, env }),
  };
}

function runRecord(id: string, planted = 'w') {
  const usage = { prompt_tokens: 100, completion_tokens: 20, cost: 0.001 };
  const stage = { stage_id: planted, provider: 'openrouter', metadata: { model: 'openai/gpt-4o', usage } };
  return { run_id: id, workflow_id: planted, status: 'completed', stages: [stage] };
}

const isEventFile = (name: string): boolean => name.endsWith('.json');

/** A machine that is busy with something else may miss the 150 ms, but not five times in a row. */
async function sentInTime(record: () => ReturnType<typeof budget>): ReturnType<typeof budget> {
  for (let round = 1; ; round += 1) {
    const ended = await record();
    if (round === 5 || JSON.parse(ended.stdout).hub.status === 'sent') return ended;
  }
}

const warnings = (stderr: string) => stderr.trim().split('\n').filter(Boolean);

describe('run record', () => {
  test('sends one event, with its workplan, and says so', async () => {
    const { record, events, outbox } = await hubWorld({ BUDGET_WORKPLAN_ID: 'WP-1', BUDGET_WORKPLAN_TASK_ID: 'T-1' });
    const { code, stdout, stderr } = await sentInTime(() => record(['--workplan-task', 'T-2']));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { run, hub } = JSON.parse(stdout);
    expect(hub).toEqual({ status: 'sent', reason: null });
    expect((await events()).filter(({ id }) => id === run.run_id)).toMatchObject([
      {
        ...{ id: run.run_id, source: 'urn:budget:acme:demo', type: 'dev.budget.run.v1' },
        data: {
          ...{ run_index: run.run_index, calls: 1, tokens_in: 100, tokens_out: 20, cost_nano_usd: 1_000_000 },
          ...{ cost_source: 'provider', status: 'completed', workplan_id: 'WP-1', workplan_task_id: 'T-2' },
        },
      },
    ]);
    expect(readdirSync(outbox).filter(isEventFile)).toEqual([]);
  });

  test('says nothing of a hub where nothing was recorded', async () => {
    const { record, events, budget: command, infospace, home } = await hubWorld();
    await record();
    const again = await command('run', 'record', infospace, '--runs', join(home, '1.json'));
    expect(JSON.parse(again.stdout)).toMatchObject({ run: null, hub: null });
    expect(await events()).toHaveLength(1);
  });

  test.each(badHubs)('is not harmed by a hub that %s', async (kind) => {
    const hub = await startBadHub(kind);
    afterThisTest(() => hub.close());
    const { record, outbox } = await hubWorld();
    const { code, stdout, stderr } = await record([], { env: { BUDGET_HUB_URL: hub.url } });
    expect(code).toBe(0);
    expect(warnings(stderr)).toEqual([
      expect.stringMatching(
        /^budget: warning: The hub has not taken the event of this run: .*`budget hub flush` sends it\.$/,
      ),
    ]);
    const { run, hub: result } = JSON.parse(stdout);
    expect(result.status).toBe('queued');
    expect(readdirSync(outbox).sort()).toEqual([
      expect.stringMatching(new RegExp(`^${run.run_id}\\.[0-9a-f]{12}\\.json$`)),
      expect.stringMatching(/^retry-state\./),
    ]);
  });

  test('of a user without a home and an entry to read one from is sent', async () => {
    const { record, replay } = await hubWorld();
    const { code, stdout } = await record([], { node: preload('no-home'), env: { XDG_CONFIG_HOME: '' } });
    expect(code).toBe(0);
    expect(JSON.parse(stdout).hub.status).toMatch(/^(?:sent|queued)$/);
    expect(replay.requests.length).toBeGreaterThan(0);
    const status = await budget(['hub', 'status'], { node: preload('no-home'), env: { XDG_STATE_HOME: '' } });
    expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining('"/.local/state/budget/outbox"') });
  });

  test('does not wait for name servers that never answer', async () => {
    const silent = createSocket('udp4').bind(0, '127.0.0.1');
    await once(silent, 'listening');
    let queries = 0;
    silent.on('message', () => (queries += 1));
    afterThisTest(() => silent.close());
    const { record } = await hubWorld();
    const startedAt = performance.now();
    const { code, stdout, stderr } = await record([], {
      node: preload('silent-name-server'),
      env: { BUDGET_HUB_URL: 'https://hub.example.com', BUDGET_TEST_NAME_SERVER: `127.0.0.1:${silent.address().port}` },
    });
    // A look-up by the system would hold it for ten seconds.
    expect(performance.now() - startedAt).toBeLessThan(8000);
    expect({ code, lines: warnings(stderr).length }).toEqual({ code: 0, lines: 1 });
    expect(JSON.parse(stdout).hub.status).toBe('queued');
    expect(queries).toBeGreaterThan(0);
  });

  test('tells no word of prompts, paths, hosts and users, wherever they are planted', async () => {
    const { home, env, events, infospace } = await hubWorld({ BUDGET_HUB_TOKEN: 'SECRET-token' });
    const record = { ...runRecord('SECRET-run', 'SECRET-workflow'), status: 'SECRET-status', prompt: 'SECRET-prompt' };
    const [stage] = record.stages;
    const places = { ...stage, host: 'SECRET-host', user: 'SECRET-user', path: '/home/SECRET', prompt: 'SECRET' };
    const named = { ...places, provider: 'SECRET host', metadata: { ...stage?.metadata, model: '/home/SECRET/model' } };
    const file = join(home, 'SECRET-file.json');
    writeFileSync(file, JSON.stringify({ ...record, stages: [places, named] }));
    const { code, stderr } = await budget(['run', 'record', infospace, '--runs', file], { env });
    expect(code, stderr).toBe(0);
    const [event] = await events();
    expect(event.data.calls).toBe(2);
    const text = JSON.stringify(event);
    for (const word of ['SECRET', home, hostname(), userInfo().homedir]) expect(text).not.toContain(word);
    expect(`${stderr}${JSON.stringify(readdirSync(home, { recursive: true }))}`).not.toContain('SECRET-token');
  });

  test('that was killed before its summary has its event sent by a later run, once', async () => {
    const { record, events, infospace, budget: command, outbox } = await hubWorld();
    const first = JSON.parse((await record([], { env: { DO_NOT_TRACK: '1' } })).stdout);
    // As it is left by a process that dies between the entry and the summary.
    rmSync(join(infospace, 'output', 'budget', 'summary.yaml'));
    await command('status');
    expect(readdirSync(outbox)).toEqual([expect.stringContaining(first.run.run_id)]);
    const second = JSON.parse((await record()).stdout);
    const sent = (await events()).map(({ id }) => id);
    expect(sent.sort()).toEqual([first.run.run_id, second.run.run_id].sort());
    expect(readdirSync(outbox).filter(isEventFile)).toEqual([]);
  });
});

describe('who opts out', () => {
  const ways: readonly (readonly [string, Record<string, string>, string])[] = [
    ['by DO_NOT_TRACK', { DO_NOT_TRACK: '1' }, ''],
    ['by BUDGET_DISABLE_HUB_EVENTS', { BUDGET_DISABLE_HUB_EVENTS: 'true' }, ''],
    ['by the earlier variable', { INFOSPACE_BENCH_DISABLE_HUB_TOKEN_EVENTS: '1' }, ''],
    ['by budget.yaml', {}, 'hub: {disabled: true}\n'],
    ['by naming no hub', { BUDGET_HUB_URL: '' }, ''],
  ];

  test.each(ways)('%s: no packet, no look-up, no file', async (_, variables, settings) => {
    const { record, replay, home, infospace } = await hubWorld();
    if (settings !== '') writeFileSync(join(infospace, 'budget.yaml'), settings);
    const env = { ...variables, BUDGET_TEST_RESOURCES: join(home, 'resources') };
    const { code, stdout, stderr } = await record([], { env, node: preload('resources') });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout).hub).toMatchObject({ status: 'disabled' });
    expect(replay.requests).toHaveLength(0);
    expect(existsSync(join(home, 'resources'))).toBe(false);
    expect(existsSync(join(home, '.state'))).toBe(false);
  });

  test('in budget.yaml has no packet of any command in that project, and what waits already waits on', async () => {
    const { record, replay, infospace, home, env, budget: command } = await hubWorld();
    replay.answerAll({ status: 503, body: {} });
    await record();
    replay.answerAll({ status: 202, body: {} });
    const sent = replay.requests.length;
    writeFileSync(join(infospace, 'budget.yaml'), 'hub: {disabled: true}\n');
    const flushed = await command('hub', 'flush', '--format', 'table');
    expect(flushed).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Nothing was tried: budget\.yaml turns it off\. 1 event waiting\./),
    });
    expect(JSON.parse((await command('hub', 'doctor')).stdout).findings).toMatchObject([{ state: 'off' }]);
    expect(replay.requests).toHaveLength(sent);
    expect((await budget(['hub', 'flush'], { cwd: home, env })).code).toBe(0);
    expect(replay.requests).toHaveLength(sent + 1);
  });

  test('is noticed by a watch that sees what is sent', async () => {
    const { record, home } = await hubWorld();
    const env = { BUDGET_TEST_RESOURCES: join(home, 'resources') };
    await record([], { env, node: preload('resources') });
    expect(readFileSync(join(home, 'resources'), 'utf8')).toMatch(/TCPCONNECTWRAP/);
  });
});

describe("the user's configuration", () => {
  const configured = async (yaml: string, more: Record<string, string> = {}) => {
    const world = await hubWorld();
    const { origin } = new URL(world.env['BUDGET_HUB_URL'] ?? '');
    mkdirSync(join(world.home, '.config', 'budget'), { recursive: true });
    writeFileSync(join(world.home, '.config', 'budget', 'config.yaml'), yaml.replace('ORIGIN', origin));
    const { code, stdout, stderr } = await world.record([], { env: { BUDGET_HUB_URL: '', ...more } });
    expect(code, stderr).toBe(0);
    return { ...world, stderr, hub: JSON.parse(stdout).hub };
  };

  test('names the hub where the environment does not', async () => {
    const { hub, replay } = await configured('hub:\n  url: ORIGIN\n');
    expect(hub.status).toMatch(/^(?:sent|queued)$/);
    expect(replay.requests.length).toBeGreaterThan(0);
  });

  test.each([
    ['hub: {url: ORIGIN, disabled: true}', /configuration turns it off/, 0],
    ['hub: {url: ORIGIN, token: SECRET}', /not read from a file/, 1],
    ['hub: {url: ORIGIN, transport: pigeon}', /http or mcp/, 1],
    ['hub: {url: 5}', /hub\.url is a text/, 1],
    ['hub: [', /config\.yaml:\d+: this is no YAML/, 1],
    ['# ours\nhub: *ours', /config\.yaml:2: this is no YAML/, 1],
  ])('%s: nothing is sent, and a mistake is one line', async (yaml, reason, lines) => {
    const { hub, replay, stderr } = await configured(yaml);
    expect(hub).toMatchObject({ status: 'disabled', reason: expect.stringMatching(reason) });
    expect(warnings(stderr)).toHaveLength(lines);
    expect(stderr).not.toContain('SECRET');
    expect(replay.requests).toHaveLength(0);
  });

  test.each(['url: https://hub.example.com', 'disable: true', 'enabled: false'])(
    'of a project says disabled or nothing: %s is an error',
    async (setting) => {
      const world = await hubWorld({ BUDGET_HUB_TOKEN: 'SECRET' });
      writeFileSync(join(world.infospace, 'budget.yaml'), `hub: {${setting}}\n`);
      const { code, stderr } = await world.record();
      expect(code).toBe(4);
      expect(stderr).toContain(`hub.${setting.split(':')[0]}: not known; allowed is disabled`);
      expect(world.replay.requests).toHaveLength(0);
    },
  );
});

describe('budget hub', () => {
  test('status tells what waits, was refused and dropped; flush sends it', async () => {
    const { record, replay, env, budget: command, outbox } = await hubWorld();
    replay.answerAll({ status: 503, body: {} });
    await record();
    replay.next({ status: 403, body: {} });
    await record();
    for (let index = 0; index < 1000; index += 1) {
      const id = uuidv7({ nowMs: () => Date.now() - DAY_MS + index });
      writeFileSync(join(outbox, `${id}.json`), JSON.stringify({ specversion: '1.0', id, data: {} }));
    }
    const third = JSON.parse((await record()).stdout);
    const status = JSON.parse((await command('hub', 'status')).stdout);
    expect(status).toMatchObject({
      ...{ enabled: true, outbox, waiting: 1000, in_hand: 0, dead: [{ code: 'http_403' }] },
      dropped: { too_many: 2, too_old: 0, last_at: expect.any(String) },
      ...{ failures: 2, last_failure: 'the hub answered 503' },
    });
    const table = (await command('hub', 'status', '--format', 'table')).stdout;
    expect(table).toMatch(/dropped +2 beyond the 1,000 that may wait/);

    expect((await command('hub', 'flush')).code).toBe(5);
    replay.answerAll({ status: 202, body: {} });
    const flushed = await command('hub', 'flush', '--dead');
    expect({ code: flushed.code, ...JSON.parse(flushed.stdout) }).toMatchObject({ code: 0, waiting: 0 });
    const received = replay.requests.filter(({ status: answered }) => answered === 202).map(({ json }) => json.id);
    expect(received).toHaveLength(new Set(received).size);
    expect(received).toContain(third.run.run_id);
    expect(env['BUDGET_HUB_TOKEN']).toBe('');
  });

  test('flush sends no event to another hub than that which it was made for, and status says where it waits', async () => {
    const { record, replay, budget: command, env } = await hubWorld();
    await record([], { env: { BUDGET_HUB_URL: 'http://127.0.0.1:9' } });
    const flushed = await command('hub', 'flush', '--format', 'table');
    expect(flushed).toMatchObject({ code: 0, stdout: expect.stringContaining('Waiting for another hub: 1') });
    const table = (await command('hub', 'status', '--format', 'table')).stdout;
    expect(table).toMatch(/elsewhere +1 of them for http:\/\/127\.0\.0\.1:9 by http/);
    expect(replay.requests).toHaveLength(0);
    expect(env['BUDGET_HUB_TOKEN']).toBe('');
  });

  test('doctor says what is wrong, and never the token', async () => {
    const { replay, env, infospace } = await hubWorld({ BUDGET_HUB_TOKEN: 'SECRET' });
    expect((await budget(['hub', 'doctor'], { cwd: infospace, env })).code).toBe(0);
    replay.answerAll({ status: 401, body: {} });
    const { code, stdout } = await budget(['hub', 'doctor', '--format', 'table'], { cwd: infospace, env });
    expect(code).toBe(5);
    expect(stdout).toContain('set BUDGET_HUB_TOKEN');
    expect(stdout).not.toContain('SECRET');
    const off = await budget(['hub', 'doctor'], { cwd: infospace, env: { ...env, DO_NOT_TRACK: '1' } });
    expect({ code: off.code, ...JSON.parse(off.stdout).findings[0] }).toMatchObject({ code: 0, state: 'off' });
  });
});

describe('exec', () => {
  const hubOf = async () => {
    const { replay, env } = await hubWorld();
    const { XDG_STATE_HOME: _, ...rest } = env;
    return { hub: replay, env: rest };
  };

  test('sends one event of a run outside any infospace, with its exit code its own', async () => {
    const { hub, env } = await hubOf();
    const { exec } = await execWorld();
    const { code, stderr } = await exec(['--workplan', 'WP-9'], [process.execPath, askProgram, '2'], {
      env: { ...env, BUDGET_APPLICATION: 'geography' },
    });
    expect(code, stderr).toBe(0);
    expect(hub.requests[0]?.json).toMatchObject({
      source: 'urn:budget:outside:geography',
      data: {
        run_index: 0,
        calls: 2,
        model: 'gpt-4o',
        cost_source: 'rates',
        status: 'completed',
        workplan_id: 'WP-9',
      },
    });
    hub.answerAll({ isSilent: true });
    const failed = await exec([], [process.execPath, '-e', 'process.exit(7)'], { env });
    expect(failed.code).toBe(7);
    expect(failed.stderr.match(/^budget: warning: The hub/gm)).toHaveLength(1);
    expect(hub.requests.at(-1)?.json.data).toMatchObject({ status: 'failed', calls: 0 });
  });

  /** A run whose first call is answered and the end of whose second nobody sees, as it is killed. */
  async function killedRun(isInside: boolean, variables: Record<string, string>) {
    const { hub, env } = await hubOf();
    const world = await execWorld();
    if (isInside) writeFileSync(join(world.directory, 'budget.yaml'), '');
    world.replay.next({}, { isSilent: true });
    const command = [process.execPath, askProgram, '2'];
    const child = spawn(process.execPath, [bin, 'exec', '--workplan', 'WP-1', '--', ...command], {
      cwd: world.directory,
      env: { ...process.env, ...world.env, ...env, ...variables },
      stdio: 'ignore',
      detached: true,
    });
    const kill = () => child.exitCode ?? child.signalCode ?? process.kill(-(child.pid as number), 'SIGKILL');
    afterThisTest(kill);
    await expect.poll(() => world.replay.requests.length, { timeout: 30_000 }).toBe(2);
    const ended = once(child, 'close');
    kill();
    await ended;
    return { ...world, hub, env };
  }

  test.each([
    { where: 'outside any infospace', isInside: false, source: 'urn:budget:outside:first' },
    { where: 'in an infospace', isInside: true, source: expect.stringContaining('urn:budget:') },
  ])('a run $where that was killed is told of as its own, whoever finds it', async ({ isInside, source }) => {
    const first = { BUDGET_APPLICATION: 'first', BUDGET_WORKPLAN_TASK_ID: 'T-1' };
    const { hub, env, ...world } = await killedRun(isInside, first);
    const second = { ...env, BUDGET_APPLICATION: 'second', BUDGET_WORKPLAN_ID: 'WP-2', BUDGET_WORKPLAN_TASK_ID: '' };
    const found = await world.exec([], [process.execPath, askProgram, '1'], { env: second });
    expect(found.stderr).toContain('killed');
    await world.budget('hub flush', second);

    const events = new Map(hub.requests.map(({ json }) => [json.data.workplan_id, json]));
    expect([...events.keys()].sort()).toEqual(['WP-1', 'WP-2']);
    expect(events.get('WP-1')).toMatchObject({ source, data: { calls: 2, workplan_task_id: 'T-1' } });
    const learned = JSON.parse((await world.budget('usage --by application')).stdout);
    expect(learned).toMatchObject([
      { application: 'first', request_count: 2 },
      { application: 'second', request_count: 1 },
    ]);
  });

  test.each([false, true])(
    'a run (in an infospace: %j) that was killed under an opt-out is told of by nobody',
    async (isInside) => {
      const { hub, env, ...world } = await killedRun(isInside, { DO_NOT_TRACK: '1' });
      const second = { ...env, BUDGET_WORKPLAN_ID: 'WP-2' };
      const found = await world.exec([], [process.execPath, askProgram, '1'], { env: second });
      expect(found.stderr).toContain('killed');
      await world.budget('hub flush', second);
      expect([...new Set(hub.requests.map(({ json }) => json.data.workplan_id))]).toEqual(['WP-2']);
    },
  );

  test('sends one event of a run in an infospace, under the id that its entry has', async () => {
    const { hub, env } = await hubOf();
    const { exec, directory, budget: command } = await execWorld();
    await command('init');
    await exec([], [process.execPath, askProgram, '1'], { env });
    const { usage } = JSON.parse((await command('show --format json')).stdout);
    expect(hub.requests[0]?.json).toMatchObject({ id: usage.runs[0].run_id, data: { run_index: 1 } });
    expect(existsSync(join(directory, '.state', 'budget', 'outbox'))).toBe(true);
  });
});
