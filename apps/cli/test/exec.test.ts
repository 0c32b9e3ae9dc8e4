import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { afterThisTest, askProgram, execWorld } from './exec-world.js';
import { bin, budget } from './run-budget.js';

vi.setConfig({ testTimeout: 60_000 });

const ask = (...parameters: string[]) => [process.execPath, askProgram, ...parameters];
const node = (program: string) => [process.execPath, '--input-type=module', '-e', program];

/** Its output without `budget`. */
async function program([command = '', ...parameters]: string[], env: Record<string, string>): Promise<string> {
  const { stdout } = await promisify(execFile)(command, parameters, { env: { ...process.env, ...env } });
  return stdout;
}

describe('budget exec', () => {
  test('runs a program unchanged, counts its calls, and says what they cost', async () => {
    const { exec, replay, costs } = await execWorld();
    const bare = await program(ask('2'), { OPENAI_BASE_URL: `${replay.urlOf('openai')}/v1`, OPENAI_API_KEY: 'x' });
    const { code, stdout, stderr } = await exec(['--max-usd', '1', '--task', 'geography'], ask('2'));
    expect(code, stderr).toBe(0);
    expect(stdout).toBe(bare);
    expect(stderr).toMatch(/spent +\$0\.000\d+ of \$1\.00, 2 calls/);
    expect(replay.requests.slice(2).map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer sk-real-openai-key',
      'Bearer sk-real-openai-key',
    ]);
    const usages = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line.slice(4)).usage);
    expect(costs()).toMatchObject(
      usages.map((usage: { prompt_tokens: number; completion_tokens: number }) => ({
        ...{ provider: 'openai', model: 'gpt-4o', status: 'completed', task: 'geography', usage_missing: false },
        ...{ prompt_tokens: usage.prompt_tokens, completion_tokens: usage.completion_tokens, cost_source: 'rates' },
      })),
    );
  });

  test('the program sees placeholders for keys, and no key is ever written down or printed', async () => {
    const { exec, directory } = await execWorld();
    const program = 'console.log(process.env.OPENAI_API_KEY, process.env.ANTHROPIC_API_KEY, process.env.BUDGET_PROXY)';
    const { stdout, stderr } = await exec([], node(program));
    expect(stdout).toMatch(/^budget-placeholder-\w+ budget-placeholder-\w+ http:\/\/127\.0\.0\.1:\d+\/\w+\n$/);
    const more = await exec(['--max-usd', '1'], ask('1', 'stream'));
    for (const text of [stdout, stderr, more.stdout, more.stderr, ...textsIn(directory)]) {
      expect(text).not.toMatch(/sk-real|real-google|real-groq/);
    }
    expect((await exec(['--pass-keys'], node(program))).stdout).toMatch(/^sk-real-openai-key sk-real-anthropic-key /);
  });

  test('refuses what does not fit, in the words of the provider, and the provider sees nothing of it', async () => {
    const { exec, replay } = await execWorld();
    const { code, stdout, stderr } = await exec(['--max-usd', '0.0001'], ask('2'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^402 \{"error":\{"message":"budget_exceeded: /);
    expect(replay.requests).toHaveLength(0);
    expect(stderr).toMatch(/cancelled\nbecause +budget_exceeded: this run has no room/);
    expect(stderr).toMatch(/refused +2 calls, not sent/);
  });

  test('counts calls and tokens, and stops at their limits too', async () => {
    const { exec, replay } = await execWorld();
    expect((await exec(['--max-calls', '2'], ask('3'))).stdout.split('\n').map((line) => line.slice(0, 3))).toEqual([
      '200',
      '200',
      '402',
      '',
    ]);
    expect(replay.requests).toHaveLength(2);
    expect((await exec(['--max-tokens', '50'], ask('1'))).stdout).toMatch(/^402 /);
    expect(replay.requests).toHaveLength(2);
  });

  test('asks for usage where a stream would have none, and hides it', async () => {
    const { exec, replay, costs } = await execWorld();
    const { stdout } = await exec([], ask('1', 'stream'));
    expect(replay.requests[0]?.json.stream_options).toEqual({ include_usage: true });
    expect(stdout).toContain('data: [DONE]');
    expect(stdout).not.toContain('"usage"');
    expect(costs()).toMatchObject([{ usage_missing: false, estimated: false }]);
  });

  test('refuses a model without a price under a limit, and makes the call when that is allowed', async () => {
    const { exec, replay, costs } = await execWorld();
    const unknown = ask('1', 'json', 'nobody-knows-me');
    const refused = await exec(['--max-usd', '1'], unknown);
    expect(refused.stdout).toMatch(/^402 .*price_unknown/);
    expect(refused.stderr).toContain('With --on-unpriced allow, calls without a price are let through.');
    expect(replay.requests).toHaveLength(0);
    const { stdout, stderr } = await exec(['--max-usd', '1', '--on-unpriced', 'allow'], unknown);
    expect(stdout).toMatch(/^200 /);
    expect(stderr).toMatch(/1 of unknown cost|spent/);
    expect(costs().at(-1)).toMatchObject({ status: 'completed' });
  });

  test('says that a cost lacks the searches of which nobody knows the price, here and in the infospace', async () => {
    const { exec, replay, costs, directory, budget } = await execWorld();
    const searched = {
      ...{ model: 'o3-deep-research', output: [{ type: 'web_search_call' }], choices: [] },
      usage: { input_tokens: 1000, output_tokens: 5, total_tokens: 1005 },
    };
    replay.answerAll({ body: searched });
    const outside = await exec([], ask('1', 'json', 'o3-deep-research'));
    expect(outside.stderr).toMatch(/o3-deep-research +1 +1,000 +0 +5 +≥\$0\.0102\n/);
    expect(outside.stderr).toMatch(/of these +1 of unknown cost/);
    expect(costs()).toMatchObject([{ cost_nano_usd: 10_200_000, unpriced_parts: ['web_searches'] }]);
    writeFileSync(join(directory, 'budget.yaml'), 'workspace: acme\n');
    await exec([], ask('1', 'json', 'o3-deep-research'));
    expect((await budget('explain latest')).stdout).toContain('no price is known of its web searches');
    const { stdout } = await budget('usage --by model --format json');
    expect(JSON.parse(stdout)).toMatchObject([{ request_count: 2, unpriced_requests: 2 }]);
  });

  test('clamps an answer to what there is room for', async () => {
    const { exec, replay } = await execWorld();
    const { stdout } = await exec(['--max-usd', '0.0005', '--clamp'], ask('1'));
    expect(stdout).toMatch(/^200 /);
    expect(replay.requests[0]?.json.max_tokens).toBeLessThan(100);
  });

  test('ends the program itself where that was chosen, with exit code 3', async () => {
    const { exec, directory } = await execWorld();
    const program = `
      const ask = () => fetch(process.env.OPENAI_BASE_URL + '/chat/completions', { method: 'POST',
        headers: { 'content-type': 'application/json' }, body: '{"model":"gpt-4o","max_tokens":9,"messages":[]}' });
      for (;;) { await (await ask()).text(); await new Promise((done) => setTimeout(done, 20)); }`;
    const { code } = await exec(
      ['--max-calls', '3', '--on-exceed', 'stop', '--result-file', 'result.json'],
      node(program),
    );
    expect(code).toBe(3);
    expect(JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8'))).toMatchObject({
      ...{ exit_code: 3, ended_by: 'budget', calls: 3, reason: expect.stringMatching(/^budget_exceeded/) },
    });
  });

  test('goes on over the limit where that was chosen, and counts it', async () => {
    const { exec, replay } = await execWorld();
    const { stdout, stderr } = await exec(['--max-usd', '0.0001', '--on-exceed', 'continue'], ask('2'));
    expect(stdout).toMatch(/^200 .*\n200 /);
    expect(replay.requests).toHaveLength(2);
    expect(stderr).toMatch(/2 calls/);
  });

  test('gives the exit code of the program, or of what is wrong', async () => {
    const { exec, directory } = await execWorld();
    expect((await exec([], node('process.exit(42)'))).code).toBe(42);
    expect((await exec([], node('process.kill(process.pid, "SIGKILL")'))).code).toBe(137);
    const missing = await exec([], ['no-such-program-here']);
    expect([missing.code, missing.stderr]).toEqual([127, expect.stringContaining('no-such-program-here')]);
    // The two before it: a typing error is no run.
    const runs = join(directory, '.state', 'budget', 'runs');
    expect(readdirSync(runs).filter((name) => name !== '.open')).toHaveLength(2);
    expect((await exec(['--infospace', '/nowhere/at/all'], ask('1'))).code).toBe(125);
    expect((await exec(['--max-usd', 'five'], ask('1'))).code).toBe(2);
    expect((await exec([], node(''), { env: { OPENAI_BASE_URL: 'nonsense nonsense' } })).code).toBe(125);
  });

  test('says loudly when no call was seen', async () => {
    const { exec } = await execWorld();
    expect((await exec([], node(''))).stderr).toMatch(/warning: No call was seen.*process\.env\.OPENAI_BASE_URL/);
  });

  test('says that calls may have gone past a program that failed only where its key was refused', async () => {
    const { exec } = await execWorld();
    const { stderr } = await exec([], node('process.exit(42)'));
    expect(stderr).toMatch(/warning: No call was seen before the program ended with 42/);
    expect(stderr).toMatch(/Where its key was refused, its calls went past/);
    expect(stderr).not.toMatch(/the program made none/);
  });

  test('asks for -- before a program with options of its own, and only there', async () => {
    const ended = (...parameters: string[]) => budget(['exec', ...parameters]);
    expect(await ended('python', 'agent.py', '--fast')).toMatchObject({
      ...{
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/'--fast'\. If it is for python, put -- before python\n/),
      },
    });
    expect((await ended('--fast', 'python')).stderr).not.toMatch(/put --/);
  });

  test('limits with a ledger of its own where the ledger is turned off, and says so', async () => {
    const { exec, env } = await execWorld();
    const { stdout, stderr } = await exec(['--max-calls', '1'], ask('2'), { env: { BUDGET_LEDGER_DISABLE: '1' } });
    expect(stdout).toMatch(/^200 .*\n402 /);
    expect(stderr).toMatch(/ledger is turned off/);
    expect(existsSync(env['BUDGET_LEDGER'] ?? '')).toBe(false);
  });

  test('passes a signal on, and records the run', async () => {
    const { env, directory, costs } = await execWorld();
    const program = `process.on('SIGTERM', () => process.exit(7)); console.log('ready'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, [bin, 'exec', '--', ...node(program)], {
      cwd: directory,
      env: { ...process.env, ...env },
    });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([7, null]);
    expect(costs()).toEqual([]);
  });
});

describe('budget exec in an infospace', () => {
  test('records the run with its variance against the plan', async () => {
    const world = await execWorld();
    const { exec, directory } = world;
    writeFileSync(join(directory, 'budget.yaml'), 'budget: {max_usd: 1, warn_usd: 0.0001}\n');
    writeFileSync(
      join(directory, 'plan.json'),
      '{"total_provider_calls_estimate": 4, "total_prompt_tokens_estimate": 100, "estimated_cost_usd": 0.01}',
    );
    const { code, stderr } = await exec(['--plan', 'plan.json'], ask('2'));
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/Plan \w{12} expects 4 calls, 100 prompt tokens, \$0\.01; \$1\.00 are left\./);
    expect(stderr).toMatch(/spent +\$0\.\d+ of \$1\.00 that the infospace had left, 2 calls/);
    expect(stderr).toMatch(/written to +output\/budget\/runs\/[\w-]+\/costs\.jsonl/);
    expect(stderr).toMatch(/plan +calls 2\/4 \(0\.50×\)/);
    expect(stderr).toMatch(/reached its warning/);
    const usage = readFileSync(join(directory, 'output/budget/usage.yaml'), 'utf8');
    expect(usage).toMatch(/metered: true/);
    expect((await world.budget('status')).stdout).toMatch(/"runs_count": 1/);
  });

  test('a run that names no stages, or makes no call, is shown without tables of nothing', async () => {
    const { exec, budget, directory } = await execWorld();
    writeFileSync(join(directory, 'budget.yaml'), 'budget: {max_calls: 2}\n');
    await exec([], ask('1'));
    const { stdout } = await budget('show --format table');
    expect(stdout).toMatch(/^By model.*\nmodel .*\nopenai /m);
    expect(stdout).not.toContain('By stage');
    await exec([], [process.execPath, '-e', '']);
    expect((await budget('show --format table')).stdout).not.toMatch(/By (?:model|stage)/);
  });

  test('an exhausted infospace begins no further run', async () => {
    const { exec, directory, replay } = await execWorld();
    writeFileSync(join(directory, 'budget.yaml'), 'budget: {max_calls: 2}\n');
    expect((await exec([], ask('3'))).stdout).toMatch(/^200 .*\n200 .*\n402 /);
    const { code, stderr } = await exec([], ask('1'));
    expect([code, stderr]).toEqual([3, expect.stringMatching(/No call is left/)]);
    expect(replay.requests).toHaveLength(2);
  });

  test('a plan that expects more than is left is not begun without somebody who says yes', async () => {
    const { exec, directory, replay } = await execWorld();
    writeFileSync(join(directory, 'budget.yaml'), 'budget: {max_usd: 1}\n');
    writeFileSync(join(directory, 'plan.json'), '{"estimated_cost_usd": 2}');
    const { code, stderr } = await exec(['--plan', 'plan.json'], ask('1'));
    expect([code, stderr]).toEqual([3, expect.stringMatching(/expects \$2\.00, and \$1\.00 are left/)]);
    expect(replay.requests).toHaveLength(0);
    expect((await exec(['--plan', 'plan.json', '--estimate', 'none'], ask('1'))).code).toBe(0);
  });

  test('nor is one that expects more calls', async () => {
    const { exec, directory, replay } = await execWorld();
    writeFileSync(join(directory, 'budget.yaml'), 'budget: {max_usd: 1, max_calls: 5}\n');
    writeFileSync(join(directory, 'plan.json'), '{"total_provider_calls_estimate": 100, "estimated_cost_usd": 0.5}');
    const { code, stderr } = await exec(['--plan', 'plan.json'], ask('1'));
    expect(stderr).toMatch(/expects 100 calls, \$0\.50; \$1\.00 and 5 calls are left\./);
    expect([code, stderr]).toEqual([3, expect.stringMatching(/expects 100 calls, and 5 calls are left\./)]);
    expect(replay.requests).toHaveLength(0);
    expect((await exec(['--max-calls', '3', '--plan', 'latest'], ask('1'))).stderr).toMatch(/and 3 calls are left\./);
    writeFileSync(join(directory, 'plan.json'), '{"total_provider_calls_estimate": 1}');
    const fits = await exec(['--max-calls', '1', '--plan', 'plan.json'], ask('1'));
    expect(fits).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/expects 1 call, .*; \$1\.00 and 1 call are left\./),
    });
  });

  test('a plan whose figures are no numbers holds nothing back: that is told, once for each', async () => {
    const { exec, directory } = await execWorld();
    writeFileSync(join(directory, 'budget.yaml'), 'max_usd: 1\n');
    writeFileSync(join(directory, 'plan.json'), '{"estimated_cost_usd": "2.00"}');
    const { stderr } = await exec(['--plan', 'plan.json'], ask('1'));
    expect(stderr.match(/plan\.json: estimated_cost_usd is no number: no run is compared with it\./g)).toHaveLength(1);
    expect(stderr.match(/max_usd limits nothing here: it belongs under budget/g)).toHaveLength(1);
  });

  test('runs at the same time cannot spend the same dollar', async () => {
    const { exec, directory, replay } = await execWorld();
    writeFileSync(join(directory, 'budget.yaml'), 'budget: {max_calls: 5}\n');
    const runs = await Promise.all(Array.from({ length: 4 }, () => exec([], ask('3'))));
    const statuses = runs.flatMap(({ stdout }) => stdout.split('\n').map((line) => line.slice(0, 3)));
    expect(statuses.filter((status) => status === '200')).toHaveLength(5);
    expect(replay.requests).toHaveLength(5);
  });

  test('the settings of a project cannot send a key anywhere', async () => {
    const { exec, directory, replay } = await execWorld();
    writeFileSync(
      join(directory, 'budget.yaml'),
      'models: [{name: m, provider: openai, model: gpt-4o, base_url: "http://evil.example"}]\nOPENAI_BASE_URL: http://evil.example\n',
    );
    writeFileSync(join(directory, '.env'), 'OPENAI_BASE_URL=http://evil.example\n');
    expect((await exec([], ask('1'))).stdout).toMatch(/^200 /);
    expect(replay.requests).toHaveLength(1);
  });

  test('after kill -9 the next command says what was left, and records its calls', async () => {
    const world = await execWorld();
    const { env, directory, replay } = world;
    writeFileSync(join(directory, 'budget.yaml'), '');
    replay.next({}, { isSilent: true });
    const child = spawn(process.execPath, [bin, 'exec', '--', ...ask('2')], {
      cwd: directory,
      env: { ...process.env, ...env },
      detached: true,
    });
    afterThisTest(() => {
      try {
        process.kill(-(child.pid as number), 'SIGKILL');
      } catch {
        // All of them are gone.
      }
    });
    await expect.poll(() => replay.requests.length, { timeout: 20_000 }).toBe(2);
    await sleep(100);
    child.kill('SIGKILL');
    await once(child, 'close');
    const { stderr, stdout } = await world.budget('status');
    expect(stdout + stderr).toMatch(/killed/);
    expect(stdout).toMatch(/"runs_count": 1/);
    const usage = readFileSync(join(directory, 'output/budget/usage.yaml'), 'utf8');
    expect(usage).toMatch(/total_calls: 2/);
    expect((await world.budget('status')).stderr).not.toMatch(/killed/);
  });

  test('run records that the program itself writes are not counted again', async () => {
    const world = await execWorld();
    const { exec, directory } = world;
    writeFileSync(join(directory, 'budget.yaml'), '');
    mkdirSync(join(directory, 'output/workflows/runs'), { recursive: true });
    const program = `
      import { writeFileSync } from 'node:fs';
      await (await fetch(process.env.OPENAI_BASE_URL + '/chat/completions', { method: 'POST',
        headers: { 'content-type': 'application/json' }, body: '{"model":"gpt-4o","max_tokens":9,"messages":[]}' })).text();
      writeFileSync('output/workflows/runs/a.yaml', 'run_id: r1\\nworkflow_id: w\\nstages: [{stage_id: s, provider: openai, metadata: {model: gpt-4o, usage: {prompt_tokens: 5, completion_tokens: 5}}}]\\n');`;
    expect((await exec([], node(program))).code).toBe(0);
    const { stdout } = await world.budget('run record');
    expect(JSON.parse(stdout)).toMatchObject({ run: null, already_recorded: 1 });
  });
});

/** Everything that stands in files below a directory. */
function textsIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'latin1'));
}
