import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { uuidv7 } from '@budget/core';
import { startReplay } from '@budget/replay';
import { afterThisTest, temporaryDirectory } from '@budget/test-tools/vitest';
import { describe, expect, it } from 'vitest';
import { createHubClient } from './create-hub-client.js';
import { destinationOf } from './destination.js';
import { retryStateName } from './outbox-names.js';
import { anyEvent } from './testing/runs.js';

const NOBODY = 65_534;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Four events wait, and what `spoil` does to the outbox comes before them. */
async function outboxWith(spoil: (outbox: string, mark: string) => void) {
  const replay = await startReplay({ answer: { status: 202, body: {} } });
  afterThisTest(() => replay.close());
  const state = temporaryDirectory();
  const outbox = join(state, 'budget', 'outbox');
  const url = new URL(replay.urlOf('hub')).origin;
  mkdirSync(outbox, { recursive: true });
  const environment = { BUDGET_HUB_URL: url, XDG_STATE_HOME: state };
  const client = createHubClient({ environment, deadlineMs: 20_000, random: () => 0 });
  for (let index = 0; index < 4; index += 1) client.queue(anyEvent());
  spoil(outbox, destinationOf({ url, transport: 'http' }).mark);
  return { client, replay, outbox, state, environment };
}

/** What a flush says in a process of another user; where the test may not start one, of this one. */
async function flushedByOther(environment: Readonly<Record<string, string>>): Promise<unknown> {
  const program = fileURLToPath(new URL('../torture/programs/flush.mjs', import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...environment, DO_NOT_TRACK: '', BUDGET_HUB_TOKEN: '', BUDGET_HUB_TRANSPORT: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
    uid: process.getuid?.() === 0 ? NOBODY : undefined,
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  await once(child, 'close');
  return JSON.parse(output);
}

/** Older than all others. */
const first = (): string => uuidv7({ nowMs: () => Date.now() - DAY_MS });

const bad: readonly (readonly [string, (outbox: string, mark: string) => void])[] = [
  ['a directory with the name of an event', (outbox) => mkdirSync(join(outbox, `${first()}.json`))],
  ['a link that leads nowhere', (outbox) => symlinkSync('/nowhere', join(outbox, `${first()}.json`))],
  ['half an event', (outbox) => writeFileSync(join(outbox, `${first()}.json`), '{"specversion":"1.0","id"')],
  ['a directory as old as what is dropped', (outbox) => mkdirSync(join(outbox, `${uuidv7({ nowMs: () => 1 })}.json`))],
  ['a directory where the pauses are noted', (outbox, mark) => mkdirSync(join(outbox, retryStateName(mark)))],
  ['a file where dead letters are kept', (outbox) => writeFileSync(join(outbox, 'dead'), '')],
];

describe('an outbox in which there is', () => {
  it.each(bad)('%s: a run tells what became of its own event, and sends the others', async (_, spoil) => {
    const { client, replay } = await outboxWith(spoil);
    expect(await client.emit(anyEvent())).toEqual({ status: 'sent', reason: null });
    expect(replay.requests).toHaveLength(5);
  });

  it.each(bad)('%s: a flush sends the others', async (_, spoil) => {
    const { client, environment } = await outboxWith(spoil);
    const another = createHubClient({ environment: { ...environment, BUDGET_HUB_URL: 'http://127.0.0.1:9' } });
    another.queue(anyEvent());
    expect(await client.flush()).toMatchObject({ sent: 4, notTried: null, waitingElsewhere: 1 });
  });

  it('a file where dead letters are kept: what is refused waits on', async () => {
    const { client, replay } = await outboxWith((outbox) => writeFileSync(join(outbox, 'dead'), ''));
    replay.answerAll({ status: 422, body: {} });
    expect(await client.emit(anyEvent())).toMatchObject({ status: 'queued', reason: expect.stringContaining('422') });
  });

  it("somebody else's event is a dead letter, and the others are sent", async () => {
    const isRoot = process.getuid?.() === 0;
    const { environment, outbox, state, replay } = await outboxWith((directory) => {
      const path = join(directory, `${first()}.json`);
      writeFileSync(path, '{}', { mode: isRoot ? 0o600 : 0o000 });
    });
    if (isRoot) {
      for (const directory of [state, join(state, 'budget'), outbox]) chownSync(directory, NOBODY, NOBODY);
      for (const name of readdirSync(outbox))
        if (name.split('.').length > 2) chownSync(join(outbox, name), NOBODY, NOBODY);
    }
    chmodSync(state, 0o755);
    expect(await flushedByOther(environment)).toMatchObject({ sent: 4, buried: 1, waiting: 0 });
    expect(replay.requests).toHaveLength(4);
    expect(readdirSync(join(outbox, 'dead'))).toEqual([expect.stringContaining('.unreadable.')]);
  });

  it('nothing that this user may move: a flush says why nothing is sent', async () => {
    const { environment, outbox, state, replay } = await outboxWith(() => {});
    chmodSync(state, 0o755);
    chmodSync(outbox, 0o555);
    const report = await flushedByOther(environment);
    // So that it can be removed.
    chmodSync(outbox, 0o755);
    const reason = 'its file in the outbox cannot be moved (EACCES)';
    expect(report).toMatchObject({ sent: 0, failed: 4, reason, waiting: 4 });
    expect(replay.requests).toHaveLength(0);
  });

  it('an event that a killed process has in hand: a flush says so', async () => {
    const { client, outbox } = await outboxWith(() => {});
    await client.flush();
    const id = first();
    writeFileSync(join(outbox, `${id}.claimed-${Date.now() + 10_000}-x`), '');
    expect(await client.flush()).toMatchObject({ sent: 0, waiting: 0, inHand: 1 });
  });
});

it('an outbox behind a link to a disk that is not mounted: a flush and status say so, and not that none waits', async () => {
  const { client, outbox } = await outboxWith(() => {});
  rmSync(outbox, { recursive: true });
  symlinkSync('/nowhere', outbox);
  const told = `the outbox ${outbox} cannot be used (ENOENT)`;
  expect(await client.flush()).toMatchObject({ sent: 0, notTried: told });
  expect(client.status().fault).toContain('ENOENT');
});
