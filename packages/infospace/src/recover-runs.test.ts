import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { examineInfospace } from './doctor.js';
import { readUsageFile } from './documents/usage-file.js';
import { infospacePaths } from './infospace-paths.js';
import { listWorkspace } from './list-workspace.js';
import { readRunDirectory } from './read-run-directory.js';
import { recordMeteredRun } from './record-metered-run.js';
import { recordRun } from './record-run.js';
import { recoverRuns } from './recover-runs.js';
import { bundledModules, child, killRun } from './testing/killed-run.js';
import { make, meteredCall, openRun, RUN_ID, runIdOf } from './testing/metered-calls.js';
import { asYaml, runRecord, stage } from './testing/run-records.js';
import { contents, temporaryDirectory, write } from './testing/temporary.js';
import { unfinishedRuns } from './unfinished-runs.js';

const bundled = bundledModules('recover-runs');

let infospace: string;
beforeEach(() => {
  infospace = join(temporaryDirectory(), 'infospaces', 'demo');
});

const usageOf = async () => (await readUsageFile(infospacePaths(infospace).usage)).runs;
const killedRun = (runId = RUN_ID): Promise<string> => killRun(bundled['metered-calls'], infospace, runId);

const ALL = 2n * 2_100_000n + 7_000_001n;

describe('a run whose process was killed', () => {
  it('is recorded with every call, and one in its middle at its estimate', async () => {
    const directory = await killedRun();
    const { recovered, unrecovered, warnings } = await recoverRuns({ infospace });
    expect(recovered).toMatchObject([
      {
        directory,
        run: {
          runId: RUN_ID,
          status: 'cancelled',
          reason: 'the command that ran it was killed',
          metered: true,
          durationSeconds: null,
          rollup: { totalCalls: 3, costNanoUsdEstimated: ALL, unpricedCalls: 0 },
        },
      },
    ]);
    expect(recovered[0]?.run.perBucket).toMatchObject([{ calls: 2, usageMissingForCalls: 1 }, { calls: 1 }]);
    expect(unrecovered).toEqual([]);
    expect(warnings).toEqual([
      `Run ${RUN_ID} (python) was killed before it was recorded. It is now, as run 1: 3 calls, $0.011200. Of 1 of them nobody saw the end: they count as what they were estimated to cost.`,
    ]);
    const lines = readFileSync(join(directory, 'costs.jsonl'), 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).status)).toEqual(['completed', 'completed', 'unknown']);
    expect((await readRunDirectory(directory))?.state).toMatchObject({
      state: 'recorded',
      runIndex: 1,
      end: { status: 'cancelled' },
    });
  });

  it('is recorded once: by the next command, and by none after it', async () => {
    await killedRun();
    await recoverRuns({ infospace });
    const before = contents(infospace);
    expect(await recoverRuns({ infospace })).toEqual({ recovered: [], unrecovered: [], warnings: [] });
    expect(contents(infospace)).toEqual(before);
    expect(readdirSync(join(infospacePaths(infospace).meteredRuns, '.open'))).toEqual([]);
  });

  it('is recorded once by eight processes and two calls at once', async () => {
    await killedRun(runIdOf(1));
    await killedRun(runIdOf(2));
    const program = `
      const { recoverRuns } = await import(${JSON.stringify(bundled['recover-runs'])});
      const { recovered, unrecovered } = await recoverRuns({ infospace: ${JSON.stringify(infospace)} });
      console.log(JSON.stringify([recovered.length, unrecovered.length]));`;
    const others = Array.from({ length: 8 }, () => child(program));
    const answers = others.map(async (other) => {
      for await (const line of createInterface({ input: other.stdout as NodeJS.ReadableStream }))
        return JSON.parse(line);
    });
    const own = await Promise.all([recoverRuns({ infospace }), recoverRuns({ infospace })]);
    const counts = [
      ...(await Promise.all(answers)),
      ...own.map((one) => [one.recovered.length, one.unrecovered.length]),
    ];
    expect(counts.reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0])).toEqual([2, 0]);
    const runs = await usageOf();
    expect(runs.map(({ runId }) => runId)).toEqual([runIdOf(1), runIdOf(2)]);
    expect(runs.map(({ rollup }) => rollup.costNanoUsdEstimated)).toEqual([ALL, ALL]);
  }, 60_000);

  it('counts each call, whole or at its estimate, wherever its last line was torn', async () => {
    const directory = await killedRun();
    const files = ['run.json', 'costs.jsonl', 'open-calls.jsonl'].map((name) => join(directory, name));
    const [state, costs, open] = files.map((file) => readFileSync(file));
    const lastLine = costs?.subarray(0, -1).lastIndexOf('\n') ?? 0;
    const { length: end } = costs as Buffer;
    // Every twentieth, since each is a recovery of its own; the test of the directory cuts at every byte.
    for (let size = lastLine + 1; size <= end; size += size + 20 > end && size < end ? end - size : 20) {
      for (const [index, bytes] of [state, costs, open].entries())
        writeFileSync(files[index] as string, bytes as Buffer);
      truncateSync(files[1] as string, size);
      write(infospacePaths(infospace).meteredRuns, `.open/${RUN_ID}`, '');
      rmSync(infospacePaths(infospace).usage, { force: true });
      const { recovered } = await recoverRuns({ infospace });
      const torn = size < end;
      expect(recovered[0]?.run.rollup, `${size}`).toMatchObject({
        totalCalls: 3,
        costNanoUsdEstimated: torn ? 2_100_000n + 2n * 7_000_001n : ALL,
      });
      expect(
        readFileSync(files[1] as string, 'utf8')
          .trim()
          .split('\n')
          .every((line) => JSON.parse(line)),
      ).toBe(true);
    }
  });

  it('is not doubled when a recovery died between the entry and the mark, or among its lines', async () => {
    const directory = await killedRun();
    const state = join(directory, 'run.json');
    const open = readFileSync(state);
    await recoverRuns({ infospace });
    for (let other = 2; other < 6; other++) {
      await recordMeteredRun({ infospace, runId: runIdOf(other), calls: [], status: 'completed' });
    }
    const before = readFileSync(infospacePaths(infospace).usage, 'utf8');
    writeFileSync(state, open);
    write(infospacePaths(infospace).meteredRuns, `.open/${RUN_ID}`, '');
    expect(await recoverRuns({ infospace })).toEqual({ recovered: [], unrecovered: [], warnings: [] });
    expect(readFileSync(infospacePaths(infospace).usage, 'utf8')).toBe(before);
    expect((await readRunDirectory(directory))?.state).toMatchObject({ state: 'recorded', runIndex: 1 });
    expect([...((await readRunDirectory(directory))?.calls ?? [])]).toHaveLength(3);
  });

  it('is recorded once, wherever in its recovery that was killed too', async () => {
    const program = `
      const { recoverRuns } = await import(${JSON.stringify(bundled['recover-runs'])});
      console.log('ready');
      await recoverRuns({ infospace: ${JSON.stringify(infospace)} });`;
    for (let round = 0; round < 12; round++) {
      await killedRun(runIdOf(round));
      const recovery = child(program);
      const over = once(recovery, 'exit');
      await once(recovery.stdout as NodeJS.ReadableStream, 'data');
      await pause(round);
      recovery.kill('SIGKILL');
      await over;
      await recoverRuns({ infospace });
      const runs = await usageOf();
      expect(runs.map(({ runId }) => runId)).toEqual(Array.from({ length: round + 1 }, (_, index) => runIdOf(index)));
      expect(runs.at(-1)?.rollup).toMatchObject({ totalCalls: 3, costNanoUsdEstimated: ALL });
    }
  }, 60_000);

  it('has every call that was told to have begun, killed at any moment', async () => {
    for (let round = 1; round <= 4; round++) {
      const running = child(`
        const { begunCall, meteredCall, openRun } = await import(${JSON.stringify(bundled['metered-calls'])});
        const run = await openRun(${JSON.stringify(infospace)}, ${JSON.stringify(runIdOf(round))});
        for (let number = 1; ; number++) {
          run.begin(begunCall(String(number)));
          process.stdout.write('b');
          await null;
          run.finish(meteredCall(String(number)));
          if (number % 5 === 0) await new Promise(setImmediate);
        }`);
      let begun = 0;
      running.stdout?.on('data', (chunk: Buffer) => (begun += chunk.length));
      await once(running.stdout as NodeJS.ReadableStream, 'data');
      await pause(20 * round);
      running.kill('SIGKILL');
      await once(running, 'close');
      const { recovered } = await recoverRuns({ infospace });
      const { rollup, perBucket } = recovered[0]?.run ?? expect.fail('not recorded');
      const lost = perBucket[0]?.usageMissingForCalls ?? 0;
      // One may have been written and not yet told.
      expect([begun, begun + 1]).toContain(rollup.totalCalls);
      expect(lost).toBeLessThanOrEqual(1);
      expect(rollup.costNanoUsdEstimated).toBe(
        2_100_000n * BigInt(rollup.totalCalls - lost) + 7_000_001n * BigInt(lost),
      );
    }
  }, 60_000);

  it('covers the run records that were written while it lived, and none of later', async () => {
    const records = join(infospace, 'output/workflows/runs');
    write(records, 'during.yaml', asYaml(runRecord('during', [stage('a', { cost: 0.5 })])));
    await killedRun();
    const now = Date.now() / 1000;
    utimesSync(join(records, 'during.yaml'), now, now);
    const later = write(records, 'later.yaml', asYaml(runRecord('later', [stage('a', { cost: 0.25 })])));
    utimesSync(later, now + 600, now + 600);
    const { recovered } = await recoverRuns({ infospace });
    expect(recovered[0]?.run.workflows).toMatchObject([{ workflowRunId: 'during', covered: true }]);
    const { run } = await recordRun({ infospace });
    expect(run?.workflows).toMatchObject([{ workflowRunId: 'later', covered: false }]);
  });

  it('keeps the end that it came to, when only the recording was cut short', async () => {
    const directory = await killedRun();
    const state = join(directory, 'run.json');
    const ended = { status: 'failed', reason: 'exit code 2', duration_seconds: 9, records_until_ms: Date.now() };
    writeFileSync(state, JSON.stringify({ ...JSON.parse(readFileSync(state, 'utf8')), ...ended }));
    const { recovered } = await recoverRuns({ infospace });
    expect(recovered[0]?.run).toMatchObject({ status: 'failed', reason: 'exit code 2', durationSeconds: 9 });
    expect(recovered[0]?.message).toContain('was over, and was not recorded yet');
  });

  it('is told where it cannot be recorded, and does not keep others from it', async () => {
    const broken = await killedRun(runIdOf(1));
    writeFileSync(join(broken, 'run.json'), '{');
    await killedRun(runIdOf(2));
    const first = await recoverRuns({ infospace });
    expect(first.recovered).toMatchObject([{ run: { runId: runIdOf(2) } }]);
    expect(first.unrecovered).toEqual([{ directory: broken, message: expect.stringContaining('run.json') }]);
    await killedRun(runIdOf(3));
    appendFileSync(infospacePaths(infospace).usage, 'runs: 5\n');
    const second = await recoverRuns({ infospace });
    expect(second.unrecovered.map(({ message }) => message)).toEqual([
      expect.stringContaining('run.json'),
      expect.stringMatching(
        /Run 019.*3 is over and could not be recorded; the next command tries again\. .*usage\.yaml/,
      ),
    ]);
  });
});

it('a killed run is told in the list of its workspace, whose figures lack it until it is recorded', async () => {
  await killedRun();
  const rows = async () => await listWorkspace(join(infospace, '..', '..'));
  expect(await rows()).toMatchObject([
    { totals: { runs: 0 }, warnings: [expect.stringMatching(/^Run 019.* was killed .*, so it is not counted here\./)] },
  ]);
  await recoverRuns({ infospace });
  const [row] = await rows();
  expect(row).toMatchObject({ totals: { runs: 1, calls: 3 }, warnings: [expect.not.stringContaining('was killed')] });
});

it('a killed run of which only the lines of calls are left is told, each time, until somebody has looked', async () => {
  const directory = await killedRun();
  rmSync(join(directory, 'run.json'));
  const told = {
    directory,
    message: expect.stringMatching(/run\.json is not there.*delete the directory of this run/),
  };
  expect((await recoverRuns({ infospace })).unrecovered).toEqual([told]);
  expect((await recoverRuns({ infospace })).unrecovered).toEqual([told]);
  rmSync(directory, { recursive: true });
  expect((await recoverRuns({ infospace })).unrecovered).toEqual([]);
});

describe('a run that nobody can be asked about', () => {
  const HOUR_MS = 3_600_000;
  const strange = async (): Promise<string> => {
    const run = await openRun(infospace);
    await make(run, meteredCall('a'));
    await run.close();
    const state = join(run.directory, 'run.json');
    writeFileSync(state, readFileSync(state, 'utf8').replace(/"process": "[^"]*"/, '"process": "elsewhere.77.1234"'));
    return run.directory;
  };
  const later = { nowMs: () => Date.now() + HOUR_MS + 60_000 };

  it('is left alone while it shows signs of life, then told, and recorded by the doctor', async () => {
    const directory = await strange();
    expect(await recoverRuns({ infospace })).toEqual({ recovered: [], unrecovered: [], warnings: [] });
    const told = await recoverRuns({ infospace, clock: later });
    expect(told.recovered).toEqual([]);
    expect(told.unrecovered).toEqual([
      { directory, message: expect.stringMatching(/another machine, container or boot .* `budget doctor` records it/) },
    ]);
    expect(existsSync(infospacePaths(infospace).usage)).toBe(false);
    const findings = await examineInfospace(infospace, { clock: later });
    expect(findings.at(-1)).toMatchObject({ file: directory, state: 'mended' });
    expect(await usageOf()).toMatchObject([{ runId: RUN_ID, status: 'cancelled' }]);
  });

  it('as after a restart of the machine, is told in the list of its workspace too', async () => {
    const directory = await strange();
    const warnings = async () => (await listWorkspace(join(infospace, '..', '..')))[0]?.warnings;
    expect(await warnings()).toEqual([]);
    for (const name of readdirSync(directory)) utimesSync(join(directory, name), new Date(0), new Date(0));
    expect(await warnings()).toEqual([
      expect.stringMatching(/boot and is not recorded; .* `budget doctor` records it/),
    ]);
  });
});

describe('a run of a living process', () => {
  it('is not touched, by recovery nor by the doctor', async () => {
    const run = await openRun(infospace);
    await make(run, meteredCall('a'));
    expect(await unfinishedRuns(infospacePaths(infospace).meteredRuns)).toEqual({
      dead: [],
      silent: [],
      unreadable: [],
    });
    expect((await recoverRuns({ infospace })).recovered).toEqual([]);
    await examineInfospace(infospace);
    expect(existsSync(infospacePaths(infospace).usage)).toBe(false);
    await run.close();
  });
});

it('nothing is created where there is nothing to recover', async () => {
  const nowhere = temporaryDirectory();
  expect(await recoverRuns({ infospace: nowhere })).toEqual({ recovered: [], unrecovered: [], warnings: [] });
  expect(readdirSync(nowhere)).toEqual([]);
});
