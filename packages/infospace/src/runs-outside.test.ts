import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { CodedError } from '@budget/core';
import { beforeEach, expect, it } from 'vitest';
import { costLine } from './documents/call-lines.js';
import { infospacePaths } from './infospace-paths.js';
import { readRunDirectory } from './read-run-directory.js';
import { type RunOutside, recordRunOutside, recoverRunsOutside } from './runs-outside.js';
import { bundledModules, child, killRun } from './testing/killed-run.js';
import { meteredCall, openRun, RUN_ID, runIdOf } from './testing/metered-calls.js';
import { contents, temporaryDirectory, write } from './testing/temporary.js';

const bundled = bundledModules('runs-outside');

let place: string;
let directory: string;
beforeEach(() => {
  place = temporaryDirectory();
  directory = infospacePaths(place).meteredRuns;
});

const killedRun = (runId = RUN_ID) => killRun(bundled['metered-calls'], place, runId);
const statusesIn = (run: string) =>
  readFileSync(join(run, 'costs.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).status);

/** What is announced, with the calls as they are at that moment. */
function listener() {
  const told: (Omit<RunOutside, 'calls'> & { readonly calls: number })[] = [];
  const announce = async ({ calls, ...run }: RunOutside) => void told.push({ ...run, calls: [...calls].length });
  return { told, announce };
}

it('a run that is over says how it ended before others are told of it, and is not found after', async () => {
  const run = await openRun(place);
  await run.close();
  const clock = { nowMs: () => 1_800_000_000_000 };
  let stateThen: unknown;
  const announce = async ({ end, endedAtMs }: RunOutside) => {
    expect([end.status, end.durationSeconds, endedAtMs]).toEqual(['failed', 1.5, clock.nowMs()]);
    stateThen = (await readRunDirectory(run.directory))?.state;
  };
  await recordRunOutside({ directory: run.directory, status: 'failed', durationSeconds: 1.5, announce, clock });
  expect(stateThen).toMatchObject({ state: 'open', end: { status: 'failed', durationSeconds: 1.5 } });
  expect(await readRunDirectory(run.directory)).toMatchObject({ state: { state: 'recorded', runIndex: null } });
  expect(readdirSync(join(directory, '.open'))).toEqual([]);
});

it('one that was killed is told of with every call, and its costs say them all', async () => {
  const run = await killedRun();
  const { told, announce } = listener();
  expect(await recoverRunsOutside({ directory, announce })).toEqual([
    `Run ${RUN_ID} (python) was killed before it was recorded: 3 calls, $0.011200. Of 1 of them nobody saw the end: they count as what they were estimated to cost. Its calls are in ${join(run, 'costs.jsonl')}.`,
  ]);
  expect(told).toMatchObject([{ state: { runId: RUN_ID }, end: { status: 'cancelled' }, calls: 3 }]);
  expect(statusesIn(run)).toEqual(['completed', 'completed', 'unknown']);
  expect(await readRunDirectory(run)).toMatchObject({ state: { state: 'recorded', end: { status: 'cancelled' } } });
  const before = contents(place);
  expect(await recoverRunsOutside({ directory, announce })).toEqual([]);
  expect([told.length, contents(place)]).toEqual([1, before]);
});

it('one whose process died when it had ended keeps its end', async () => {
  const run = await killedRun();
  const state = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8'));
  const end = { status: 'completed', reason: null, duration_seconds: 2, records_until_ms: 1_800_000_000_000 };
  writeFileSync(join(run, 'run.json'), JSON.stringify({ ...state, ...end }));
  const { told, announce } = listener();
  const [message] = await recoverRunsOutside({ directory, announce });
  expect(message).toContain('was over, and was not recorded yet: 3 calls');
  expect(told).toMatchObject([{ end: { status: 'completed', durationSeconds: 2 }, endedAtMs: 1_800_000_000_000 }]);
});

it('a call whose price nobody knows, and an answer from a cache of its own, do not pass for calls that cost nothing', async () => {
  const run = await killedRun();
  const unpriced = meteredCall('d', { costNanoUsd: null, economicCostNanoUsd: null, costSource: 'unknown' });
  const hit = meteredCall('e', { costNanoUsd: 0n, cacheHit: 'local' });
  for (const call of [unpriced, hit]) appendFileSync(join(run, 'costs.jsonl'), `${costLine(call, RUN_ID).trim()}\n`);
  expect((await recoverRunsOutside({ directory }))[0]).toContain(': 4 calls, ≥$0.011200.');
});

it('is ended once by eight processes and two calls at once', async () => {
  const runs = [await killedRun(runIdOf(1)), await killedRun(runIdOf(2))];
  const program = `
    const { recoverRunsOutside } = await import(${JSON.stringify(bundled['runs-outside'])});
    console.log(JSON.stringify(await recoverRunsOutside({ directory: ${JSON.stringify(directory)} })));`;
  const answers = Array.from({ length: 8 }, () => child(program)).map(async (other) => {
    for await (const line of createInterface({ input: other.stdout as NodeJS.ReadableStream })) return JSON.parse(line);
  });
  const own = await Promise.all([recoverRunsOutside({ directory }), recoverRunsOutside({ directory })]);
  expect([...(await Promise.all(answers)), ...own].flat()).toHaveLength(2);
  for (const run of runs) expect(statusesIn(run)).toEqual(['completed', 'completed', 'unknown']);
}, 60_000);

it('one that cannot be read, or told of, is said and keeps no other from its end; the next command tries again', async () => {
  const [first, second, third] = [
    await killedRun(runIdOf(1)),
    await killedRun(runIdOf(2)),
    await killedRun(runIdOf(3)),
  ];
  writeFileSync(join(first, 'run.json'), 'no state');
  const message = 'The settings of the hub are wrong.';
  const announce = async ({ state }: RunOutside) => {
    if (state.runId === runIdOf(2)) throw new CodedError({ code: 'hub_settings', kind: 'input', message });
  };
  const messages = await recoverRunsOutside({ directory, announce });
  expect(messages).toHaveLength(3);
  expect(messages[0]).toContain(join(dirname(first), runIdOf(1), 'run.json'));
  expect(messages[1]).toBe(
    `Run ${runIdOf(2)} is over and could not be recorded; the next command tries again. ${message}`,
  );
  expect(messages[2]).toContain(third);
  expect((await recoverRunsOutside({ directory }))[1]).toContain(second);
  expect(statusesIn(second)).toEqual(['completed', 'completed', 'unknown']);
});

it('nothing is created where there is nothing to recover', async () => {
  expect(await recoverRunsOutside({ directory: join(place, 'nowhere') })).toEqual([]);
  expect(readdirSync(place)).toEqual([]);
  write(directory, 'a-file', '');
  const before = contents(place);
  expect(await recoverRunsOutside({ directory })).toEqual([]);
  expect(contents(place)).toEqual(before);
});
