import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { uuidv7 } from '@budget/core';
import { startReplay } from '@budget/replay';
import { afterThisTest, temporaryDirectory } from '@budget/test-tools/vitest';
import { describe, expect, it, vi } from 'vitest';
import { createHubClient } from './create-hub-client.js';
import { CLAIM_MS } from './outbox.js';
import { anyEvent } from './testing/runs.js';

vi.setConfig({ testTimeout: 60_000 });

const NOBODY = 65_534;
const program = (name: string) => fileURLToPath(new URL(`../torture/programs/${name}.mjs`, import.meta.url));

/** A hub that takes everything, and says what it got. */
async function startHub(answer: Parameters<typeof startReplay>[0] = {}) {
  const replay = await startReplay({ answer: { status: 202, body: { accepted: 1 } }, ...answer });
  afterThisTest(() => replay.close());
  const url = new URL(replay.urlOf('hub')).origin;
  return { url, replay, received: () => replay.requests.map(({ json }) => json.id as string) };
}

const environmentOf = (url: string, state: string) => ({
  ...process.env,
  ...{ BUDGET_HUB_URL: url, XDG_STATE_HOME: state, DO_NOT_TRACK: '', BUDGET_HUB_TOKEN: '', BUDGET_HUB_TRANSPORT: '' },
  // What becomes of an event is asked here, and not how fast.
  BUDGET_TEST_DEADLINE_MS: '20000',
});

/** Runs to its end, in lines of JSON. */
async function lines(command: readonly string[], env: NodeJS.ProcessEnv, uid?: number): Promise<unknown[]> {
  const [first = '', ...rest] = command;
  const child = spawn(first, rest, { env, stdio: ['ignore', 'pipe', 'inherit'], uid });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  expect(code, output).toBe(0);
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('many processes', () => {
  it('that flush one outbox at once send each event once', async () => {
    const state = temporaryDirectory();
    const hub = await startHub();
    const client = createHubClient({ environment: environmentOf(hub.url, state) });
    const ids = Array.from({ length: 200 }, (_, index) => {
      const event = anyEvent(Date.now() - index);
      expect(client.queue(event).status).toBe('queued');
      return event.id;
    });
    const flushing = Array.from({ length: 8 }, () =>
      lines([process.execPath, program('flush')], environmentOf(hub.url, state)),
    );
    const reports = (await Promise.all(flushing)).flat() as { sent: number; failed: number }[];
    expect(reports.reduce((sum, { sent }) => sum + sent, 0)).toBe(200);
    expect(hub.received().sort()).toEqual(ids.sort());
    expect(client.status()).toMatchObject({ waiting: 0, inHand: 0, dead: [] });
  });
});

describe('kill -9', () => {
  it('while events are written leaves whole ones or none', async () => {
    const state = temporaryDirectory();
    const outbox = join(state, 'budget', 'outbox');
    for (let round = 0; round < 8; round += 1) {
      const env = environmentOf('http://127.0.0.1:9', state);
      const child = spawn(process.execPath, [program('queue-for-ever')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout, 'data');
      await sleep(5 + round * 7);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const names = readdirSync(outbox).filter((name) => name.endsWith('.json'));
    expect(names.length).toBeGreaterThan(8);
    for (const name of names)
      expect(JSON.parse(readFileSync(join(outbox, name), 'utf8').split('\n')[0] ?? '').id).toBe(name.split('.')[0]);
  });

  it('while an event is sent has it sent later', async () => {
    const state = temporaryDirectory();
    const hub = await startHub();
    hub.replay.next({ isSilent: true });
    const env = environmentOf(hub.url, state);
    createHubClient({ environment: env }).queue(anyEvent());
    const child = spawn(process.execPath, [program('flush')], { env, stdio: 'ignore' });
    await vi.waitUntil(() => hub.replay.requests.length === 1, { timeout: 10_000 });
    child.kill('SIGKILL');
    await once(child, 'exit');

    const later = createHubClient({ environment: env, clock: { nowMs: () => Date.now() + CLAIM_MS } });
    expect(createHubClient({ environment: env }).status()).toMatchObject({ waiting: 0, inHand: 1 });
    expect(await later.flush()).toMatchObject({ sent: 1, waiting: 0 });
  });
});

describe('a disk that takes nothing', () => {
  const emitUnder = async (limit: string, url: string, state: string) => {
    const command = ['sh', '-c', `${limit} exec "$@"`, 'sh', process.execPath, program('emit-runs'), uuidv7()];
    return (await lines(command, environmentOf(url, state)))[0];
  };

  it('because it is full: the event is sent without being written', async () => {
    const state = temporaryDirectory();
    const hub = await startHub();
    expect(await emitUnder('ulimit -f 0;', hub.url, state)).toMatchObject({ status: 'sent' });
    expect(hub.received()).toHaveLength(1);
    expect(readdirSync(join(state, 'budget', 'outbox'))).toEqual([]);
  });

  it('because it is full, and no hub is there: the event is lost, and nothing else', async () => {
    const state = temporaryDirectory();
    expect(await emitUnder('ulimit -f 0;', 'http://127.0.0.1:9', state)).toMatchObject({
      status: 'dropped',
      reason: expect.stringMatching(/ECONNREFUSED.*cannot be used \(EFBIG\)/),
    });
  });

  it('because a file is in the way, or the directory may not be written', async () => {
    const state = temporaryDirectory();
    writeFileSync(join(state, 'budget'), 'in the way');
    expect(await emitUnder('', 'http://127.0.0.1:9', state)).toMatchObject({
      status: 'dropped',
      reason: expect.stringMatching(/EEXIST|ENOTDIR/),
    });

    const other = temporaryDirectory();
    chmodSync(other, 0o755);
    mkdirSync(join(other, 'budget', 'outbox'), { recursive: true });
    chmodSync(join(other, 'budget', 'outbox'), 0o555);
    const env = environmentOf('http://127.0.0.1:9', other);
    // Root may write anywhere.
    const uid = process.getuid?.() === 0 ? NOBODY : undefined;
    const [result] = await lines([process.execPath, program('emit-runs'), uuidv7()], env, uid);
    expect(result).toMatchObject({ status: 'dropped', reason: expect.stringContaining('EACCES') });
    expect(existsSync(join(other, 'budget', 'outbox', 'dropped'))).toBe(false);
  });
});
