import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readRunDirectory } from './read-run-directory.js';
import { openRunDirectory, type RunDirectory } from './run-directory.js';
import { begunCall, make, meteredCall, openRun, RUN_ID, runDirectoryIn, runIdOf } from './testing/metered-calls.js';
import { contents, temporaryDirectory } from './testing/temporary.js';
import { unfinishedRuns } from './unfinished-runs.js';

let infospace: string;
let directory: string;
beforeEach(() => {
  infospace = temporaryDirectory();
  directory = runDirectoryIn(infospace);
});

const callsOf = async () => [...((await readRunDirectory(directory))?.calls ?? [])];

describe('the directory of a run', () => {
  it('is made whole before the first call, also where nothing was before', async () => {
    const run = await openRun(infospace);
    expect(readdirSync(directory).sort()).toEqual(['costs.jsonl', 'open-calls.jsonl', 'run.json']);
    expect(JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8'))).toMatchObject({
      schema_version: 1,
      run_id: RUN_ID,
      state: 'open',
      infospace,
      status: null,
      run_index: null,
    });
    await run.close();
  });

  // `make clean`, `rm -rf output`, `mv output output.old`
  it.each([
    ['deleted', (run: string) => rmSync(run, { recursive: true })],
    ['moved', (run: string) => renameSync(run, `${run}.old`)],
  ])('says that its calls are lost where it was %s meanwhile, and nothing where it had none', async (_, take) => {
    const empty = await openRun(infospace);
    take(empty.directory);
    await empty.close();
    const run = await openRun(infospace, runIdOf(2));
    await make(run, meteredCall('c1'));
    take(run.directory);
    await expect(run.close()).rejects.toMatchObject({ code: 'file_lost', kind: 'environment' });
  });

  it('keeps the program and none of its arguments: keys and prompts are passed in them', async () => {
    const run = await openRun(infospace);
    expect((await readRunDirectory(directory))?.state.command).toBe('python');
    expect(JSON.stringify(contents(directory))).not.toContain('sk-1');
    await run.close();
  });

  it('says whose calls these are and what they are made for, to whoever finds it', async () => {
    const whose = { application: 'chat', workplanId: 'WP-1', workplanTaskId: 'T-1', hubDisabled: true };
    const run = await openRunDirectory({ directory, runId: RUN_ID, command: [], infospace, ...whose });
    await run.close();
    expect(await readRunDirectory(directory)).toMatchObject({ state: whose });
    const file = join(directory, 'run.json');
    const { application, workplan_id, workplan_task_id, hub_disabled, ...earlier } = JSON.parse(
      readFileSync(file, 'utf8'),
    );
    expect([application, workplan_id, workplan_task_id, hub_disabled]).toEqual(Object.values(whose));
    writeFileSync(file, JSON.stringify(earlier));
    expect(await readRunDirectory(directory)).toMatchObject({
      state: { application: null, workplanId: null, workplanTaskId: null, hubDisabled: false },
    });
  });

  it('may be anywhere, and belong to no infospace', async () => {
    const elsewhere = join(temporaryDirectory(), 'state', 'budget', 'runs', RUN_ID);
    const run = await openRunDirectory({ directory: elsewhere, runId: RUN_ID, command: [] });
    await make(run, meteredCall('c1'));
    await run.close();
    expect(await readRunDirectory(elsewhere)).toMatchObject({ state: { infospace: null, command: null } });
  });

  it('is gone without a trace where its program could not be started, but never once a call was begun', async () => {
    const run = await openRun(infospace);
    await run.discard();
    expect(existsSync(directory)).toBe(false);
    expect(await unfinishedRuns(dirname(directory))).toEqual({ dead: [], silent: [], unreadable: [] });
    const again = await openRun(infospace);
    await make(again, meteredCall('c1'));
    await expect(again.discard()).rejects.toMatchObject({ code: 'run_has_calls' });
    await again.close();
    expect(await callsOf()).toHaveLength(1);
  });

  it('is not used twice', async () => {
    await (await openRun(infospace)).close();
    await expect(openRun(infospace)).rejects.toMatchObject({ code: 'run_exists', kind: 'input' });
  });

  it.each(['../elsewhere', 'x', RUN_ID.toUpperCase(), ''])('is not named %j', async (runId) => {
    const options = { directory: join(infospace, runId), runId, command: [] };
    await expect(openRunDirectory(options)).rejects.toMatchObject({ code: 'option_invalid', kind: 'usage' });
  });

  it('has the name of its run', async () => {
    const options = { directory, runId: runIdOf(2), command: [] };
    await expect(openRunDirectory(options)).rejects.toMatchObject({ code: 'option_invalid' });
    expect(existsSync(directory)).toBe(false);
  });

  it('is not put in the place of a file', async () => {
    mkdirSync(join(directory, '..', '..'), { recursive: true });
    writeFileSync(join(directory, '..'), '');
    await expect(openRun(infospace)).rejects.toMatchObject({ code: 'not_a_directory', kind: 'input' });
  });

  it('is null where there is none, and refused where a newer version made it', async () => {
    expect(await readRunDirectory(directory)).toBeNull();
    await (await openRun(infospace)).close();
    const state = join(directory, 'run.json');
    writeFileSync(state, readFileSync(state, 'utf8').replace('"schema_version": 1', '"schema_version": 2'));
    await expect(readRunDirectory(directory)).rejects.toMatchObject({ code: 'schema_newer', kind: 'input' });
    writeFileSync(state, '{"run_id": ');
    await expect(readRunDirectory(directory)).rejects.toMatchObject({ code: 'file_corrupt', file: state });
  });
});

describe('the calls of a run', () => {
  let run: RunDirectory;
  beforeEach(async () => {
    run = await openRun(infospace);
  });

  it('read back as they were, in the order of their ends, while the run goes on', async () => {
    const calls = [meteredCall('b'), meteredCall('a', { costNanoUsd: 2n ** 60n }), meteredCall('c')];
    for (const id of ['a', 'b', 'c']) await run.begin(begunCall(id));
    for (const call of calls) await run.finish(call);
    expect(await callsOf()).toEqual(calls);
    await run.close();
  });

  it('that have begun and not ended count as what they were estimated to cost', async () => {
    await run.begin(begunCall('lost', { stageId: 's', phase: 'train' }));
    await run.begin(begunCall('without a price', { estimatedCostNanoUsd: null }));
    await make(run, meteredCall('done'));
    const lost = { status: 'unknown', estimated: true, usageMissing: true, promptTokens: 0 };
    expect(await callsOf()).toMatchObject([
      { callId: 'done' },
      { callId: 'lost', stageId: 's', phase: 'train', costNanoUsd: 7_000_001n, costSource: 'rates', ...lost },
      { callId: 'without a price', costNanoUsd: null, costSource: 'unknown', ...lost },
    ]);
    const before = await callsOf();
    await run.close();
    await run.close();
    // Now they have their lines.
    expect(readFileSync(join(directory, 'costs.jsonl'), 'utf8').split('\n')).toHaveLength(4);
    expect(await callsOf()).toEqual(before);
  });

  it('that a local cache answered need not begin', async () => {
    await run.begin(begunCall('open'));
    await run.finish(meteredCall('hit', { cacheHit: 'local', costNanoUsd: 0n }));
    expect((await callsOf()).map(({ callId, status }) => [callId, status])).toEqual([
      ['hit', 'completed'],
      ['open', 'unknown'],
    ]);
    await run.close();
  });

  it('are never counted twice', async () => {
    await make(run, meteredCall('a'));
    await expect(run.finish(meteredCall('a'))).rejects.toMatchObject({ code: 'call_not_begun', kind: 'internal' });
    await expect(run.finish(meteredCall('b'))).rejects.toMatchObject({ code: 'call_not_begun' });
    await run.begin(begunCall('c'));
    await expect(run.begin(begunCall('c'))).rejects.toMatchObject({ code: 'call_begun_twice' });
    await run.close();
    await expect(run.begin(begunCall('d'))).rejects.toMatchObject({ code: 'run_closed' });
    expect((await callsOf()).map(({ callId }) => callId)).toEqual(['a', 'c']);
  });

  it('are each known, whole or at its estimate, wherever the last line was cut off', async () => {
    await make(run, meteredCall('first'));
    const costs = join(directory, 'costs.jsonl');
    const { length: start } = readFileSync(costs);
    await make(run, meteredCall('last'));
    const { length: end } = readFileSync(costs);
    for (let size = end; size >= start; size--) {
      truncateSync(costs, size);
      const isWhole = size === end;
      expect(
        (await callsOf()).map(({ callId, costNanoUsd }) => [callId, costNanoUsd]),
        `${size} bytes`,
      ).toEqual([
        ['first', 2_100_000n],
        ['last', isWhole ? 2_100_000n : 7_000_001n],
      ]);
    }
    await run.close();
  });

  it('are those that are known to have begun, wherever the last beginning was cut off', async () => {
    await run.begin(begunCall('first'));
    const openCalls = join(directory, 'open-calls.jsonl');
    const { length: start } = readFileSync(openCalls);
    await run.begin(begunCall('last'));
    const { length: end } = readFileSync(openCalls);
    for (let size = end; size >= start; size--) {
      truncateSync(openCalls, size);
      const ids = (await callsOf()).map(({ callId }) => callId);
      expect(ids).toEqual(size === end ? ['first', 'last'] : ['first']);
    }
  });

  it('outlive zeros that a power failure left in the place of a line', async () => {
    await make(run, meteredCall('a'), meteredCall('b'));
    const costs = join(directory, 'costs.jsonl');
    const [a = '', b = ''] = readFileSync(costs, 'utf8').split(/(?<=\n)/);
    writeFileSync(costs, `${a}${'\0'.repeat(b.length - 1)}\n`);
    expect((await callsOf()).map(({ callId, status }) => `${callId} ${status}`)).toEqual(['a completed', 'b unknown']);
  });

  it('can be read in part, again and again, without running out of files', async () => {
    await make(run, meteredCall('a'), meteredCall('b'));
    const { calls } = (await readRunDirectory(directory)) ?? expect.fail('no run');
    for (let round = 0; round < 3000; round++) for (const { callId } of calls) if (callId === 'a') break;
    await run.close();
  });

  it('never bring a text of a prompt to the disk', async () => {
    const rawUsage = {
      prompt: 'PLANTED',
      input_tokens_details: { text: 'PLANTED', cached_tokens: 3 },
      input_tokens: 4,
    };
    await make(run, meteredCall('a', { rawUsage }));
    await run.close();
    expect(JSON.stringify(contents(infospace))).not.toContain('PLANTED');
    expect((await callsOf())[0]?.rawUsage).toEqual({ input_tokens_details: { cached_tokens: 3 }, input_tokens: 4 });
  });
});
