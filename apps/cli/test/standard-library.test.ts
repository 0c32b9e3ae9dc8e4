import { fileURLToPath } from 'node:url';
import type { Answer } from '@budget/replay';
import { describe, expect, test, vi } from 'vitest';
import { execWorld } from './exec-world.js';
import { jsonLines, printed, sent } from './unchanged.js';

vi.setConfig({ testTimeout: 60_000 });

const command = ['python3', fileURLToPath(new URL('./programs/standard-library.py', import.meta.url))] as const;
const completed = { status: 'completed', estimated: false, usage_missing: false };
const failed = { status: 'failed', cost_nano_usd: 0, usage_missing: false };
const text = { ...completed, prompt_tokens: 63, completion_tokens: 10 };
const stream = { ...completed, prompt_tokens: 14, completion_tokens: 8 };

/** What the program does, how the provider answers it, and how the call is to be written down. */
const steps: readonly (readonly [does: string, answer: Answer, call: object])[] = [
  ['urllib', {}, text],
  ['urllib-stream', {}, stream],
  ['client', {}, text],
  ['client', { error: { status: 400 } }, failed],
  ['client-chunked', {}, text],
  ['client-stream', { cuts: 'bytes' }, stream],
  ...[400, 401, 429, 500].map(
    (status) => ['urllib', { error: { status, retryAfterSeconds: 7 } }, { ...failed, attempt: 1 }] as const,
  ),
  ['impatient', { isSilent: true }, { status: 'cancelled', usage_missing: true, estimated: true }],
  ['client', { isHungUp: true }, { status: 'failed', usage_missing: true, estimated: true }],
  ['client-stream-told', { breakAfterBytes: 900 }, { status: 'failed', estimated: true }],
  // A length that is not kept to.
  ['urllib', { breakAfterBytes: 100 }, { status: 'failed', usage_missing: true, estimated: true }],
  ['leave', { cutDelayMs: 100 }, { status: 'cancelled', estimated: true }],
  ['urllib', { headers: { 'x-own': 'é', 'set-cookie': 'a=1' } }, text],
];

describe("a program with nothing but Python's standard library", () => {
  const everything = [...command, ...steps.map(([does]) => does)] as const;
  const answers = steps.map(([, answer]) => answer);

  test('gets the same under budget exec, sends the same, and every call of it is counted', async () => {
    const { exec, replay, env, costs } = await execWorld();
    replay.next(...answers);
    const bare = await printed(everything, env);
    replay.next(...answers);
    const { stdout, stderr } = await exec(['--max-usd', '50'], everything);
    expect(jsonLines(stdout), stderr).toEqual(jsonLines(bare));
    expect(replay.requests).toHaveLength(answers.length * 2);
    expect(replay.requests.slice(answers.length).map(sent)).toEqual(replay.requests.slice(0, answers.length).map(sent));
    const written = costs().sort((one, other) => (String(one['call_id']) < String(other['call_id']) ? -1 : 1));
    expect(written).toMatchObject(steps.map(([, , call]) => call));
  });

  test('gets compressed bytes as they are, though it did not ask for them', async () => {
    const { exec, replay, env, costs } = await execWorld();
    replay.answerAll({ encoding: 'gzip', body: { usage: { prompt_tokens: 3, completion_tokens: 4 } } });
    expect((await exec([], [...command, 'urllib'])).stdout).toBe(await printed([...command, 'urllib'], env));
    expect(costs()).toMatchObject([{ ...completed, prompt_tokens: 3, completion_tokens: 4 }]);
  });

  test('is refused with an error of its own, and the provider sees nothing', async () => {
    const { exec, replay } = await execWorld();
    const { stdout } = await exec(['--max-usd', '0.0000001'], [...command, 'urllib', 'urllib-stream']);
    const refusal = { error: 'HTTPError', status: 402, body: expect.stringContaining('budget_exceeded') };
    expect(jsonLines(stdout)).toMatchObject([refusal, refusal]);
    expect(replay.requests).toHaveLength(0);
  });
});
