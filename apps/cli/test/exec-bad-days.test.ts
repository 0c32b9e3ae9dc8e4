import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, test, vi } from 'vitest';
import { childPlan } from '../src/exec/child-environment.js';
import { afterThisTest, type ExecWorld, execWorld } from './exec-world.js';
import { bin, budget } from './run-budget.js';
import { smallDisk } from './small-disk.js';

vi.setConfig({ testTimeout: 60_000 });

const caller = new URL('./programs/caller.mjs', import.meta.url).href;
const node = (program: string) => {
  const text = `import { ask, beginStream, say, waitFor } from ${JSON.stringify(caller)};\n${program}`;
  return [process.execPath, '--input-type=module', '-e', text];
};
const slowStream = { cutDelayMs: 300 };

/** `budget exec` as something to send signals to. Whatever is left of it is gone after the test. */
function begun({ env, directory }: ExecWorld, options: readonly string[], command: readonly string[]) {
  const child = spawn(process.execPath, [bin, 'exec', ...options, '--', ...command], {
    ...{ cwd: directory, env: { ...process.env, ...env }, detached: true },
  });
  afterThisTest(() => {
    try {
      process.kill(-(child.pid as number), 'SIGKILL');
    } catch {
      // All of them are gone.
    }
  });
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output.text += text));
  }
  const saw = (what: string) => expect.poll(() => output.text, { timeout: 30_000 }).toContain(what);
  return { child, output, saw };
}

describe('a program that', () => {
  test.each([
    ['dies', 'process.exit(9)', 9],
    ['is killed', 'process.kill(process.pid, "SIGKILL")', 137],
  ])('%s in the middle of a stream is over with its code, and the stream counts as what came', async (_, end, exit) => {
    const { exec, replay, costs } = await execWorld();
    replay.answerAll(slowStream);
    const { code, stderr } = await exec(['--max-usd', '1'], node(`await beginStream(); ${end};`));
    expect(code, stderr).toBe(exit);
    expect(costs()).toMatchObject([{ status: 'cancelled', estimated: true }]);
    expect(replay.requests).toMatchObject([{ isAbandoned: true }]);
  });

  test('ignores SIGTERM is waited for, and killed after some patience where the budget ends it', async () => {
    const world = await execWorld();
    const options = ['--max-calls', '1', '--on-exceed', 'stop', '--result-file', 'result.json'];
    const { child, saw } = begun(
      world,
      options,
      node(`
        process.on('SIGTERM', () => console.log('I stay'));
        console.log('ready');
        await waitFor('go');
        await say();
        await say();
        setInterval(() => {}, 1000);`),
    );
    await saw('ready');
    child.kill('SIGTERM');
    await saw('I stay');
    expect(child.exitCode).toBeNull();
    writeFileSync(join(world.directory, 'go'), '');
    expect(await once(child, 'close')).toEqual([3, null]);
    expect(JSON.parse(readFileSync(join(world.directory, 'result.json'), 'utf8'))).toMatchObject({
      ...{ exit_code: 3, ended_by: 'budget', calls: 1, refused_calls: 1 },
    });
  });

  test('leaves another one behind: its running call is counted, and then there is nobody who passes calls on', async () => {
    const { exec, directory, replay, costs } = await execWorld();
    replay.answerAll({ headDelayMs: 600 });
    const survivor = `
      import { writeFileSync } from 'node:fs';
      import { ask } from ${JSON.stringify(caller)};
      const first = ask();
      setTimeout(() => writeFileSync('called', ''), 200);
      await (await first).text();
      for (let calls = 1; ; calls += 1) {
        await new Promise((done) => setTimeout(done, 400));
        try { await (await ask()).text(); } catch (error) { writeFileSync('over', String(calls)); process.exit(); }
      }`;
    const { code, stderr } = await exec(
      [],
      node(`
        import { spawn } from 'node:child_process';
        const parameters = ['--input-type=module', '-e', ${JSON.stringify(survivor)}];
        spawn(process.execPath, parameters, { detached: true, stdio: 'ignore' }).unref();
        await waitFor('called');
        process.exit(0);`),
    );
    expect(code, stderr).toBe(0);
    await expect.poll(() => existsSync(join(directory, 'over')), { timeout: 20_000 }).toBe(true);
    expect(costs()).toHaveLength(replay.requests.length);
    expect(costs()[0]).toMatchObject({ status: 'completed', prompt_tokens: 63 });
  });

  test('makes 500 calls at once gets as many as there are, and each is written down once', async () => {
    const { exec, replay, costs } = await execWorld();
    const { stdout, stderr } = await exec(
      ['--max-calls', '200'],
      node(`
        const statuses = await Promise.all(Array.from({ length: 500 }, async () => {
          const response = await ask();
          await response.text();
          return response.status;
        }));
        console.log(statuses.filter((status) => status === 200).length, statuses.filter((status) => status === 402).length);`),
    );
    expect(stdout, stderr).toBe('200 300\n');
    expect(replay.requests).toHaveLength(200);
    expect(new Set(costs().map((call) => call['call_id'])).size).toBe(200);
    expect(costs()).toHaveLength(200);
  });

  test('does not know the secret is answered 404 and counted nowhere', async () => {
    const { exec, replay } = await execWorld();
    const { stdout, stderr } = await exec(
      [],
      node(`
        const { origin } = new URL(process.env.BUDGET_PROXY);
        for (const path of ['', '/openai', '/${'0'.repeat(32)}/openai']) {
          const response = await fetch(origin + path + '/chat/completions', { method: 'POST', body: '{}' });
          console.log(response.status);
        }`),
    );
    expect(stdout).toBe('404\n404\n404\n');
    expect(stderr).toMatch(/No call was seen/);
    expect(replay.requests).toHaveLength(0);
  });
});

describe('budget exec', () => {
  test('that is killed in the middle of streams is told of by the next command, and recorded once', async () => {
    const world = await execWorld();
    const { directory, replay } = world;
    writeFileSync(join(directory, 'budget.yaml'), '');
    replay.next({});
    replay.answerAll({ cutDelayMs: 5000 });
    const { child, saw } = begun(
      world,
      [],
      node(`
        await say();
        const streams = await Promise.all([beginStream(), beginStream(), beginStream()]);
        console.log('reading', streams.length);
        await Promise.all(streams.map((stream) => stream.read()));`),
    );
    await saw('reading 3');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const { stdout, stderr } = await world.budget('status');
    expect(stdout).toMatch(/"runs_count": 1/);
    expect(stdout + stderr).toMatch(/killed/);
    const usage = () => readFileSync(join(directory, 'output/budget/usage.yaml'), 'utf8');
    expect(usage()).toMatch(/total_calls: 4/);
    const before = usage();
    expect((await world.budget('status')).stderr).not.toMatch(/killed/);
    expect(usage()).toBe(before);
  });

  test.each([
    ['deleted', /store_failed: .*ledger\.db.* was deleted/, removeLedger],
    ['locked by another program', /store_failed: .*has been locked by another program/, lockLedger],
    ['replaced by another file', /store_failed: .*ledger\.db was deleted or replaced/, replaceLedger],
  ])('refuses calls when its ledger is %s meanwhile, and records the run', async (_, reason, harm) => {
    const world = await execWorld();
    const { child, output, saw } = begun(
      world,
      ['--max-calls', '9'],
      node(`await say(); await waitFor('go'); await say(); process.exit(5);`),
    );
    await saw('200 ');
    await harm(world.env['BUDGET_LEDGER'] as string);
    writeFileSync(join(world.directory, 'go'), '');
    expect(await once(child, 'close'), output.text).toEqual([5, null]);
    expect(output.text).toMatch(/\n402 /);
    expect(output.text).toMatch(reason);
    expect(output.text).toMatch(/, cancelled\nbecause +store_failed/);
    expect(world.replay.requests).toHaveLength(1);
    expect(world.costs()).toMatchObject([{ status: 'completed' }]);
  });

  test('refuses calls when the disk of its ledger is full, and records those that it made', async () => {
    const { exec, directory, env, replay, costs } = await execWorld();
    await exec([], node('await say();'));
    const program = node(`for (let calls = 0; calls < 60; calls += 1) await say(); process.exit(5);`);
    // In blocks of 512 bytes, of each file that it writes.
    const limited = ['-c', 'ulimit -f "$0" && exec "$@"', '400', process.execPath, bin, 'exec', '--', ...program];
    const child = spawn('sh', limited, { cwd: directory, env: { ...process.env, ...env } });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part) => (text += part));
    expect(await once(child, 'close'), text).toEqual([5, null]);
    expect(text).toMatch(/\n402 .*store_failed/);
    // One may have been set aside and not been sent any more.
    const made = costs().filter(({ status }) => status === 'completed');
    expect(made).toHaveLength(replay.requests.length);
    expect((await budget(['limits', 'list'], { cwd: directory, env })).code).toBe(0);
  });
});

describe('budget exec', () => {
  test('whose own words cannot be written goes on, and ends with the code of its program', async () => {
    const { directory, env, costs } = await execWorld();
    const full = openSync('/dev/full', 'w');
    afterThisTest(() => closeSync(full));
    const options = ['exec', '--max-calls', '2', '--result-file', 'result.json', '--'];
    const child = spawn(process.execPath, [bin, ...options, ...node('await say(); await say(); process.exit(7);')], {
      ...{ cwd: directory, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', full] },
    });
    expect(await once(child, 'close')).toEqual([7, null]);
    expect(costs()).toHaveLength(2);
    expect(JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8'))).toMatchObject({ calls: 2, exit_code: 7 });
  });

  test('that waits for the last calls of what its program left behind stops waiting at a signal, and records the run', async () => {
    const world = await execWorld();
    world.replay.answerAll({ isSilent: true });
    const { child } = begun(
      world,
      ['--result-file', 'result.json'],
      node(`
        import { spawn } from 'node:child_process';
        const parameters = ['--input-type=module', '-e', ${JSON.stringify(`import { ask } from ${JSON.stringify(caller)}; await ask();`)}];
        spawn(process.execPath, parameters, { stdio: 'ignore' }).unref();
        await waitFor('called');
        process.exit(7);`),
    );
    await expect.poll(() => world.replay.requests.length, { timeout: 20_000 }).toBe(1);
    writeFileSync(join(world.directory, 'called'), '');
    await expect.poll(() => childrenOf(child.pid as number), { timeout: 20_000 }).toBe(0);
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([7, null]);
    expect(JSON.parse(readFileSync(join(world.directory, 'result.json'), 'utf8'))).toMatchObject({ calls: 1 });
    expect(world.costs()).toMatchObject([{ status: 'cancelled', estimated: true }]);
  });

  test('leaves the code of a program that ended before the budget could end it', async () => {
    const { exec, directory, replay } = await execWorld();
    replay.answerAll(slowStream);
    const options = ['--max-calls', '1', '--on-exceed', 'stop', '--result-file', 'result.json'];
    const program = 'await beginStream(); await say(); process.exit(7);';
    const { code, stdout } = await exec(options, node(program));
    expect([code, stdout]).toEqual([7, expect.stringMatching(/^402 /)]);
    expect(JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8'))).toMatchObject({ ended_by: 'child' });
  });

  test('says that a run is not recorded whose program deleted where its calls are written down', async () => {
    const { exec, directory, budget } = await execWorld();
    await budget('init .');
    const clean = "import { rmSync } from 'node:fs'; await say(); rmSync('output', { recursive: true }); await say();";
    const { code, stderr } = await exec(['--result-file', 'result.json'], node(clean));
    expect([code, stderr]).toEqual([125, expect.stringMatching(/was deleted or moved .*not recorded whole/)]);
    expect(JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8'))).toMatchObject({ calls: 2, exit_code: 0 });
    expect(JSON.parse((await budget('status')).stdout)).toMatchObject({ runs_count: 0 });
  });

  test('names no key that stands in an address when a call fails, or has no price', async () => {
    const { exec, replay } = await execWorld();
    const post = (path: string) => `
      const url = process.env.GOOGLE_GEMINI_BASE_URL + ${JSON.stringify(path)} + '?key=' + process.env.GEMINI_API_KEY;
      await fetch(url, { method: 'POST', body: '{"contents":[]}' }).catch(() => {});`;
    const options = ['--pass-keys'];
    const failed = await exec(options, node(post('/v1beta/models/gemini-2.5-flash:generateContent')), {
      env: { GOOGLE_GEMINI_BASE_URL: 'http://127.0.0.1:1' },
    });
    expect(failed.stderr).toContain('google /v1beta/models/gemini-2.5-flash:generateContent: ');
    const unknown = await exec(options, node(post('/v1beta/interactions')), {
      env: { GOOGLE_GEMINI_BASE_URL: replay.urlOf('google') },
    });
    expect(unknown.stderr).toContain('/v1beta/interactions: ');
    expect(failed.stderr + unknown.stderr).not.toContain('real-google-key');
  });

  test('leaves no result of an earlier run where nothing was begun, and begins nothing whose result cannot be written', async () => {
    const { exec, directory, replay } = await execWorld();
    const stale = join(directory, 'stale.json');
    writeFileSync(stale, '{"exit_code": 0}');
    expect((await exec(['--result-file', stale], ['no-such-program-here'])).code).toBe(127);
    expect(existsSync(stale)).toBe(false);
    for (const file of [directory, join(directory, 'nowhere', 'result.json')]) {
      const { code, stderr } = await exec(['--result-file', file], node('await say();'));
      expect([code, stderr]).toEqual([125, expect.stringContaining(`Nothing was begun: ${file} could not be written`)]);
    }
    expect(replay.requests).toEqual([]);
  });

  test('says of an empty name that there is no such program', async () => {
    const { exec } = await execWorld();
    expect(await exec([], [''])).toMatchObject({ code: 127, stderr: expect.stringContaining('no program ""') });
  });

  test('tells in the result file of how many calls the cost lacks, as nobody knows their price', async () => {
    const { exec, directory, replay } = await execWorld();
    replay.answerAll({ body: { model: 'nobody-1', usage: { prompt_tokens: 3, completion_tokens: 4 }, choices: [] } });
    const program = `
      const body = JSON.stringify({ model: 'nobody-1', max_tokens: 9, messages: [] });
      await fetch(process.env.OPENAI_BASE_URL + '/chat/completions', { method: 'POST', body });`;
    const { stderr } = await exec(['--result-file', 'result.json'], node(program));
    expect(stderr).toContain('≥$0.00');
    expect(JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8'))).toMatchObject({
      ...{ calls: 1, cost_nano_usd: 0, unpriced_calls: 1 },
    });
  });

  test.each(['', ' ', 'a\nb', 'a'.repeat(401)])('refuses %j as the name of a thread', async (thread) => {
    const { exec } = await execWorld();
    expect((await exec(['--thread', thread], node('await say();'))).code).toBe(2);
  });

  test('inside another one says that its calls count twice', async () => {
    const { exec } = await execWorld();
    const inner = [process.execPath, bin, 'exec', '--', ...node('await say();')];
    expect((await exec([], inner)).stderr).toMatch(/inside another `budget exec`/);
  });

  test('says of a limit that budget.yaml no longer has that it holds, and how it is taken away', async () => {
    const { exec, directory, budget } = await execWorld();
    const write = (text: string) => writeFileSync(join(directory, 'budget.yaml'), text);
    write('budget:\n  max_calls: 1\n');
    await exec([], node('await say();'));
    write('budget: {}\n');
    const refused = await exec([], node('await say();'));
    expect(refused.stdout).toMatch(/^402 /);
    const advice = /`(budget limits set \S+ --unit calls --remove)`/.exec(refused.stderr)?.[1] ?? '';
    expect((await budget(advice.replace('budget ', ''))).code).toBe(0);
    const after = await exec([], node('await say();'));
    expect([after.stdout, after.stderr]).toEqual([
      expect.stringMatching(/^200 /),
      expect.not.stringContaining('The ledger limits'),
    ]);
  });

  test.each([
    ['127.0.0.1', 'http://127.0.0.1:11434'],
    [':1', 'http://127.0.0.1:1'],
    ['::1', 'http://[::1]:11434'],
    ['0.0.0.0:1', 'http://0.0.0.0:1'],
    ['http://ollama.example', 'http://ollama.example'],
    ['https://ollama.example:1/api/', 'https://ollama.example:1/api'],
  ])('takes OLLAMA_HOST=%s as Ollama does', (given, url) => {
    const options = { passKeys: false, providerOfUrl: () => null, random: () => 'x' };
    expect(childPlan({ OLLAMA_HOST: given }, options).upstreams['ollama']?.url).toBe(url);
  });
});

test('a command in a directory that is gone says so', async () => {
  const { directory, env } = await execWorld();
  for (const [line, code] of [
    ['exec -- true', 125],
    ['list', 5],
  ] as const) {
    const gone = join(directory, 'gone');
    const script = `mkdir ${gone} && cd ${gone} && rmdir ${gone} && exec ${process.execPath} ${bin} ${line}`;
    const child = spawn('/bin/sh', ['-c', script], { env: { ...process.env, ...env } });
    const [stderr] = await Promise.all([child.stderr.setEncoding('utf8').toArray()]);
    expect([await exitOf(child), stderr.join('')]).toEqual([code, expect.stringMatching(/^budget: error: .*\n$/)]);
  }
});

const disk = smallDisk();

if (disk !== null) {
  test('a disk that is full where calls are written down: they go on, are told once, and the ledger knows them', async () => {
    afterThisTest(disk.remove);
    const { exec, budget, directory } = await execWorld();
    const [env, resultFile] = [{ XDG_STATE_HOME: disk.directory }, join(directory, 'result.json')];
    disk.fillUpTo(4);
    const program = node('for (let calls = 0; calls < 60; calls += 1) await say();');
    const { code, stdout, stderr } = await exec(['--result-file', resultFile], program, { env });
    expect(code, stderr).toBe(125);
    expect(stdout.match(/^200 /gm)).toHaveLength(60);
    // While it goes on, for each of two files, and at the end.
    expect(stderr.match(/the disk is full/g)?.length).toBeLessThanOrEqual(3);
    expect(stderr).toMatch(/So this run is not recorded whole: keep what is told here/);
    expect(stderr).toMatch(/spent +\$[\d.]+, 60 calls/);
    expect(JSON.parse(readFileSync(resultFile, 'utf8'))).toMatchObject({ calls: 60, exit_code: 0 });
    expect(JSON.parse((await budget('usage', env)).stdout)).toMatchObject({ request_count: 60 });
    disk.makeRoom();
    expect((await exec([], node('await say();'), { env })).stderr).toContain('was killed before it was recorded');
  });
}

async function exitOf(child: ChildProcess): Promise<unknown> {
  return child.exitCode ?? (await once(child, 'exit'))[0];
}

function childrenOf(pid: number): number {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).length;
}

function removeLedger(file: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
}

function lockLedger(file: string): void {
  const other = new Sqlite(file);
  other.exec('BEGIN IMMEDIATE');
  afterThisTest(() => other.close());
}

function replaceLedger(file: string): void {
  rmSync(file);
  writeFileSync(file, 'this is no ledger');
}
